"""Supplies that stand at 0 while IT behind them draws power: the definition.

The energy of IT has come in by the supplies. So a supply that counts nothing can rest only where
the other ones count as much as IT does. A battery may give where the sun shines, or energy is sold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tests.reference.model import CELL, HOUR, KWH, Duty, Metered

SUPPLIES = ("utility", "generator")

NOTHING = Fraction(1, 1000)
"""A meter stands at 0 if it counts less than this share of IT's energy."""

CARRIED = Fraction(95, 100)
"""The other supplies cannot carry IT if they count less than this share of its energy."""

LEAST = KWH
STEPS = 3
"""In an hour more than `LEAST` and so many steps of the register have to be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What all supplies counted in a cell, and IT behind them."""

    supplies: Mapping[str, Metered]
    it: Metered

    @property
    def still(self) -> list[str]:
        """The supplies that stand at 0."""
        least = NOTHING * self.it.joules
        return [name for name, one in self.supplies.items() if one.joules < least]

    @property
    def missing(self) -> Fraction:
        """The joules of IT that no supply has counted."""
        return self.it.joules - sum(one.joules for one in self.supplies.values())

    @property
    def is_exact(self) -> bool:
        """Whether the energies are known to the cell, and not only over some stretch."""
        return not self.it.spans and not any(one.spans for one in self.supplies.values())


def at_rest(cells: Mapping[int, Carried], steps: Mapping[str, Fraction]) -> dict[int, Duty | None]:
    """Return which cells do not count (None), or need not.

    Args:
        cells: in which all supplies and IT count.
        steps: of each supply's register, in joules.
    """
    found: dict[int, Duty | None] = {}
    for hour in sorted({cell - cell % HOUR for cell in cells}):
        inside = {at: cells[at] for at in range(hour, hour + HOUR, CELL) if at in cells}
        lacking = {at: one for at, one in inside.items() if one.still and one.missing > 0}
        surely = {
            at: one
            for at, one in lacking.items()
            if one.missing > (1 - CARRIED) * one.it.joules and one.is_exact
        }
        for at in _with_neighbours(lacking):
            found[at] = Duty.MAY
        least = LEAST + STEPS * sum(steps.get(name, Fraction(0)) for name in _still(surely))
        if sum(one.missing for one in surely.values()) > 2 * least:
            found.update(dict.fromkeys(surely))
    return found


def _still(cells: Mapping[int, Carried]) -> set[str]:
    return {name for one in cells.values() for name in one.still}


def _with_neighbours(cells: Iterable[int]) -> Iterator[int]:
    """Yield cells and those in which the rest may have begun and ended."""
    for at in cells:
        yield from (at - CELL, at, at + CELL)
