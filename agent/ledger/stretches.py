"""Stretches of time of which only the total energy is known: a silent register, a month's bill.

Their energy is laid out evenly. A window that holds such a stretch whole has its energy exactly. A
window that cuts through it takes a share by time alone, which is uncertain. So the stretches are
stored, and a PUE whose window cuts one says so in its uncertainty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, Self

from agent.ledger.energy import HOUR_MS, Segment

LOAD_VARIATION: Final = 0.2
"""Over a day and longer, a load is taken to stay within this share of its mean."""

_ANY_LOAD_MS: Final = 4 * HOUR_MS
"""For so long within a stretch, a load may be nothing, or twice its mean.

Silence and load may have one reason. So nothing is taken for granted of a part that is cut out.
"""


CountedTime = Callable[[int, int], int]
"""Tells how many of the milliseconds between two times count in a sum."""


def counted_part(first: int, last: int, counted: CountedTime | None) -> int:
    """Return how much of the time between two times counts: all of it unless `counted` says."""
    if first >= last:
        return 0
    return last - first if counted is None else counted(first, last)


class Stretch(NamedTuple):
    """A stretch of time, in milliseconds, and its total energy, in joules."""

    start: int
    end: int
    joules: float

    def limit(self, start: int, end: int, counted: CountedTime | None = None) -> float:
        """Return by how many joules a sum from `start` to `end` may be wrong.

        It takes a share of the energy by time alone. `counted` tells what counts of the window,
        which a silence of other meters may cut too. Where more than half is taken, the energy that
        is left out is what is uncertain.
        """
        inside = counted_part(max(self.start, start), min(self.end, end), counted)
        cut = min(inside, self.end - self.start - inside)
        if not cut:
            return 0.0
        cut = min(cut, max(_ANY_LOAD_MS, round(LOAD_VARIATION * cut)))
        return self.joules * cut / (self.end - self.start)

    def part(self, start: int, end: int) -> Self | None:
        """Return the part between two times within it; None where that is nothing."""
        if start >= end:
            return None
        share = (end - start) / (self.end - self.start)
        return self._replace(start=start, end=end, joules=self.joules * share)


def even_stretches(segments: Iterable[Segment], *, longer_than: int = HOUR_MS) -> Iterator[Stretch]:
    """Turn segments longer than some milliseconds into stretches."""
    for one in segments:
        if one.end - one.start > longer_than:
            yield Stretch(one.start, one.end, one.joules(one.start, one.end))
