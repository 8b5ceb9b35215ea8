"""From the readings of one meter to its energy in cells: the definitions, in exact fractions.

- A register tells the difference of two neighbouring readings, spread evenly between them.
- A rise that cannot have been drawn since the last reading is spread over the time since the
  register last moved: it stood still, and then caught up.
- A leap above the rating, judged over that time, is not believed, and that time is not covered.
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
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from tests.reference.model import (
    CELL,
    HOUR,
    Cells,
    Duty,
    Kind,
    Meter,
    Piece,
    Reading,
    Span,
    cells_of,
)
from tests.reference.registers import SURELY_POSSIBLE, Usual, Value, loose, register_pieces

INTERVALS = 3
COARSE = Fraction(1, 100)
"""A step is coarse above this share of five minutes' energy."""


def energy_cells(meter: Meter, readings: Sequence[Reading], interval: int) -> Cells:
    """Return what came in through a meter, by cell.

    Args:
        meter: what the inventory states.
        readings: all readings, in any order; the same one may come twice.
        interval: milliseconds between two readings, as the meter is polled.
    """
    return _of_meter(meter, cells_of(_pieces(meter, readings, interval, Kind.REGISTER)))


def export_cells(meter: Meter, readings: Sequence[Reading], interval: int) -> Cells:
    """Return what left through a meter, by cell."""
    return _of_meter(meter, cells_of(_pieces(meter, readings, interval, Kind.EXPORT)))


def _of_meter(meter: Meter, cells: Cells) -> Cells:
    """Name the meter in each stretch: two meters may have the same one."""
    return {
        cell: replace(one, spans=frozenset(replace(span, meter=meter.meter) for span in one.spans))
        for cell, one in cells.items()
    }


def first_export(readings: Sequence[Reading]) -> int | None:
    """Return when an export register was first read."""
    return min((r.at for r in readings if r.kind is Kind.EXPORT), default=None)


def shown_step(readings: Sequence[Reading]) -> Fraction:
    """Return the step of a register, as its readings show it; 0 without a register."""
    values = sorted({(r.at, r.value) for r in readings if r.kind is Kind.REGISTER})
    return Usual.of(values).step if values else Fraction(0)


def _pieces(meter: Meter, readings: Sequence[Reading], interval: int, kind: Kind) -> list[Piece]:
    power = (
        power_pieces(meter, readings, interval) if kind is Kind.REGISTER else []
    )  # what leaves has no power of its own
    most = meter.wrap if meter.wrap is not None and kind is Kind.REGISTER else None
    values = sorted(
        {
            (r.at, r.value)
            for r in readings
            if r.kind is kind and r.value >= 0 and (most is None or r.value <= most)
        }
    )  # what a register cannot show is no reading
    if not values:
        return power
    found = register_pieces(meter, values)
    usual = Usual.of(values)
    filled = [_stands_in(piece, usual) for piece in _missing(found, power)]
    if power:
        found = list(_begun(found, power, usual.step, values[0][0]))
        found = [_contradicted(piece, power) for piece in _shaped(found, values)]
    return sorted(found + filled, key=lambda piece: piece.start)


def _begun(
    pieces: Sequence[Piece], power: Sequence[Piece], step: Fraction, end: int
) -> Iterator[Piece]:
    """Leave open what a register tells from when it began anew to its first move.

    It may have counted nearly a step before, so that power tells it instead. `end` is when it was
    first read.
    """
    begun: list[Piece] | None = None
    for piece in pieces:
        begun = [] if piece.start > end else begun
        end = piece.end
        if begun is None:
            yield piece
            continue
        begun.append(piece)
        if piece.first_watts:
            start = begun[0].start
            drawn = sum((one.joules(start, end) for one in power), Fraction(0))
            off = abs(drawn - piece.joules(start, end))
            span = Span(start, end, max(step, off), known=False)
            yield from (replace(one, spans=(*one.spans, span)) for one in begun)
            begun = None
    yield from begun or ()


def _stands_in(piece: Piece, usual: Usual) -> Piece:
    """Leave open whether power counts in a register's place, where the two are hardly comparable.

    They are held against each other over an hour. A step of at least half of its energy may make
    one seem half of the other.
    """
    joules = piece.joules(piece.start, piece.end) * HOUR / (piece.end - piece.start)
    return replace(piece, duty=Duty.MAY) if not usual.known or 2 * usual.step >= joules else piece


def _contradicted(piece: Piece, power: list[Piece]) -> Piece:
    """Leave open a piece that is in doubt, or of which power says something else altogether."""
    within = [one for one in power if one.start < piece.end and one.end > piece.start]
    known = sum(min(one.end, piece.end) - max(one.start, piece.start) for one in within)
    if known < piece.end - piece.start:
        return piece
    counted = piece.joules(piece.start, piece.end)
    drawn = sum((one.joules(piece.start, piece.end) for one in within), Fraction(0))
    fits = counted <= SURELY_POSSIBLE * drawn and drawn <= SURELY_POSSIBLE * counted
    if fits and piece.duty is Duty.MUST:
        return piece
    most = Span(piece.start, piece.end, max(counted, drawn), known=False)
    return loose(piece, most, Duty.MAY)


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


def _shaped(pieces: list[Piece], values: Sequence[Value]) -> list[Piece]:
    """Mark the hours of a coarse register that power shares out: their sums are the register's."""
    usual = Usual.of(values)
    is_coarse = usual.step > COARSE * usual.watts * CELL / 1000 / 2
    rises: dict[int, list[Fraction | int]] = {}
    for (_, before), (at, after) in itertools.pairwise(values):
        rises.setdefault(at - at % HOUR, []).append(abs(after - before))
    parts = []
    for piece in pieces:
        start = piece.start
        while start < piece.end:
            end = min(piece.end, start - start % HOUR + HOUR)
            parts.append(_part(piece, start, end))
            start = end
    sums: dict[int, Fraction] = {}
    for one in parts:
        hour = one.start - one.start % HOUR
        sums[hour] = sums.get(hour, Fraction(0)) + one.joules(one.start, one.end)
    return [
        loose(one, Span(hour, hour + HOUR, sums[hour]), Duty.MUST)
        if is_coarse or _seems_coarse(rises.get(hour, ()), sums[hour])
        else one
        for one in parts
        for hour in (one.start - one.start % HOUR,)
    ]


def _seems_coarse(rises: Sequence[Fraction | int], joules: Fraction) -> bool:
    """Tell whether an hour's readings do not show that the register has finer steps.

    Of a constant load all rises are alike, as if each was one step.
    """
    whole = [int(rise) for rise in rises if rise.denominator == 1]
    return math.gcd(*whole) > COARSE * joules / 12 / 2


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
    slope = Fraction(piece.last_watts - piece.first_watts, piece.end - piece.start)
    return Piece(
        start=start,
        end=end,
        first_watts=piece.first_watts + slope * (start - piece.start),
        last_watts=piece.first_watts + slope * (end - piece.start),
        duty=piece.duty,
        spans=piece.spans,
    )
