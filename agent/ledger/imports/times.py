"""The times of a file, read with the zone they are local to."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from agent.ledger.imports.refusals import Refused

_EPOCHS: Final = {"epoch": 1000.0, "epoch_ms": 1.0}
_MOST_TIMES: Final = 1_000_000
_FIRST_YEAR: Final = 1990


def parse_time(text: str, zone: ZoneInfo, form: str = "") -> dt.datetime:
    """Read a time in ISO 8601, or in a format of strptime; raises Refused.

    A time without an offset is local to `zone`.
    """
    try:
        moment = (
            dt.datetime.strptime(text, form)  # noqa: DTZ007 - the zone comes below
            if form
            else dt.datetime.fromisoformat(text)
        )
    except ValueError:
        such = f"the form {form}" if form else "ISO 8601 such as 2025-01-31T14:00:00+08:00"
        raise Refused("time", f"expected {such}, got {text!r}") from None
    if moment.year < _FIRST_YEAR:
        raise Refused("time", f"{text} is before {_FIRST_YEAR}")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def parse_number(column: str, text: str, *, decimal_comma: bool = False) -> float:
    """Read a number of at least 0; raises Refused."""
    try:
        value = float(text.replace(".", "").replace(",", ".") if decimal_comma else text)
    except ValueError:
        raise Refused(column, f"expected a number, got {text.strip()!r}") from None
    if not 0 <= value < math.inf:
        raise Refused(column, f"expected a number of at least 0, got {text.strip()}")
    return value


class TimeReader:
    """Reads the times of one file, each text once; times are milliseconds since the epoch."""

    def __init__(self, zone: ZoneInfo, form: str) -> None:
        self._zone, self._form = zone, form
        self.known: dict[str, int] = {}
        """The times that were read, by their texts."""
        self._repeated: dict[int, int] = {}
        """Local times that come twice, when clocks go back: the first and the second of them."""

    def read(self, text: str) -> int:
        """Return a time. A file has many meters, so the same times again and again."""
        found = self.known.get(text)
        if found is None:
            if len(self.known) > _MOST_TIMES:
                self.known.clear()
            found = self.known[text] = self._parse(text.strip())
        return found

    def _parse(self, text: str) -> int:
        if self._form in _EPOCHS:
            return round(parse_number("time", text) * _EPOCHS[self._form])
        moment = parse_time(text, self._zone, self._form)
        if moment.tzinfo is not self._zone:
            return round(moment.timestamp() * 1000)
        first, second = (round(moment.replace(fold=fold).timestamp() * 1000) for fold in (0, 1))
        if first < second:
            self._repeated[first] = second
        elif first > second:
            message = f"{text} never was in {self._zone.key}: clocks went forward over it"
            raise Refused("time", message)
        return first

    def resolve_repeated(self, times: Sequence[int]) -> list[int]:
        """Return a meter's times, given in the order of its rows.

        Of a local time that comes twice, the second row is the later hour.
        """
        if not self._repeated:
            return list(times)
        seen: set[int] = set()
        found = []
        for time in times:
            found.append(self._repeated[time] if time in seen and time in self._repeated else time)
            seen.add(time)
        return found
