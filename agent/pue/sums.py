"""Sums of energy over covered time, and how they are added up and kept in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import add
from typing import Final, Union


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergySum:
    """The energy at one boundary, in joules.

    `common` and `own` are limits of error by the meters' classes, in hundredths of joules: what the
    meters have in common, and what each has of its own.
    """

    joules: float = 0.0
    common: float = 0.0
    own: float = 0.0

    def plus(self, other: EnergySum) -> EnergySum:
        """Return the sum of both, of which the second is another time of the same meters."""
        return EnergySum(
            joules=self.joules + other.joules,
            common=self.common + other.common,
            own=self.own + other.own,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSum:
    """One amount beside PUE, and what it is compared with, over the cells in which it is covered.

    `amount` is in joules, kilograms or litres. `base` is facility energy for reused energy, and IT
    energy for everything else.
    """

    amount: float = 0.0
    base: float = 0.0
    cells: float = 0.0

    def plus(self, other: SideSum) -> SideSum:
        """Return the sum of both."""
        return SideSum(
            amount=self.amount + other.amount,
            base=self.base + other.base,
            cells=self.cells + other.cells,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrated:
    """How well readings of power tell facility energy less PUE times IT energy.

    `variance` is in square joules. `in_step` are standard uncertainties, in joules, of hours in
    which a load goes on and off in step with its readings, so that all of them err alike.
    """

    variance: float = 0.0
    in_step: float = 0.0

    def plus(self, other: Integrated) -> Integrated:
        """Return the sum of both."""
        return Integrated(
            variance=self.variance + other.variance, in_step=self.in_step + other.in_step
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What one boundary told of cells that do not count, because the other one did not."""

    it_joules: float = 0.0
    it_cells: int = 0
    facility_joules: float = 0.0
    facility_cells: int = 0

    def plus(self, other: Alone) -> Alone:
        """Return the sum of both."""
        return Alone(
            it_joules=self.it_joules + other.it_joules,
            it_cells=self.it_cells + other.it_cells,
            facility_joules=self.facility_joules + other.facility_joules,
            facility_cells=self.facility_cells + other.facility_cells,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Energies over the cells that are covered at both boundaries.

    `runs` counts the stretches of covered time. `starts_covered` and `ends_covered` say whether
    the first and the last cell are covered, so that two runs that adjoin are one. `sides` are the
    amounts beside PUE, by name.
    """

    cells: float = 0.0
    facility: EnergySum = field(default_factory=EnergySum)
    it: EnergySum = field(default_factory=EnergySum)
    integrated: Integrated = field(default_factory=Integrated)
    renewable: float = 0.0
    runs: int = 0
    starts_covered: bool = False
    ends_covered: bool = False
    sides: Mapping[str, SideSum] = field(default_factory=dict)

    def then(self, other: Sum) -> Sum:
        """Add the sum of the time that follows this one at once."""
        if not other.cells:
            return replace(self, ends_covered=False) if self.ends_covered else self
        names = self.sides.keys() | other.sides.keys()
        nothing = SideSum()
        return Sum(
            cells=self.cells + other.cells,
            facility=self.facility.plus(other.facility),
            it=self.it.plus(other.it),
            integrated=self.integrated.plus(other.integrated),
            renewable=self.renewable + other.renewable,
            runs=self.runs + other.runs - (self.ends_covered and other.starts_covered),
            starts_covered=self.starts_covered,
            ends_covered=other.ends_covered,
            sides={
                name: self.sides.get(name, nothing).plus(other.sides.get(name, nothing))
                for name in names
            },
        )


NOTHING: Final = Sum()


def add_in_time(sums: Iterable[Sum]) -> Sum:
    """Add sums that follow each other in time without a gap."""
    found: Sum | None = None
    for one in sums:
        found = one if found is None else found.then(one)
    return NOTHING if found is None else found


PackedSum = Union["array[float]", None]
"""The sum of one hour as it is kept in memory; None for an hour without covered cells.

A year of a hub's hours would take hundreds of megabytes as objects. The order of the numbers is
known to the three functions below and to nobody else.
"""

_RUNS: Final = 10
_STARTS: Final = 11
_ENDS: Final = 12
_SIDES: Final = 13


def pack(total: Sum) -> PackedSum:
    """Pack a sum; its sides in their order, which must be the same in every hour."""
    if not total.cells:
        return None
    facility, it = total.facility, total.it
    return array(
        "d",
        (
            total.cells,
            facility.joules,
            facility.common,
            facility.own,
            it.joules,
            it.common,
            it.own,
            total.integrated.variance,
            total.integrated.in_step,
            total.renewable,
            total.runs,
            total.starts_covered,
            total.ends_covered,
            *(v for side in total.sides.values() for v in (side.amount, side.base, side.cells)),
        ),
    )


def unpack(packed: PackedSum, names: Sequence[str]) -> Sum:
    """Return a sum as it was packed; `names` are those of its sides."""
    if packed is None:
        return NOTHING
    sides = zip(
        names, packed[_SIDES::3], packed[_SIDES + 1 :: 3], packed[_SIDES + 2 :: 3], strict=True
    )
    return Sum(
        cells=packed[0],
        facility=EnergySum(joules=packed[1], common=packed[2], own=packed[3]),
        it=EnergySum(joules=packed[4], common=packed[5], own=packed[6]),
        integrated=Integrated(variance=packed[7], in_step=packed[8]),
        renewable=packed[9],
        runs=round(packed[_RUNS]),
        starts_covered=bool(packed[_STARTS]),
        ends_covered=bool(packed[_ENDS]),
        sides={name: SideSum(amount=a, base=b, cells=c) for name, a, b, c in sides},
    )


def add_packed(sums: Iterable[PackedSum]) -> PackedSum:
    """Add packed sums that follow each other in time without a gap, as `add_in_time` does.

    It is several times as quick, which a year of hours needs.
    """
    found: PackedSum = None
    is_first = True
    for one in sums:
        if one is None:
            if found is not None:
                found[_ENDS] = 0.0
        elif found is None:
            found = one[:]
            if not is_first:
                found[_STARTS] = 0.0
        else:
            adjoin = found[_ENDS] and one[_STARTS]
            starts = found[_STARTS]
            found = array("d", map(add, found, one))
            if adjoin:
                found[_RUNS] -= 1.0
            found[_STARTS], found[_ENDS] = starts, one[_ENDS]
        is_first = False
    return found
