"""Judge a direction: whether a figure rises at present.

The newest value against the first tells nothing of that: what went from 100 to 200 and then fell to
140 is falling. Two things are asked of the last ninety days, both by pairs of values, as Kendall's
rank correlation does (M. G. Kendall, Biometrika 30, 1938), so that single wrong values and batches
do not decide. Pairs of equal values say nothing.

- It rose: of the pairs that differ, at least two thirds went up.
- It has not turned: since the highest value, a week ago or more, not three quarters went down.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import Final, NamedTuple

from agent.hubs.model import Fact
from agent.targets.basis import Shown, verdict
from agent.targets.forecast import DAY, MIN_SPAN, Point, daily
from agent.targets.model import Evidence, State, Verdict
from collectors.catalogue.limits import FRESH_SECONDS

WINDOW: Final = 90 * DAY
_ROSE: Final = 1 / 3
"""Pairs that went up less those that went down, over all that differ: two thirds went up."""
_TURNED: Final = -1 / 2
"""The same: three quarters went down."""
_SMOOTH: Final = 5
"""Where there are many values, the highest is looked for among medians of this many."""


class Direction(NamedTuple):
    """What a figure does at present, and since which value."""

    reason: str
    """`rising`, `turned` or `not_rising`."""
    since: Point


def direction(points: Sequence[Point]) -> Direction | None:
    """Return where values go at present, oldest first; None where no two are a week apart.

    Where no two values of the last ninety days are a week apart, all values count.
    """
    if not points or points[-1].time - points[0].time < MIN_SPAN:
        return None
    end = points[-1].time
    recent = daily([point for point in points if end - point.time <= WINDOW])
    if end - recent[0].time < MIN_SPAN:
        recent = daily(points)
    highest = _highest(recent)
    if end - recent[highest].time >= MIN_SPAN and _balance(recent[highest:]) <= _TURNED:
        half = _SMOOTH // 2
        near = recent[max(0, highest - half) : highest + half + 1]
        return Direction("turned", max(near, key=lambda point: point.value))
    return Direction("rising" if _balance(recent) >= _ROSE else "not_rising", recent[0])


def _balance(points: Sequence[Point]) -> float:
    """Return how far pairs that went up outweigh those that went down, -1 to 1."""
    up = sum(b.value > a.value for a, b in combinations(points, 2))
    down = sum(b.value < a.value for a, b in combinations(points, 2))
    return (up - down) / (up + down) if up + down else 0.0


def _highest(points: Sequence[Point]) -> int:
    """Return where the highest value is: the last such, of medians where there are many values."""
    half = _SMOOTH // 2 if len(points) > 3 * _SMOOTH else 0
    levels = [
        median(point.value for point in points[max(0, n - half) : n + half + 1])
        for n in range(len(points))
    ]
    return max(range(len(levels)), key=lambda n: (levels[n], n))


def judge_direction(
    fact: Fact, known: Sequence[Evidence], now: float, shown: Shown | None
) -> Verdict:
    """Judge a figure that is to rise. Evidence is of one kind; lower bounds do not count."""
    due = fact.due
    until = min(now, due[1]) if due else now
    closed = due is not None and now >= due[1]
    for item in sorted(known, key=lambda item: item.kind == "registered"):
        points = item.points(until)
        if item.at_least or not points or (closed and until - points[-1].time > FRESH_SECONDS):
            continue
        found = direction(points)
        if found is None:
            continue
        up = found.reason == "rising"
        state: State = ("met" if up else "missed") if closed else ("on_track" if up else "at_risk")
        return verdict(fact, now, state, found.reason, shown, decided=found.since)
    if closed and not any(item.kind != "registered" for item in known):
        return verdict(fact, now, "expired_unreported", "expired", shown)
    return verdict(fact, now, "unknown", "no_direction" if known else "nothing", shown)
