"""Lengths of time as files and bills have them: so many seconds, local days or local months.

A bill lasts from the 15th to the next 15th, however many days that is, and a day may have 23 or 25
hours. So days and months are counted on the local calendar.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Literal

from agent.ledger.energy import HOUR_MS
from collectors.strict import parse_duration

_LEAST_DAY_MS: Final = 20 * HOUR_MS
"""Rows at least so far apart are of days or longer. A local day has 23 hours or more."""

_MONTHS_IN: Final = {"mo": 1, "y": 12}
_DAYS_IN: Final = {"d": 1, "w": 7}
_NAMES: Final = ((HOUR_MS, "h"), (60_000, "min"), (1000, "s"), (1, "ms"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A length of time. `count` is in milliseconds, in local days or in local months."""

    count: int
    unit: Literal["ms", "day", "month"]

    def __str__(self) -> str:
        if self.unit != "ms":
            return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"
        size, name = next(one for one in _NAMES if not self.count % one[0])
        return f"{self.count // size} {name}"

    @property
    def is_plain(self) -> bool:
        """Whether so little is usual that one pair of rows is enough to say it."""
        if self.unit == "ms":
            return HOUR_MS % self.count == 0
        return self.count == 1

    @property
    def is_long(self) -> bool:
        """Whether it is a day or longer."""
        return self.unit != "ms" or self.count >= _LEAST_DAY_MS


HOUR: Final = Period(count=HOUR_MS, unit="ms")


def parse_period(text: str) -> Period:
    """Parse `15m`, `1h`, `1d`, `2w`, `1mo`, `3mo` or `1y`; raises ValueError."""
    match = re.fullmatch(r"([1-9]\d{0,3})(d|w|mo|y)", text)
    if match is None:
        return Period(count=round(parse_duration(text) * 1000), unit="ms")
    number, unit = int(match[1]), match[2]
    if unit in _MONTHS_IN:
        return Period(count=number * _MONTHS_IN[unit], unit="month")
    return Period(count=number * _DAYS_IN[unit], unit="day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Where a period ends that begins at a time, in one time zone.

    `anchor` is the day of the month on which months begin. In a month that lacks it, they begin on
    the last day.
    """

    zone: dt.tzinfo
    anchor: int = 1

    def local(self, time: int) -> dt.datetime:
        """Return a time in milliseconds as local time."""
        return dt.datetime.fromtimestamp(time / 1000, self.zone)

    def moved(self, time: int, period: Period, times: int) -> int:
        """Return the time so many periods later; earlier, where `times` is negative."""
        if period.unit == "ms":
            return time + period.count * times
        local = self.local(time)
        if period.unit == "day":
            moved = local + dt.timedelta(days=period.count * times)
        else:
            day = self.anchor if self.begins_month(time) else local.day
            year, month = divmod(local.year * 12 + local.month - 1 + period.count * times, 12)
            moved = local.replace(year=year, month=month + 1, day=_day(year, month + 1, day))
        return round(moved.replace(fold=0).timestamp() * 1000)

    def begins_month(self, time: int) -> bool:
        """Tell whether a time is on the day on which months begin."""
        local = self.local(time)
        return local.day == _day(local.year, local.month, self.anchor)

    def distance(self, one: int, other: int) -> tuple[Period, ...]:
        """Return how far apart two times are in whole days and in whole months, where they are."""
        before, after = self.local(one), self.local(other)
        if before.time() != after.time():
            return ()
        found = [Period(count=(after.date() - before.date()).days, unit="day")]
        months = (after.year - before.year) * 12 + after.month - before.month
        if months > 0 and self.begins_month(one) and self.begins_month(other):
            found.append(Period(count=months, unit="month"))
        return tuple(found)


def _day(year: int, month: int, day: int) -> int:
    """Return a day of a month, or its last day where it has fewer."""
    return min(day, calendar.monthrange(year, month)[1])
