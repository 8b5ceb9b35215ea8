"""The ends of rows, in a file that has a column of them."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from collections.abc import Iterable, Mapping
from typing import Final

from agent.ledger.imports.periods import Calendar, Period
from agent.ledger.imports.refusals import Refusals, Refused
from agent.ledger.imports.rows import Rows
from agent.ledger.imports.times import TimeReader

_DATE: Final = re.compile(r"\d{4}-?\d\d-?\d\d")
_DAY: Final = Period(count=1, unit="day")


class EndReader:
    """Reads the ends of the rows of one file, and tells which rows they cannot be of."""

    def __init__(self, times: TimeReader, zone: dt.tzinfo, form: str) -> None:
        self._times, self._calendar = times, Calendar(zone=zone)
        self._form = form
        self._are_dates = True

    def read(self, text: str) -> int:
        """Return an end in milliseconds."""
        is_date = _DATE.fullmatch(text.strip()) if not self._form else "%H" not in self._form
        self._are_dates = self._are_dates and bool(is_date)
        return self._times.read(text)

    def finish(self, meters: Mapping[str, Rows], refusals: Refusals) -> None:
        """Work out every meter's ends, of rows in order of time, and refuse what cannot be.

        An end that is a date may be the day after the last one, or the last one itself. The row
        that follows tells which.
        """
        for rows in meters.values():  # an end in the hour that comes twice lies after its start
            ends = zip(rows.ends, rows.times, strict=True)
            rows.ends = array("q", [self._times.later(end, start) for end, start in ends])
        if self._are_dates and self._form not in ("epoch", "epoch_ms"):
            self._include_last_days(meters.values(), refusals)
        for rows in meters.values():
            _refuse_overlaps(rows, refusals)

    def _include_last_days(self, meters: Iterable[Rows], refusals: Refusals) -> None:
        """Where ends are the last days of their rows, move them to the ends of these days."""
        moved = {end: self._calendar.moved(end, _DAY, 1) for rows in meters for end in rows.ends}
        pairs = [
            (end, start)
            for rows in meters
            for end, start in zip(rows.ends, rows.times[1:], strict=False)
        ]
        after = any(end == start for end, start in pairs)
        within = any(moved[end] == start for end, start in pairs)
        if within and not after:
            for rows in meters:
                rows.ends = array("q", [moved[end] for end in rows.ends])
        elif within or not after:
            message = "are these days part of their rows? Write the ends with a time"
            for rows in meters:
                _drop(rows, {n: Refused("end", message) for n in range(len(rows))}, refusals)


def _refuse_overlaps(rows: Rows, refusals: Refusals) -> None:
    refused: dict[int, Refused] = {}
    last = -1
    for n, (start, end) in enumerate(zip(rows.times, rows.ends, strict=True)):
        if end <= start:
            refused[n] = Refused("end", "the row ends before it begins")
        elif last >= 0 and start < rows.ends[last]:
            message = f"the row in line {rows.lines[last]} lasts into this one"
            refused[n] = Refused("end", message)
        else:
            last = n
    _drop(rows, refused, refusals)


def _drop(rows: Rows, refused: Mapping[int, Refused], refusals: Refusals) -> None:
    for n, why in refused.items():
        refusals.add(rows.lines[n], why)
    if refused:
        rows.keep([n for n in range(len(rows)) if n not in refused])
