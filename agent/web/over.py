"""The time over which curves and events are shown: `?span=7d`, or `?from=…&to=…`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SPANS: Final[Mapping[str, float]] = {
    "1h": 3600.0,
    "24h": 86_400.0,
    "7d": 7 * 86_400.0,
    "30d": 30 * 86_400.0,
    "1y": 366 * 86_400.0,
}
"""The spans that a page offers, in seconds."""
NAMES: Final = ("span", "from", "to")
"""The parameters that choose a time. Links repeat them."""
_LEAST: Final = 600.0
"""Seconds: the ledger's cells are five minutes, and one of them is no curve."""
MOST: Final = 10 * SPANS["1y"]
"""Seconds, ten years: readers choose the time, and each day of it is read from the ledger."""
_FIRST, _LAST = 946_684_800.0, 4_102_444_800.0
"""The years 2000 to 2100."""
_STEPS: Final = (1, 2, 3, 6, 12, 24, 48)
"""Hours between two values of a long curve."""
_POINTS: Final = 200
"""Up to 400 days a curve has no more values than this; over ten years it has 1830 of 48 hours."""
_FINE_UNTIL: Final = 12 * 3600.0
CELL: Final = 300.0
HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Over:
    """A time that somebody chose; without a choice, each curve shows what is usual for it."""

    span: float | None = None
    """So many seconds until now."""
    ends: tuple[float, float] | None = None
    """From one time to another, seconds since the epoch."""

    @property
    def is_chosen(self) -> bool:
        """Whether somebody chose it."""
        return self.span is not None or self.ends is not None

    @property
    def key(self) -> str:
        """A name of it, the same as long as it is the same choice."""
        return f"{self.span}:{self.ends}"

    def bounds(self, now: float, usual: float) -> tuple[float, float]:
        """Return its begin and end; without a choice, the last `usual` seconds."""
        if self.ends is not None:
            return self.ends
        return now - (self.span or usual), now

    def or_last(self, usual: float) -> Over:
        """Return it, or without a choice the last `usual` seconds."""
        return self if self.is_chosen else Over(span=usual)


USUAL: Final = Over()


def asked(query: Mapping[str, str], zone: dt.tzinfo) -> Over:
    """Return the time that a query chooses; raises ValueError for one that is wrong."""
    given = {name: query[name] for name in NAMES if query.get(name)}
    if "from" in given or "to" in given:
        if given.keys() >= {"from", "to"}:
            return between(_moment(given["from"], zone), _moment(given["to"], zone))
        raise ValueError("from and to: give both")
    if "span" not in given:
        return USUAL
    if given["span"] not in SPANS:
        raise ValueError(f"span: expected one of {', '.join(SPANS)}")
    return Over(span=SPANS[given["span"]])


def between(start: float, end: float) -> Over:
    """Return a time from its two ends, in whole minutes; raises ValueError."""
    first, last = start - start % 60, end - end % 60
    if not _FIRST <= first < last <= _LAST or last - first < _LEAST:
        raise ValueError("from and to: expected at least ten minutes, the later time last")
    if last - first > MOST:
        raise ValueError("from and to: expected at most ten years")
    return Over(ends=(first, last))


def _moment(text: str, zone: dt.tzinfo) -> float:
    """Return the seconds since the epoch of an ISO 8601 time; without an offset it is the zone's.

    Raises ValueError.
    """
    try:
        found = dt.datetime.fromisoformat(text[:40])
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(
            "from and to: expected times such as 2026-11-23T08:00 or 2026-11-23T00:00Z"
        ) from None


def written(seconds: float) -> str:
    """Write a time as a parameter: whole minutes, in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%MZ")


def step_for(seconds: float) -> float:
    """Return how many seconds apart the values of a curve over so long a time are."""
    if seconds <= _FINE_UNTIL:
        return CELL
    return next((one * HOUR for one in _STEPS if seconds <= one * HOUR * _POINTS), 48 * HOUR)
