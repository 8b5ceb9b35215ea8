"""The spacing of a file's rows: how far apart they usually are."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import Final

from agent.ledger.energy import HOUR_MS
from agent.ledger.imports.periods import Calendar, Period

_FOUR_WEEKS_MS: Final = 28 * 24 * HOUR_MS
_LAST_DAY_OF_ALL: Final = 28
"""Every month has this day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """How long a row usually lasts, and the calendar that its days or months are counted on."""

    period: Period
    calendar: Calendar

    def far_ends(self, times: Sequence[int], *, backwards: bool = False) -> list[int]:
        """Return where each row ends that lasts as long as usual; or begins, if `backwards`."""
        step = -1 if backwards else 1
        if self.period.unit == "ms":
            return [time + step * self.period.count for time in times]
        return [self.calendar.moved(time, self.period, step) for time in times]

    def may_be_four_weeks(self, gaps: Sequence[float]) -> bool:
        """Tell whether rows that are a month apart, by a February, may be four weeks apart."""
        is_month = self.period.unit == "month" and self.calendar.anchor != 1
        return is_month and _FOUR_WEEKS_MS in gaps

    def is_off(self, time: int) -> bool:
        """Tell whether a time is not on the day of the month on which rows begin."""
        return self.period.unit == "month" and not self.calendar.begins_month(time)


def typical_interval(times: Sequence[int]) -> int:
    """Return the median distance of neighbouring times in milliseconds; an hour for one time."""
    steps = [after - before for before, after in pairwise(times)]
    return median_low(steps) if steps else HOUR_MS


def usual_spacing(times: Sequence[int], zone: dt.tzinfo, file_step: int | None = None) -> Spacing:
    """Return the spacing that most neighbours have, of two or more times in order.

    Months are preferred to days, and these to seconds, where as many neighbours have them.
    `file_step` is how far apart the rows of the whole file are, in milliseconds.
    """
    steps = [after - before for before, after in pairwise(times)]
    [(step, count)] = Counter(steps).most_common(1)
    if 2 * count <= len(steps) and step != file_step:
        step = median_low(steps)  # no two rows of a logger need be exactly as far apart
    even = Spacing(period=Period(count=step, unit="ms"), calendar=Calendar(zone=zone))
    if not Period(count=median_low(steps), unit="ms").is_long:
        return even
    found = [*_on_calendar(times, zone), *_on_calendar(times, dt.UTC), even]
    return max(found, key=lambda one: _matches(one, times))  # the first of equals


def stated_spacing(period: Period, times: Sequence[int], zone: dt.tzinfo) -> Spacing:
    """Return a stated period on the calendar that fits the rows: the file's, or else that of UTC.

    Days in UTC are 24 hours each.
    """
    local, utc = (
        Spacing(period=period, calendar=Calendar(zone=each, anchor=_anchor(times, each)))
        for each in (zone, dt.UTC)
    )
    return utc if _matches(utc, times) > _matches(local, times) else local


def _on_calendar(times: Sequence[int], zone: dt.tzinfo) -> Iterator[Spacing]:
    """Yield the most frequent distance in months, and the one in days."""
    calendar = Calendar(zone=zone, anchor=_anchor(times, zone))
    apart = [each for pair in pairwise(times) for each in calendar.distance(*pair)]
    for unit in ("month", "day"):
        counts = Counter(each for each in apart if each.unit == unit)
        if counts:
            yield Spacing(period=counts.most_common(1)[0][0], calendar=calendar)


def _anchor(times: Sequence[int], zone: dt.tzinfo) -> int:
    """Return the day of the month on which most rows begin; the last day where that is it."""
    days = Counter(Calendar(zone=zone).local(time).day for time in times)
    day = days.most_common(1)[0][0]
    return day if day < _LAST_DAY_OF_ALL else max(days)


def _matches(spacing: Spacing, times: Sequence[int]) -> int:
    """Count the rows that last exactly to the next one."""
    ends = spacing.far_ends(times[:-1])
    return sum(end == after for end, after in zip(ends, times[1:], strict=True))
