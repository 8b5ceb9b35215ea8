"""Supplies that stand at 0 while IT behind them draws power: the definition.

The energy of IT has come in by the supplies, of which the sun is one, less what was sold. So a
supply that counts nothing can rest only where the other ones count as much as IT does, or a battery
gives; a site says whether it has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tests.reference.model import CELL, HOUR, KWH, Duty, Metered

NOTHING = Fraction(1, 1000)
"""A meter stands at 0 if it counts less than this share of IT's energy."""

CARRIED = Fraction(95, 100)
"""The other supplies cannot carry IT if they count less than this share of its energy."""

LEAST = KWH
STEPS = 3
"""In an hour more than `LEAST` and so many steps of the register have to be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What all supplies counted in a cell, less what was sold by them, and IT behind them.

    `bought` is what came in by those of them by which some was sold.
    """

    supplies: Mapping[str, Metered]
    it: Metered
    bought: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def still(self) -> list[str]:
        """The supplies that stand at 0."""
        least = NOTHING * self.it.joules
        return [name for name in self.supplies if self.came(name) < least]

    @property
    def sells(self) -> bool:
        """Whether anything is sold, maybe out of a battery."""
        return any(self.sold(name) for name in self.supplies)

    def came(self, name: str) -> Fraction:
        """Return the joules that came in by a supply."""
        return self.bought.get(name, self.supplies[name].joules)

    def sold(self, name: str) -> Fraction:
        """Return the joules that left by a supply."""
        return self.came(name) - self.supplies[name].joules

    @property
    def missing(self) -> Fraction:
        """The joules of IT that no supply has counted."""
        return self.it.joules - sum(one.joules for one in self.supplies.values())

    @property
    def is_exact(self) -> bool:
        """Whether the energies are known to the cell, and not only over some stretch."""
        return not self.it.spans and not any(one.spans for one in self.supplies.values())


def dead(
    cells: Mapping[int, Carried],
    steps: Mapping[str, Fraction],
    suns: frozenset[str] = frozenset(),
) -> dict[int, Duty | None]:
    """Return which cells do not count (None), or need not, by either definition.

    `suns` are the supplies that the sun makes. While it shines another may rest, so nobody has to
    count a cell in which all of them are surely less than IT.
    """
    found = at_rest(cells, steps)
    for cell, one in cells.items():
        if one.still and one.sells and suns.issuperset(one.still):
            found[cell] = Duty.MAY
    for cell, duty in fallen(cells, steps, suns).items():
        found[cell] = duty and found.get(cell, duty)
    if suns:
        lacking = [n for n, one in cells.items() if one.missing > (1 - CARRIED) * one.it.joules]
        for cell in _with_neighbours(lacking):
            found.setdefault(cell, Duty.MAY)
    return found


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
        named = _still(surely) | {n for one in surely.values() for n in one.bought if one.sold(n)}
        least = LEAST + STEPS * sum(steps.get(name, Fraction(0)) for name in named)
        if sum(one.missing for one in surely.values()) > 2 * least:
            found.update(dict.fromkeys(surely))
    return found


def _still(cells: Mapping[int, Carried]) -> set[str]:
    return {name for one in cells.values() for name in one.still}


def _with_neighbours(cells: Iterable[int]) -> Iterator[int]:
    """Yield cells and those in which the rest may have begun and ended."""
    for at in cells:
        yield from (at - CELL, at, at + CELL)


FOUND = Fraction(7, 10)
"""A supply was switched off if the others and a fall of IT account for so much of what it drew."""

SURELY = Fraction(6, 10)
"""Below this nobody can take it for one that was switched off, whichever cells are compared."""

HOUR_BEFORE, FEWEST = 12, 6
"""Cells before a fall that are compared, and how many of them have to be known."""

AT_ONCE = Fraction(6, 10)
"""What the sun makes fell at once if it made this share of the usual in the last whole cell."""

SHORTEST = 2
"""Cells. A register of coarse steps may stand still in a single one."""

SHARE = Fraction(1, 10)
"""A supply that carries less than this share may stop without being missed."""


def fallen(
    cells: Mapping[int, Carried],
    steps: Mapping[str, Fraction],
    suns: frozenset[str] = frozenset(),
) -> dict[int, Duty | None]:
    """Return which cells do not count, or need not, as a supply fell to 0 and nothing took over.

    The sun goes down slowly: what it makes fell only if it made the usual until then, and nothing
    is sold, as out of a battery.

    Args:
        cells: in which all supplies and IT count.
        steps: of each supply's register, in joules.
        suns: the supplies that the sun makes.
    """
    found: dict[int, Duty | None] = {}
    for name in {name for one in cells.values() for name in one.supplies}:
        for run in _runs(cells, name):
            account = _accounted(cells, name, run)
            for at in _with_neighbours(run):
                found.setdefault(at, Duty.MAY)
            if account is None or len(run) < SHORTEST:
                continue
            drew, accounted = account
            enough = drew * HOUR_BEFORE > 2 * (LEAST + STEPS * steps.get(name, Fraction(0)))
            exact = all(cells[at].is_exact for at in run)
            at_once = cells[run[0] - 2 * CELL].came(name) >= AT_ONCE * drew
            if name in suns and (not at_once or any(cells[at].sells for at in run)):
                continue
            if enough and exact and accounted < SURELY * drew:
                found.update(dict.fromkeys(run))
    return found


def _runs(cells: Mapping[int, Carried], name: str) -> list[list[int]]:
    """Return the times in which a supply stands at 0, each as its cells."""
    runs: list[list[int]] = []
    for at in sorted(at for at, one in cells.items() if not one.came(name)):
        if runs and runs[-1][-1] == at - CELL:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def _accounted(
    cells: Mapping[int, Carried], name: str, run: list[int]
) -> tuple[Fraction, Fraction] | None:
    """Return what a supply drew in a cell, and how much of that was found again when it stopped.

    None where too little is known, or all of it is of less than a tenth of what comes in.
    """
    times = [run[0] - n * CELL for n in range(2, HOUR_BEFORE + 2)]  # it fell within the one before
    before = [cells[at] for at in times if at in cells and cells[at].is_exact]
    after = [cells[at] for at in run[:HOUR_BEFORE]]
    if len(before) < max(FEWEST, len(times)) or any(not one.came(name) for one in before):
        return None
    drew = _mean(one.came(name) for one in before)
    all_before = _mean(sum(m.joules for m in one.supplies.values()) for one in before)
    all_after = _mean(sum(m.joules for m in one.supplies.values()) for one in after)
    it_before, it_after = (_mean(one.it.joules for one in each) for each in (before, after))
    came_before = _mean(sum(one.came(each) for each in one.supplies) for one in before)
    if drew < SHARE * came_before or not it_before:
        return None
    others = all_after - (all_before - drew)
    return drew, others + all_before / it_before * (it_before - it_after)


def _mean(values: Iterable[Fraction | int]) -> Fraction:
    listed = list(values)
    return Fraction(sum(listed)) / len(listed)
