"""Where a window's coverage is uneven: over the year, over the day and over the week.

A silence that always comes at the same time may always hide the same load. If that time is never
covered, no reading tells its PUE. So at least its coverage is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Final
from zoneinfo import ZoneInfo

from agent.pue.model import PartCoverage, Uncovered
from agent.pue.silences import Slice
from agent.pue.sums import Alone, add_in_time

_DAY: Final = 24

_UNEVEN: Final = 0.15
"""A part is named if its coverage is lower than the window's by more than this."""


def days_of(week: Sequence[Slice]) -> list[Slice]:
    """Combine the hours of a week into those of a day: each sums that hour over seven days."""
    return [_together(week[n::_DAY]) for n in range(min(_DAY, len(week)))]


def by_hour(week: Sequence[Slice], zone: ZoneInfo) -> Iterator[PartCoverage]:
    """Yield the coverage of each local hour of the day, by the zone's offset at the beginning."""
    for one in days_of(week):
        yield PartCoverage(name=f"{_local(one, zone):%H:%M}", coverage=_coverage([one]))


def by_weekday(week: Sequence[Slice], zone: ZoneInfo) -> Iterator[PartCoverage]:
    """Yield the coverage of each local day of the week; 1 is Monday (ISO 8601)."""
    for number in range(1, 8):
        found = [one for one in week if _local(one, zone).isoweekday() == number]
        if found:
            yield PartCoverage(name=str(number), coverage=_coverage(found))


def notes(found: Uncovered, coverage: float) -> Iterator[str]:
    """Name the parts of a window that are covered less than the rest."""
    if named := _named(found.months, coverage):
        yield f"coverage is uneven over the year: {named}, all months together {coverage:.0%}"
    if named := _named(found.hours, coverage):
        yield f"coverage is uneven over the day: {named}, all hours together {coverage:.0%}"
    if named := _named(found.weekdays, coverage):
        yield (
            f"coverage is uneven over the week (1 is Monday): {named},"
            f" all days together {coverage:.0%}"
        )


def _named(parts: Sequence[PartCoverage], coverage: float) -> str:
    low = [one for one in parts if one.coverage < coverage - _UNEVEN]
    return ", ".join(f"{one.name} {one.coverage:.0%}" for one in low)


def _together(slices: Sequence[Slice]) -> Slice:
    return Slice(
        start=slices[0].start,
        cells=sum(one.cells for one in slices),
        counted=add_in_time(one.counted for one in slices),
        alone=reduce(Alone.plus, (one.alone for one in slices), Alone()),
    )


def _coverage(slices: Sequence[Slice]) -> float:
    return sum(one.counted.cells for one in slices) / sum(one.cells for one in slices)


def _local(one: Slice, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(one.start / 1000, zone)
