"""The stretches of time that PUE is given for. They begin and end on cells of five minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agent.ledger.energy import CELL_MS, HOUR_MS
from collectors.base import ConfigError
from collectors.catalogue.limits import Window

DAY_MS: Final = 24 * HOUR_MS
WEEK_MS: Final = 7 * DAY_MS
_FIXED: Final[Mapping[str, int]] = {"1h": HOUR_MS, "1d": DAY_MS, "30d": 30 * DAY_MS}
_LEAP_DAY: Final = (2, 29)


def end_of(name: str, start: float, end: float, now: float, *, key: str) -> float:
    """Return the end of a period: its own, or that of the last whole cell while it goes on.

    Times are in seconds. Raises ConfigError, with the option's `key`, where no cell of the period
    is over yet.
    """
    last = now - now % (CELL_MS / 1000)
    if start >= last:
        raise ConfigError(f"{name} has not begun", key=key)
    return min(end, last)


def bounds(window: Window, end: int, zone: ZoneInfo) -> tuple[int, int]:
    """Return a window's start and end in milliseconds; years are counted in the site's zone."""
    if window in _FIXED:
        return end - _FIXED[window], end
    local = dt.datetime.fromtimestamp(end / 1000, zone)
    if window == "ytd":
        start = dt.datetime(local.year, 1, 1, tzinfo=zone)
        if start == local:  # midnight of New Year belongs to the year that ends
            start = start.replace(year=local.year - 1)
    else:
        day = 28 if (local.month, local.day) == _LEAP_DAY else local.day
        start = local.replace(year=local.year - 1, day=day)
    return round(start.timestamp() * 1000), end


def year_end(start: int, zone: ZoneInfo) -> int:
    """Return when the local year ends that begins at `start`, in milliseconds."""
    year = dt.datetime.fromtimestamp(start / 1000, zone).year
    return round(dt.datetime(year + 1, 1, 1, tzinfo=zone).timestamp() * 1000)


class MonthEdges(NamedTuple):
    """A local month such as `2025-07` within a window, and its bounds in milliseconds."""

    month: str
    start: int
    end: int


def month_edges(start: int, end: int, zone: ZoneInfo) -> list[MonthEdges]:
    """Return the local months of a window; the first and the last may be cut."""
    found = []
    at = start
    while at < end:
        local = dt.datetime.fromtimestamp(at / 1000, zone)
        first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + dt.timedelta(days=32)).replace(day=1)
        until = min(end, round(following.timestamp() * 1000))
        found.append(MonthEdges(f"{local:%Y-%m}", at, until))
        at = until
    return found


def local_year(time: int, zone: ZoneInfo) -> int:
    """Return the local year that a time, in milliseconds, is in."""
    return dt.datetime.fromtimestamp(time / 1000, zone).year
