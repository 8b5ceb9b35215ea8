"""From the readings of an energy register to what it counted: the definitions.

What is believed, what may be, and what is not: a rise is judged over the time since the register
last moved, by its rating or by how it usually goes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import median

from tests.reference.model import ANYTHING, CELL, DAY, KWH, Duty, Meter, Piece, Span, even

SLACK = 600_000
"""A register that counts in steps may show ten minutes' energy late."""

LONGEST_GAP = 400 * DAY

SURELY_POSSIBLE = 3
"""Without a rating: up to this many times a meter's usual power a leap is an ordinary one."""

SURELY_IMPOSSIBLE = 50
"""Without a rating: above this many times a meter's usual power nobody believes a leap."""

LARGEST_SITE = 500_000_000
"""Watts: of a register of which little is known, nobody believes more."""

GLITCHES = 2
"""A register that falls back to what it was so many readings ago may have leapt and come back."""

WRAP = Fraction(3, 2)
"""A wrap is no steeper than so many times what other rises come up to, or of 1 kWh at most; else it
was a reset.
"""

AT_ONCE = Fraction(6, 5)
"""A register that rested rises by no more than so many times what is usual in that time."""

NEXT_TO_NOTHING = Fraction(1, 20)
"""A register that was reset, or another meter, counts no less than this share of what is usual."""

CUBIC_METRE = 1000
"""In litres: a rise of up to this, or to 1 kWh of energy, is little."""

LARGEST = 3
"""So many rises of a register may be false, and do not tell how it usually goes."""

STILL = 3
"""A register stood still if it did not move for this many of its usual times between moves."""

Value = tuple[int, Fraction | int]


@dataclass(frozen=True, slots=True)
class Usual:
    """How a register usually goes: its power, its step, and the time between two moves."""

    known: bool
    watts: Fraction
    most: Fraction | int
    step: Fraction
    still: int
    steep: Fraction
    """Watts to which three other rises come up beside the steepest, each since it last moved."""
    third: Fraction
    """The same for a rise that is none of these: one across the width."""

    @staticmethod
    def of(values: Sequence[Value]) -> Usual:
        """Look at all differences but the largest, which may be false."""
        pairs = list(itertools.pairwise(values))
        rises = sorted(
            ((after - before, end - start) for (start, before), (end, after) in pairs),
            key=lambda rise: rise[0],
        )
        kept = [rise for rise in rises[:-LARGEST] if rise[0] >= 0]
        time = sum(length for _, length in kept)
        watts = Fraction(sum(energy for energy, _ in kept) * 1000, time or 1)
        whole = [int(energy) for energy, _ in kept if energy.denominator == 1]
        moves = [start for (start, before), (_, after) in pairs if after != before]
        apart = [b - a for a, b in itertools.pairwise(moves)] or [0]
        known = dict(values)
        since = [values[0][0], *(end for (_, before), (end, after) in pairs if after != before)]
        steep = sorted(
            (
                Fraction((known[end] - known[begun]) * 1000, end - begun)
                for begun, end in itertools.pairwise(since)
                if known[end] > known[begun]
            ),
            reverse=True,
        )
        return Usual(
            known=sum(energy > 0 for energy, _ in rises) > 2 * LARGEST,
            watts=watts,
            most=max((energy for energy, _ in kept), default=0),
            step=Fraction(math.gcd(*whole) or 1),
            still=int(median(apart)),
            steep=steep[LARGEST] if len(steep) > LARGEST else Fraction(0),
            third=steep[LARGEST - 1] if len(steep) >= LARGEST else Fraction(0),
        )


def possible(
    meter: Meter, usual: Usual, joules: Fraction | int, length: int, slack: int = SLACK
) -> Duty | None:
    """Judge an energy: it must be believed, it may be, or it is impossible (None).

    Args:
        meter: its rating decides, if it states one.
        usual: how its register goes otherwise.
        joules: the rise.
        length: milliseconds since the register last moved.
        slack: how old, at most, the value before may have been.
    """
    if meter.rating is not None:
        limit = meter.rating * (length + slack)
        return Duty.MUST if joules * 1000 <= limit else None
    if not usual.known:
        return Duty.MAY if joules * 1000 <= LARGEST_SITE * (length + SLACK) else None
    each, step, rise = usual.watts * length, usual.step * 1000, joules * 1000
    seen = usual.steep * length  # whatever it has done often it may do again
    if rise <= max(SURELY_POSSIBLE * each, seen) + 2 * step:
        return Duty.MUST
    bound = max(SURELY_IMPOSSIBLE * (each + step), SURELY_POSSIBLE * 1000 * usual.most)
    return Duty.MAY if rise <= bound else None


