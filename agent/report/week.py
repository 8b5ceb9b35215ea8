"""ISO weeks at a place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from agent.pue.periods import end_of
from collectors.base import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """An ISO week in a time zone; `end` is no later than the moment the report is made."""

    name: str
    zone: dt.tzinfo
    start: float
    end: float
    whole: bool


def week_of(name: str, zone: dt.tzinfo, now: float) -> Week:
    """Return an ISO week such as `2026-W47`.

    Raises ConfigError for a name that is no week, and for a week that has not begun.
    """
    try:
        monday = dt.datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=zone)
    except ValueError:
        raise ConfigError(
            f"expected an ISO week such as 2026-W47, got {name!r}", key="--week"
        ) from None
    start, end = monday.timestamp(), (monday + dt.timedelta(days=7)).timestamp()
    return Week(
        name=f"{monday:%G-W%V}",
        zone=zone,
        start=start,
        end=end_of(name, start, end, now, key="--week"),
        whole=end <= now,
    )


def last_week(zone: dt.tzinfo, now: float) -> str:
    """Return the name of the last week that is over."""
    return f"{dt.datetime.fromtimestamp(now, zone) - dt.timedelta(days=7):%G-W%V}"
