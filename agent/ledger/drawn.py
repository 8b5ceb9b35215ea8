"""The energy that was drawn in any time, by the readings of power."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from agent.ledger.energy import Segment

_WHOLE: Final = 0.95
"""If this share of a time is known, the energy drawn in it counts as known."""


class Drawn:
    """The energy that was drawn, by the readings of power; its segments are in order of time."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._ends = [one.end for one in segments]
        self._joules = list(
            accumulate((one.joules(one.start, one.end) for one in segments), initial=0.0)
        )
        self._times = list(accumulate((one.end - one.start for one in segments), initial=0))

    def __bool__(self) -> bool:
        return bool(self._segments)

    def joules(self, start: int, end: int) -> float:
        """Return what is known to have been drawn between two times."""
        return self._over(start, end)[0]

    def whole(self, start: int, end: int) -> float | None:
        """Return what was drawn between two times; None where not nearly all of it is known."""
        joules, covered = self._over(start, end)
        return joules if covered >= _WHOLE * (end - start) else None

    def _over(self, start: int, end: int) -> tuple[float, int]:
        first = bisect_right(self._ends, start)
        last = first
        joules, covered = 0.0, 0
        last = bisect_left(self._ends, end, first)
        if first < len(self._segments):
            joules = self._joules[last] - self._joules[first]
            covered = self._times[last] - self._times[first]
            one = self._segments[first]
            if first < last and one.start < start:
                joules -= one.joules(one.start, start)
                covered -= start - one.start
        if last < len(self._segments):
            one = self._segments[last]
            begin = max(one.start, start)
            if begin < end:
                joules += one.joules(begin, end)
                covered += end - begin
        return joules, covered
