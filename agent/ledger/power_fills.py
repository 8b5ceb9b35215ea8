"""Power that stands in for a register: whether it may, and how wrong it may be.

Where a register was reset, refused or silent, power tells what was drawn. It is measured by the
same meter's register just before and just after. Where the two differed there, power is off by as
much now. Power that is far from what it was there is rejected.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final, NamedTuple

from agent.ledger.doubts import Doubt
from agent.ledger.drawn import Drawn
from agent.ledger.energy import HOUR_MS, Segment, Span
from agent.ledger.segments import merge, without

_BESIDE_MS: Final = HOUR_MS
"""Milliseconds before and after a hole, within which power is compared with the register."""

_ENOUGH_MS: Final = 300_000
"""Over less than this, the two are not compared: a step of the register would decide."""

_ALIKE: Final = 0.1
"""By up to this share power and register differ by their classes and how seldom they are read."""

_NOT_ALIKE: Final = 2.0
"""Power that differs by this factor from its register stands in for nothing."""

_BURST: Final = 1.5
"""In a hole, power may be higher or lower than beside it by this factor. What is beyond is in
doubt."""

_LEAP: Final = 10.0
"""Power that is higher or lower than beside the hole by this factor is rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fills:
    """The power that is accepted, and how much of it is in doubt."""

    drawn: list[Segment]
    doubts: list[Doubt]


class _Beside(NamedTuple):
    """What power and register told at once, in one stretch of time beside a hole, in joules."""

    counted: float
    drawn: float
    elapsed: int

    @property
    def ratio(self) -> float:
        """The energy by power over the energy by the register."""
        return self.drawn / self.counted

    @property
    def watts(self) -> float:
        """The register's mean power."""
        return self.counted * 1000.0 / self.elapsed


def judge_fills(
    register: Sequence[Segment], drawn: list[Segment], step: float, rests: Sequence[Span] = ()
) -> Fills:
    """Judge power where the register tells nothing; both are in order of time.

    `step` is the register's, in joules. In `rests` it stood still, so that little was drawn.
    """
    holes = _holes(register, drawn) if register else []
    counted, told = Drawn(register), Drawn(drawn)
    refused: list[Span] = []
    doubts: list[Doubt] = []
    for hole in holes:
        beside = list(_beside(hole, register, counted, told))
        if not beside:
            continue
        joules = told.joules(hole.start, hole.end)
        rested = any(one.start <= hole.start and hole.end <= one.end for one in rests)
        least = 0.0 if rested else min(one.watts for one in beside)
        if _is_refused(hole, joules, beside, least):
            refused.append(hole)
            continue
        hidden = _off(joules, beside) + _unlike(hole, joules, beside, least)
        if step > _ALIKE * joules:
            hidden += step  # of a step at either end nobody knows on which side it was
        if hidden > 0:
            doubts.append(Doubt(hole.start, hole.end, hidden=hidden))
    return Fills(drawn=without(drawn, refused) if refused else drawn, doubts=doubts)


def _holes(register: Sequence[Segment], drawn: Sequence[Segment]) -> list[Span]:
    """Return the times that power tells and the register does not; those that adjoin are one."""
    counted = set(register)
    found: list[Span] = []
    for one in merge(register, drawn):
        if one in counted:
            continue
        if found and found[-1].end == one.start:
            found[-1] = Span(found[-1].start, one.end)
        else:
            found.append(Span(one.start, one.end))
    return found


def _beside(
    hole: Span, register: Sequence[Segment], counted: Drawn, told: Drawn
) -> Iterator[_Beside]:
    """Yield what both told within an hour before and after a hole."""
    starts = [one.start for one in register]
    first = bisect_left(starts, hole.start - _BESIDE_MS)
    for low, high in (
        (hole.start - _BESIDE_MS, hole.start),
        (hole.end, hole.end + _BESIDE_MS),
    ):
        joules, power, elapsed = [], [], 0
        for one in register[max(0, first - 1) :]:
            if one.start >= high:
                break
            start, end = max(one.start, low), min(one.end, high)
            drawn = told.whole(start, end) if start < end else None
            if drawn is not None:
                joules.append(counted.joules(start, end))
                power.append(drawn)
                elapsed += end - start
        if elapsed >= _ENOUGH_MS and fsum(joules) > 0:
            yield _Beside(fsum(joules), fsum(power), elapsed)


def _is_refused(hole: Span, joules: float, beside: Sequence[_Beside], least: float) -> bool:
    """Tell whether power differs from its register, or is far from what that told beside."""
    if any(not 1.0 / _NOT_ALIKE <= one.ratio <= _NOT_ALIKE for one in beside):
        return True
    watts = joules * 1000.0 / (hole.end - hole.start)
    return watts > _LEAP * max(one.watts for one in beside) or watts < least / _LEAP


def _off(joules: float, beside: Sequence[_Beside]) -> float:
    """Return by how much power is off as it was beside."""
    off = max(abs(one.ratio - 1.0) / one.ratio for one in beside)
    return off * joules if off > _ALIKE else 0.0


def _unlike(hole: Span, joules: float, beside: Sequence[_Beside], least: float) -> float:
    """Return the energy by which power is above or below all that is usual beside."""
    seconds = (hole.end - hole.start) / 1000.0
    most = _BURST * max(one.watts for one in beside)
    return max(0.0, joules - most * seconds, least / _BURST * seconds - joules)
