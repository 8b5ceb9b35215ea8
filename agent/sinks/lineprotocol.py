"""Renders a batch as InfluxDB line protocol, once: the same bytes are spooled, sent and, if need be, sent again.

Readings of one series key become one line, `measurement,tags field=1.0,field2=2.0 1764000000000`, time in milliseconds.
Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

A device yields the same series round after round, so the whole text of its batch is kept as a `%`-template and only numbers
are put in. That, and not a loop over samples, is what makes a push cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from operator import itemgetter
from typing import Final

from collectors.base import Batch, Series, safe_label

MAX_LAYOUTS: Final = 100_000
"""Templates kept, one a device and collector; beyond that all are forgotten and made again."""

_SERIES: Final = itemgetter(0)
_VALUE: Final = itemgetter(1)


def escape_tag(value: str) -> str:
    """Escape a tag's value; whatever line protocol cannot carry (a newline, a last backslash) is replaced first."""
    return safe_label(value).replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The text of one device's batch without its numbers; holds for exactly this sequence of series."""

    series: tuple[Series, ...]
    template: bytes
    arrange: Callable[[tuple[float, ...]], tuple[float, ...]] | None


class LineRenderer:
    """Renders batches; `tags` (job, instance, hub, site) are put on every line whose series has no such label itself."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._extra: Final = tuple(
            (name, f",{name}={escape_tag(value)}") for name, value in sorted(tags.items()) if value
        )
        self._layouts: dict[tuple[str, str], Layout] = {}

    def render(self, batch: Batch) -> tuple[bytes, int]:
        """Return the batch's lines and how many samples they hold; a value that is not a finite number is left out."""
        if not batch.readings:
            return b"", 0
        series = tuple(map(_SERIES, batch.readings))
        try:
            numbers = tuple(
                map(float, map(_VALUE, batch.readings))
            )  # so that an int or a bool is written as a float
            finite = isfinite(sum(numbers))
        except (TypeError, ValueError, OverflowError):
            numbers, finite = (), False
        if not finite:
            return self._render_finite(batch)
        layout = self._layouts.get((batch.collector, batch.device))
        if layout is None or layout.series != series:
            layout = self._remember(batch, series)
        return self._fill(layout, numbers, batch.time), len(numbers)

    def _render_finite(self, batch: Batch) -> tuple[bytes, int]:
        """Render what is finite of a batch that holds something else; rare, so its template is not kept."""
        good: list[tuple[Series, float]] = []
        for series, value in batch.readings:
            try:
                number = float(value)
            except (TypeError, ValueError, OverflowError):
                continue
            if isfinite(number):
                good.append((series, number))
        if not good:
            return b"", 0
        layout = self._layout(tuple(series for series, _ in good))
        return self._fill(layout, tuple(number for _, number in good), batch.time), len(good)

    @staticmethod
    def _fill(layout: Layout, numbers: tuple[float, ...], time: float) -> bytes:
        if layout.arrange is not None:
            numbers = layout.arrange(numbers)
        # Only line ends are newlines (labels hold none), so the time is set behind every line in one pass.
        return (layout.template % numbers).replace(b"\n", b" %d\n" % round(time * 1000))

    def _remember(self, batch: Batch, series: tuple[Series, ...]) -> Layout:
        if len(self._layouts) >= MAX_LAYOUTS:
            self._layouts.clear()
        layout = self._layouts[batch.collector, batch.device] = self._layout(series)
        return layout

    def _layout(self, series: tuple[Series, ...]) -> Layout:
        rows: dict[str, list[int]] = {}
        for index, one in enumerate(series):
            rows.setdefault(one.line_key, []).append(index)
        lines = []
        for key, indices in rows.items():
            fields = ",".join([f"{series[index].field}=%r" for index in indices])
            tags = self._tags(series[indices[0]])
            lines.append(f"{(key + tags).replace('%', '%%')} {fields}\n")
        order = [index for indices in rows.values() for index in indices]
        arrange = None if order == list(range(len(order))) else itemgetter(*order)
        return Layout(series=series, template="".join(lines).encode(), arrange=arrange)

    def _tags(self, series: Series) -> str:
        """Return the extra tags of one line; like an empty label, a tag without a value counts as absent."""
        return "".join([text for name, text in self._extra if not series.label(name)])


def samples_of(line: bytes) -> int:
    """Count the samples of one rendered line: its fields are numbers, so every comma between them separates two."""
    return line.rstrip(b"\n").rsplit(b" ", 2)[1].count(b",") + 1


def samples_in(lines: Sequence[bytes]) -> int:
    """Count the samples of rendered lines."""
    return sum(map(samples_of, lines))
