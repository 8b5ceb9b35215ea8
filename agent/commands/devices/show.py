"""What `hubgauge devices` prints of readings."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from agent.messages.catalogue import words
from agent.messages.errors import error_text
from agent.messages.said import tell
from agent.messages.terminal import spoken
from collectors.base import Reading, Series
from collectors.facility.units import SYMBOLS, quantity_of
from collectors.refusal import Refusal

_MOST_REFUSED: Final = 60


def show_readings(readings: Sequence[Reading]) -> None:
    """Print each reading with its labels, its value and its unit."""
    rows = []
    for series, value in readings:
        symbol = SYMBOLS[quantity_of(series.metric.full_name)]
        if symbol == "J":  # the display of a device shows kWh
            symbol = f"J = {value / 3.6e6:.10g} kWh"
        rows.append((_named(series), f"{value:.10g}", symbol))
    for text in _aligned(rows):
        sys.stdout.write(f"  {text}\n")


def _named(series: Series) -> str:
    """Return the name of a series with its labels, except those of the place."""
    pairs = zip(series.labels, series.values, strict=True)
    labels = ",".join(
        f'{label}="{text}"'
        for label, text in pairs
        if text and label not in ("hub", "site", "row", "rack")
    )
    return f"{series.metric.full_name}{{{labels}}}"


def show_refused(refused: Sequence[Refusal]) -> None:
    """Print each impossible reading with the value that the device sent and the reason."""
    if not refused:
        return
    tell("\nDropped, because they are impossible:")
    rows = [
        (
            _named(one.series),
            "none" if math.isnan(one.value) else f"{one.value:.10g}",
            one.reason
            if one.reason == "sentinel"
            else f"{SYMBOLS[quantity_of(one.series.metric.full_name)]} {one.reason}".strip(),
        )
        for one in refused[:_MOST_REFUSED]
    ]
    for text in _aligned(rows):
        sys.stdout.write(f"  {text}\n")
    if len(refused) > _MOST_REFUSED:
        tell(f"  and {len(refused) - _MOST_REFUSED} more")


def show_dropped(dropped: Mapping[str, int]) -> None:
    """Print how many values were dropped, by reason."""
    if dropped:
        tell(f"\nDropped: {', '.join(f'{count} {why}' for why, count in sorted(dropped.items()))}")


def _aligned(rows: list[tuple[str, str, str]]) -> Iterable[str]:
    left = max((len(row[0]) for row in rows), default=0)
    middle = max((len(row[1]) for row in rows), default=0)
    return (f"{name:<{left}}  {value:>{middle}} {symbol}".rstrip() for name, value, symbol in rows)


def failed(address: str, error: Exception) -> None:
    """Say on stderr why a device could not be read."""
    tell(f"{address}: {error_text('', str(error), words(spoken()))}", to=sys.stderr)


def printable(text: str) -> str:
    """Return a device's text as one line, without characters that control a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)[:200].strip()
