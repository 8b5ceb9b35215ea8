"""From the readings of one meter to its energy in cells: the definitions, in exact fractions.

- A register tells the difference of two neighbouring readings, spread evenly between them.
- A leap above the rating, judged over the time since the register last moved, is not believed, and
  that time is not covered.
- A register that fell wrapped (the width is known, the energy possible), or it began anew. Then the
  power of that interval counts, if there is any.
- Power is a trapezoid between neighbouring readings, across three intervals at most. A reading that
  is refused leaves a hole.

Where the definitions leave room, the stretch is marked `MAY`: it need not count, but if it counts,
then with this energy. A `Span` marks a stretch of which only the sum is defined.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from tests.reference.model import (
    CELL,
    DAY,
    HOUR,
    Cells,
    Duty,
    Kind,
    Meter,
    Piece,
    Reading,
    Span,
    cells_of,
    even,
)

SLACK = 600_000
"""A register that counts in steps may show ten minutes' energy late."""

LONGEST_GAP = 400 * DAY
INTERVALS = 3
COARSE = Fraction(1, 100)
"""A step is coarse above this share of five minutes' energy."""

SURELY_POSSIBLE = 3
"""Without a rating: up to this many times a meter's usual power a leap is an ordinary one."""

SURELY_IMPOSSIBLE = 50
"""Without a rating: above this many times a meter's usual power nobody believes a leap."""

STILL = 3
"""A register stood still if it did not move for this many of its usual times between moves."""

Value = tuple[int, Fraction]


def energy_cells(meter: Meter, readings: Sequence[Reading], interval: int) -> Cells:
    """Return what came in through a meter, by cell.

    Args:
        meter: what the inventory states.
        readings: all readings, in any order; the same one may come twice.
        interval: milliseconds between two readings, as the meter is polled.
    """
    return cells_of(_pieces(meter, readings, interval, Kind.REGISTER))


def export_cells(meter: Meter, readings: Sequence[Reading], interval: int) -> Cells:
    """Return what left through a meter, by cell."""
    return cells_of(_pieces(meter, readings, interval, Kind.EXPORT))


def first_export(readings: Sequence[Reading]) -> int | None:
    """Return when an export register was first read."""
    return min((r.at for r in readings if r.kind is Kind.EXPORT), default=None)


def _pieces(meter: Meter, readings: Sequence[Reading], interval: int, kind: Kind) -> list[Piece]:
    power = (
        power_pieces(meter, readings, interval) if kind is Kind.REGISTER else []
    )  # what leaves has no power of its own
    values = sorted({(r.at, r.value) for r in readings if r.kind is kind and r.value >= 0})
    if not values:
        return power
    found = register_pieces(meter, values)
    if power:
        found = _shaped(found, values)
    return sorted(found + _missing(found, power), key=lambda piece: piece.start)


def power_pieces(meter: Meter, readings: Sequence[Reading], interval: int) -> list[Piece]:
    """Return trapezoids between neighbouring powers; a refused one leaves a hole."""
    values = sorted({(r.at, r.value) for r in readings if r.kind is Kind.POWER})
    found = []
    for (start, first), (end, last) in itertools.pairwise(values):
        refused = min(first, last) < 0 or (
            meter.rating is not None and max(first, last) > meter.rating
        )
        if not refused and end - start <= INTERVALS * interval:
            found.append(Piece(start=start, end=end, first_watts=first, last_watts=last))
    return found


@dataclass(frozen=True, slots=True)
class Usual:
    """How a register usually goes: its power, its step, and the time between two moves."""

    watts: Fraction
    step: Fraction
    still: int

    @staticmethod
    def of(values: Sequence[Value]) -> Usual:
        """Look at all differences but the three largest, which may be false."""
        pairs = list(itertools.pairwise(values))
        rises = sorted(
            ((after - before, end - start) for (start, before), (end, after) in pairs),
            key=lambda rise: rise[0],
        )
        kept = [rise for rise in rises[: max(1, len(rises) - 3)] if rise[0] >= 0]
        time = sum(length for _, length in kept)
        watts = sum(energy for energy, _ in kept) * 1000 / time if time else Fraction(0)
        whole = [int(energy) for energy, _ in rises if energy.denominator == 1]
        moves = [start for (start, before), (_, after) in pairs if after != before]
        apart = [b - a for a, b in itertools.pairwise(moves)] or [0]
        return Usual(watts=watts, step=Fraction(math.gcd(*whole) or 1), still=int(median(apart)))


def possible(meter: Meter, usual: Usual, joules: Fraction, length: int) -> Duty | None:
    """Judge an energy: it must be believed, it may be, or it is impossible (None).

    Args:
        meter: its rating decides, if it states one.
        usual: how its register goes otherwise.
        joules: the rise.
        length: milliseconds since the register last moved.
    """
    if meter.rating is not None:
        limit = meter.rating * (length + SLACK) / 1000
        return Duty.MUST if joules <= limit else None
    each = usual.watts * length / 1000
    if joules <= SURELY_POSSIBLE * each + 2 * usual.step:
        return Duty.MUST
    return Duty.MAY if joules <= SURELY_IMPOSSIBLE * (each + usual.step) else None