def register_pieces(meter: Meter, values: Sequence[Value]) -> list[Piece]:
    """Return what a register tells between its readings."""
    usual = Usual.of(values)
    found: list[Piece] = []
    moved, unsure = values[0][0], -1
    index = 0
    while index + 1 < len(values):
        (start, before), (end, after) = values[index], values[index + 1]
        back, either = _back(meter, usual, values, index, moved)
        unsure = max(unsure, either)
        if back is not None:
            end, after = values[back]
            rise = _counted(meter, usual, before, after, end - moved)
            span = Span(moved, end, rise)
            found = [loose(piece, span, Duty.MAY) for piece in found]
            found.append(even(start, end, rise, Duty.MAY, (span,)))
            index, moved = back, end if after != before else moved
            continue
        index += 1
        if after == before:
            if end - start <= LONGEST_GAP:
                found.append(even(start, end, 0, Duty.MAY if moved <= unsure else Duty.MUST))
            continue
        rise = _counted(meter, usual, before, after, end - moved)
        duty = possible(meter, usual, rise, end - moved) if rise >= 0 else None
        if duty and after < before and rise * 1000 > WRAP * usual.steep * (end - moved):
            duty = Duty.MAY  # only three rises speak for a wrap, and one of them may be false
        if duty is not Duty.MUST:  # those before may be glitches; the next ones have to bear it out
            unsure = max(unsure, values[min(index + GLITCHES, len(values) - 1)][0])
            since = values[max(0, index - 1 - GLITCHES)][0]
            found = [_open(one) if one.end > since else one for one in found]
        if duty is not None and end - start <= LONGEST_GAP:
            duty = Duty.MAY if start < unsure else duty
            found = _risen(meter, usual, found, (moved, start, end), rise, duty)
        else:  # what it counted since it last moved is lost
            found = [piece for piece in found if piece.start < moved]
        moved = end
    found = _open_end(found, moved, values)
    if usual.known:
        return found
    span = Span(values[0][0], values[-1][0], ANYTHING, known=False)
    return [loose(one, span, Duty.MAY) for one in found]


def _risen(
    meter: Meter,
    usual: Usual,
    found: list[Piece],
    times: tuple[int, int, int],
    rise: Fraction | int,
    duty: Duty,
) -> list[Piece]:
    """Add a rise that is believed: over the last interval, or over all since the last move."""
    moved, start, end = times
    if start == moved or _at_once(meter, usual, rise, end - start):
        return [*found, even(start, end, rise, duty)]
    if end - moved > max(STILL * usual.still, 3 * CELL):
        duty = Duty.MAY
    kept = [one for one in found if one.start < moved]
    return [*kept, even(moved, end, rise, duty, (Span(moved, end, rise),))]


def _open_end(found: list[Piece], moved: int, values: Sequence[Value]) -> list[Piece]:
    """Leave open what a register has counted since it last moved: it shows when it moves next.

    So is the interval of its last move, if it now stands still: what it showed first may have been
    old, unless it rose by a single step. Not every register shows how large that is.
    """
    still = moved < values[-1][0]
    return [
        _open(one)
        if (one.start >= moved and not one.first_watts) or (still and one.end == moved)
        else one
        for one in found
    ]


def _open(piece: Piece) -> Piece:
    """Leave open whether a piece counts."""
    return replace(piece, duty=Duty.MAY)


def _at_once(meter: Meter, usual: Usual, joules: Fraction | int, length: int) -> bool:
    """Tell whether a register rested, so that an energy was drawn since the last reading alone.

    That is so for what is usual in that time, and for little; and never above the rating.
    """
    if meter.rating is not None and joules * 1000 > meter.rating * length:
        return False
    little = CUBIC_METRE if meter.point == "water" else KWH
    return joules <= little or joules * 1000 <= AT_ONCE * usual.steep * length


def _counted(
    meter: Meter, usual: Usual, before: Fraction | int, after: Fraction | int, length: int
) -> Fraction | int:
    """Return what a register rose by, also across its width; below 0 if it began anew."""
    if after >= before:
        return after - before
    return _wrapped(meter, usual, before, after, length)


def _wrapped(
    meter: Meter, usual: Usual, before: Fraction | int, after: Fraction | int, length: int
) -> Fraction | int:
    """Return the energy of a register that began again at 0, or -1 if it was no wrap."""
    if meter.wrap is None or before > meter.wrap:
        return -1
    rise = after + meter.wrap - before
    is_little = rise <= (CUBIC_METRE if meter.point == "water" else KWH)
    if usual.known and not is_little and rise * 1000 > WRAP * usual.third * length:
        return -1
    if meter.rating is None:
        return rise if 2 * rise < meter.wrap else -1
    return rise if rise <= meter.rating * (length + SLACK) / 1000 else -1


def _back(
    meter: Meter, usual: Usual, values: Sequence[Value], index: int, since: int
) -> tuple[int | None, int]:
    """Return the reading that goes on from this one, if those between are glitches.

    The second is the time up to which nobody knows whether they are. `since` is when the register
    last moved.
    """
    start, before = values[index]
    following, after = values[index + 1]
    rise = _counted(meter, usual, before, after, following - since)
    if rise >= 0 and possible(meter, usual, rise, following - since):
        return None, -1
    for place in range(index + 2, len(values)):
        end, again = values[place]
        rise, shown = _counted(meter, usual, before, again, end - start), values[place - 1][1]
        length = end - _since(values, index + 1, place - 1)
        moved = _counted(meter, usual, shown, again, length)
        # A first step that needs the ten minutes does not show that it began anew.
        slack = 0 if shown == after else SLACK
        went_on = moved >= 0 and possible(meter, usual, moved, length, slack) is Duty.MUST
        least = NEXT_TO_NOTHING * usual.watts * (end - following)
        if went_on and again != shown and not 0 <= (again - after) * 1000 < least:
            both = rise >= 0 and possible(meter, usual, rise, end - start)
            return None, end if both else -1  # two that differ fit each other: it began anew
        if rise < 0 or went_on:
            continue
        if possible(meter, usual, rise, end - start):
            return place, -1
    return None, -1


def _since(values: Sequence[Value], first: int, last: int) -> int:
    """Return since when a register has shown what it shows at `last`, no earlier than `first`."""
    while last > first and values[last - 1][1] == values[last][1]:
        last -= 1
    return values[last][0]


def loose(piece: Piece, span: Span, duty: Duty) -> Piece:
    """Mark a piece of which only the sum over a stretch is defined."""
    if piece.start < span.start or piece.end > span.end:
        return piece
    return replace(piece, duty=min(duty, piece.duty), spans=(*piece.spans, span))
