"""The words of the reference: meters, readings, bills and sites, in exact fractions.

Nothing here or beside it imports `agent`. Times are whole milliseconds since 1970 in UTC, energies
joules, powers watts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from fractions import Fraction
from typing import NamedTuple

CELL = 300_000
HOUR = 3_600_000
DAY = 24 * HOUR
KWH = 3_600_000

ANYTHING = 10**18
"""Joules: nothing is known of a register that has hardly moved."""

INCOMING = ("utility", "generator", "renewable")
IT_POINTS = ("ups_output", "pdu_output", "it_input")
"""From the outermost to the deepest: category 1, 2 and 3 of ISO/IEC 30134-2."""
OVERHEAD = ("cooling", "lighting", "other")


class Kind(Enum):
    """What a reading tells."""

    REGISTER = "register"
    EXPORT = "export"
    POWER = "power"


class Reading(NamedTuple):
    """One value of a meter: joules of a register, or watts."""

    at: int
    kind: Kind
    value: Fraction | int


class Duty(IntEnum):
    """What the definitions ask of a stretch: they may leave it open, or demand that it counts."""

    MAY = 1
    MUST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A meter as the inventory states it."""

    meter: str
    point: str
    rating: Fraction | None = None
    wrap: Fraction | None = None
    accuracy_class: Fraction = Fraction(2)
    share: Fraction = Fraction(1)
    factor: Fraction | None = None
    subtract: bool = False
    behind: str | None = None
    replaces: str | None = None
    since: int | None = None
    kilograms_per_kilowatt_hour: Fraction | None = None
    renewable_ratio: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The meters of one site, and where its IT energy is taken."""

    meters: tuple[Meter, ...]
    it_point: str
    zone: str = "UTC"
    battery: bool = False
    """Whether a battery may carry the site for hours."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of which only the total is known: its cells share it out in some way.

    Where not even the total is `known`, it may be wrong by the joules.
    """

    start: int
    end: int
    joules: Fraction | int
    known: bool = True
    meter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Power that goes in a straight line from one moment to another."""

    start: int
    end: int
    first_watts: Fraction | int
    last_watts: Fraction | int
    duty: Duty = Duty.MUST
    spans: tuple[Span, ...] = ()

    def joules(self, start: int, end: int) -> Fraction:
        """Return the energy of that part of the piece which lies in a time."""
        low, high = max(start, self.start), min(end, self.end)
        if high <= low:
            return Fraction(0)
        rise = self.last_watts - self.first_watts
        if not rise:
            return Fraction(self.first_watts * (high - low), 1000)
        length = self.end - self.start
        twice = 2 * self.first_watts * length + rise * (low + high - 2 * self.start)
        return Fraction(twice * (high - low), 2000 * length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What one meter, or a sum of several, counted in one cell."""

    joules: Fraction
    duty: Duty = Duty.MUST
    spans: frozenset[Span] = field(default_factory=frozenset)


Cells = dict[int, Metered]
"""By the cell's first millisecond; what is not covered is absent."""


def even(
    start: int,
    end: int,
    joules: Fraction | int,
    duty: Duty = Duty.MUST,
    spans: tuple[Span, ...] = (),
) -> Piece:
    """Spread an energy evenly over a time."""
    watts = Fraction(joules * 1000, end - start)
    return Piece(start=start, end=end, first_watts=watts, last_watts=watts, duty=duty, spans=spans)


def cells_of(pieces: list[Piece]) -> Cells:
    """Lay pieces into cells; a cell counts if the pieces fill it from its first to its end."""
    laid: dict[int, list[Piece]] = {}
    for piece in pieces:
        for cell in range(piece.start - piece.start % CELL, piece.end, CELL):
            laid.setdefault(cell, []).append(piece)
    return {
        cell: Metered(
            joules=sum((one.joules(cell, cell + CELL) for one in found), Fraction(0)),
            duty=min(one.duty for one in found),
            spans=frozenset(span for one in found for span in one.spans),
        )
        for cell, found in sorted(laid.items())
        if sum(min(one.end, cell + CELL) - max(one.start, cell) for one in found) == CELL
    }
