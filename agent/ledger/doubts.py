"""How much of a meter's energy may be wrong, or may lie at another time, and in which time.

A register is read now and then, and moves now and then. Its energy between two moves is exact. How
the energy was distributed between them is not known. So a sum that counts only a part of that time
is uncertain. A register may also show energy that was never drawn, or not yet show energy that was.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from agent.ledger.energy import HOUR_MS
from agent.ledger.stretches import CountedTime, counted_part


class Doubt(NamedTuple):
    """Limits of error of a meter's energy in a stretch of time, in milliseconds and joules.

    `uneven` is by how much energy that is laid out evenly may differ from what was drawn, in a sum
    that counts nearly none or nearly all of the stretch; `loose` is energy that lies anywhere in
    the stretch. Both are 0 in a sum that counts it whole. `hidden` is energy of the stretch that
    may be wrong in any sum.
    """

    start: int
    end: int
    uneven: float = 0.0
    loose: float = 0.0
    hidden: float = 0.0

    @property
    def is_minor(self) -> bool:
        """Whether it is only a cut through a short stretch, which is nothing in a long window."""
        return not self.hidden and self.end - self.start <= HOUR_MS

    def limit(self, start: int, end: int, counted: CountedTime | None = None) -> float:
        """Return the limit of error, in joules, of a sum from `start` to `end`.

        `counted` tells how much of a time counts; without it all of the window does.
        """
        inside = counted_part(max(self.start, start), min(self.end, end), counted)
        if not inside:
            return 0.0
        length = self.end - self.start
        found = self.hidden * inside / length
        if inside < length:
            found += self.uneven * min(inside, length - inside) / length + self.loose
        return found

    def part(self, start: int, end: int) -> Self | None:
        """Return what holds between two times within it; None where that is nothing."""
        if start >= end:
            return None
        share = (end - start) / (self.end - self.start)
        return self._replace(
            start=start, end=end, uneven=self.uneven * share, hidden=self.hidden * share
        )


class _Stretch(NamedTuple):
    """A stretch of time, in milliseconds, whose energy may be wrong by `joules` in any sum."""

    start: int
    end: int
    joules: float

    def limit(self, start: int, end: int, counted: CountedTime | None = None) -> float:
        """Return the limit of error, in joules, of a sum from `start` to `end`.

        `counted` tells how much of a time counts; without it all of the window does.
        """
        inside = counted_part(max(self.start, start), min(self.end, end), counted)
        return self.joules * inside / (self.end - self.start)

    def part(self, start: int, end: int) -> Self | None:
        """Return what holds between two times within it; None where that is nothing."""
        if start >= end:
            return None
        share = (end - start) / (self.end - self.start)
        return self._replace(start=start, end=end, joules=self.joules * share)


class Unseen(_Stretch):
    """A stretch of time in which nobody saw a register move.

    That has a cause of its own each time, so the limits of several stretches add up by squares.
    """

    __slots__ = ()


class Lull(_Stretch):
    """Minutes in which a meter counted less than just before and after, by `joules`.

    It is the utility's, or counts overhead that is subtracted from IT. It may rest by turns, so
    that the meters beside it tell whether that was so, or it was dead.
    """

    __slots__ = ()


Uncertain = Doubt | Unseen | Lull
"""What may be wrong of a meter's energy in some time."""