def register_pieces(meter: Meter, values: Sequence[Value]) -> list[Piece]:
    """Return what a register tells between its readings."""
    usual = Usual.of(values)
    found: list[Piece] = []
    moved = values[0][0]
    index = 0
    while index + 1 < len(values):
        (start, before), (end, after) = values[index], values[index + 1]
        back = _back(meter, usual, values, index)
        if back is not None:
            end, after = values[back]
            span = (Span(moved, end),)
            found = [_loose(piece, span[0]) for piece in found]
            found.append(even(start, end, after - before, Duty.MAY, span))
            index, moved = back, end
            continue
        index += 1
        if after == before:
            if end - start <= LONGEST_GAP:
                found.append(even(start, end, Fraction(0)))
            continue
        rise = after - before
        if rise < 0:
            rise = _wrapped(meter, before, after, end - start)
        duty = possible(meter, usual, rise, end - moved) if rise >= 0 else None
        if end - start > LONGEST_GAP:
            duty = None
        if duty is None:
            if rise > 0:  # the whole time since the register last moved is in doubt
                found = [piece for piece in found if piece.start < moved]
        else:
            found.append(even(start, end, rise, duty))
            if end - moved > max(STILL * usual.still, 2 * CELL) and start > moved:
                span = Span(moved, end)
                found = [_loose(piece, span) for piece in found]
        moved = end
    return found


def _wrapped(meter: Meter, before: Fraction, after: Fraction, length: int) -> Fraction:
    """Return the energy of a register that began again at 0, or -1 if it was no wrap."""
    if meter.wrap is None or before > meter.wrap:
        return Fraction(-1)
    rise = after + meter.wrap - before
    if meter.rating is None:
        return rise if 2 * before > meter.wrap else Fraction(-1)
    return rise if rise <= meter.rating * (length + SLACK) / 1000 else Fraction(-1)


def _back(meter: Meter, usual: Usual, values: Sequence[Value], index: int) -> int | None:
    """Return the reading that goes on from this one, if those between are glitches."""
    start, before = values[index]
    _, after = values[index + 1]
    if after >= before and possible(meter, usual, after - before, values[index + 1][0] - start):
        return None
    if after < before and _wrapped(meter, before, after, values[index + 1][0] - start) >= 0:
        return None
    for place in range(index + 2, min(index + 12, len(values))):
        end, again = values[place]
        rise = again - before
        if rise >= 0 and possible(meter, usual, rise, end - start) is Duty.MUST:
            return place
    return None


def _loose(piece: Piece, span: Span) -> Piece:
    """Mark a piece of which only the sum over a stretch is defined."""
    if piece.start < span.start or piece.end > span.end:
        return piece
    return Piece(
        start=piece.start,
        end=piece.end,
        first_watts=piece.first_watts,
        last_watts=piece.last_watts,
        duty=Duty.MAY,
        spans=(*piece.spans, span),
    )


def _shaped(pieces: list[Piece], values: Sequence[Value]) -> list[Piece]:
    """Mark the hours of a coarse register that power shares out: their sums are the register's."""
    usual = Usual.of(values)
    if usual.step <= COARSE * usual.watts * CELL / 1000 / 2:
        return pieces
    found = []
    for piece in pieces:
        start = piece.start
        while start < piece.end:
            hour = start - start % HOUR
            end = min(piece.end, hour + HOUR)
            found.append(
                Piece(
                    start=start,
                    end=end,
                    first_watts=piece.first_watts,
                    last_watts=piece.last_watts,
                    duty=piece.duty,
                    spans=(*piece.spans, Span(hour, hour + HOUR)),
                )
            )
            start = end
    return found


def _missing(found: list[Piece], power: list[Piece]) -> list[Piece]:
    """Return the parts of the powers that lie where no register tells anything."""
    holes = []
    ordered = sorted(found, key=lambda one: one.start)
    place = 0
    for piece in power:
        while place < len(ordered) and ordered[place].end <= piece.start:
            place += 1
        start = piece.start
        for known in ordered[place:]:
            if known.start >= piece.end:
                break
            if known.start > start:
                holes.append(_part(piece, start, known.start))
            start = max(start, known.end)
        if start < piece.end:
            holes.append(_part(piece, start, piece.end))
    return holes


def _part(piece: Piece, start: int, end: int) -> Piece:
    """Cut a straight line."""
    slope = (piece.last_watts - piece.first_watts) / (piece.end - piece.start)
    return Piece(
        start=start,
        end=end,
        first_watts=piece.first_watts + slope * (start - piece.start),
        last_watts=piece.first_watts + slope * (end - piece.start),
        duty=piece.duty,
        spans=piece.spans,
    )
