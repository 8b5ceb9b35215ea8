"""The labels below a time chart: round hours of the zone's clock, or days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from agent.web.format import local

_EDGE: Final = 0.08
"""Share of the axis. Labels nearer to its left end are left out: on a narrow screen two overlap."""
_YEAR: Final = 300 * 86400.0
"""Seconds. The labels of a longer chart have the year, or its months would be ambiguous."""
_MINUTES: Final = (5, 10, 15, 30)
"""Minutes between two labels of a chart of an hour or two."""
_STEPS: Final = (1, 2, 3, 6, 12, 24, 48, 120, 168, 336, 720, 2190)
"""Hours between two labels; `_LONGEST` where none of these gives few enough labels."""
_LONGEST: Final = 4380
_DAY: Final = 24


def time_labels(
    times: Sequence[float], step_seconds: float, zone: dt.tzinfo, count: int = 5
) -> list[tuple[float, str]]:
    """Return places along the axis (0 to 1) with the time to write there, about `count` of them.

    `times` are evenly spaced, in seconds since the epoch.
    """
    first, last = times[0], times[-1] + step_seconds
    span = last - first
    hours = next((step for step in _STEPS if span / (step * 3600) <= count), _LONGEST)
    fine = next((step for step in _MINUTES if span / (step * 60) <= count), 60 * hours)
    step = dt.timedelta(minutes=min(fine, 60 * hours))
    daily = hours >= _DAY
    shape = "%H:%M" if not daily else "%m-%d" if span < _YEAR else "%Y-%m"
    at = local(first, zone).replace(minute=0, second=0, microsecond=0)
    at = at.replace(hour=0 if daily else at.hour // hours * hours)
    labels = []
    while at.timestamp() < last:
        if at.timestamp() >= first:
            labels.append(((at.timestamp() - first) / span, at.strftime(shape)))
        at += step
    return [label for label in labels if label[0] > _EDGE] or labels
