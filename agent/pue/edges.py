"""How uncertain a short window is because its edges lie between two readings.

The load may change between the two readings, and it is not known when. So the more the two readings
differ, the less is known of the energy on either side of the edge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from agent.ledger.energy import (
    CELL_MS,
    CELLS,
    ENERGY,
    HOUR_MS,
    POWER,
    HourCells,
    TimedValue,
    floor_hour,
)
from agent.ledger.ledger import Ledger
from agent.ledger.power_doubts import half_jump, is_jump, most_untold
from agent.ledger.store.database import Tables
from agent.ledger.store.hour import StoredHour
from agent.pue.boundaries import Boundaries
from agent.pue.periods import DAY_MS

SHORT_MS: Final = DAY_MS
"""Milliseconds. In a longer window, the energy between two readings does not matter."""

_BRIEF_MS: Final = DAY_MS // 2
"""Milliseconds. In a longer window, an edge whose readings are deleted does not matter."""

_BESIDE: Final = 2

_FOREVER: Final = 1 << 62

_ALIKE: Final = 1e-9
"""Relative difference up to which two cells are parts of one row."""


class Edges:
    """Limits of error at the edges of windows, from kept readings, imported rows or kept cells."""

    def __init__(self, ledger: Ledger, boundaries: Boundaries) -> None:
        self._ledger, self._boundaries = ledger, boundaries
        self._known: dict[tuple[int, int, bool], float] = {}

    def forget(self) -> None:
        """Forget what was worked out: other readings may have come."""
        self._known.clear()

    def limit(self, site: str, points: Sequence[str], start: int, end: int) -> float:
        """Return by how many joules the energy of a window at some points may be wrong.

        Single PDUs are left out: there are many, and their loads do not change at once.
        """
        places = self._boundaries.by_site[site].places
        meters = [
            (number, place.factor)
            for point in points
            for place in places.get(point, ())
            for number in self._boundaries.numbers(site, place)
            if not self._boundaries.limits(number).is_one_of_many
        ]
        is_brief = end - start <= _BRIEF_MS
        with self._ledger.reader.read() as tables:
            return sum(
                together(
                    [
                        factor * self._at(tables, number, edge, is_brief=is_brief)
                        for number, factor in meters
                    ]
                )
                for edge in (start, end)
            )

    def _at(self, tables: Tables, meter: int, edge: int, *, is_brief: bool) -> float:
        asked = (meter, edge, is_brief)
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = _limit(tables, meter, edge, is_brief=is_brief)
        return known


def _limit(tables: Tables, meter: int, edge: int, *, is_brief: bool) -> float:
    """Return the larger of what register and power leave open: power may share out the register.

    Of a window that `is_brief`, the cells tell it where the readings are deleted.
    """
    register, power = (
        tables.readings.between(meter, quantity, edge, edge, beyond=_BESIDE)
        for quantity in (ENERGY, POWER)
    )
    found = [
        cut_of_register(register, edge),
        cut_of_power(power, edge, are_told=not register),
        _cut_of_imported(tables, meter, edge),
    ]
    if is_brief and not (_reach(register, edge) or _reach(power, edge)):
        found.append(_cut_of_old(tables, meter, edge))
    return max(found, key=abs)


def _reach(readings: Sequence[TimedValue], edge: int) -> bool:
    """Tell whether there are readings on both sides of an edge."""
    return bool(readings) and readings[0].time <= edge <= readings[-1].time


def _cut_of_imported(tables: Tables, meter: int, edge: int) -> float:
    """Return the limit of error, in joules, of an edge within an hour that was imported."""
    hour = floor_hour(edge)
    if hour == edge:
        return 0.0
    hours = (hour - HOUR_MS, hour, hour + HOUR_MS)
    stored = tables.hours.load(meter, hours)
    if hour not in stored or not _is_of_rows(tables, meter, hour, stored[hour]):
        return 0.0
    cells = _cells({one: found.cells() for one, found in stored.items()}, hours)
    return cut_of_cells(cells, CELLS + (edge - hour) // CELL_MS)


def _cells(known: Mapping[int, HourCells], hours: Sequence[int]) -> list[float | None]:
    """Return the joules of the cells of some hours, and None of those that are not covered."""
    found = [known.get(hour, HourCells()) for hour in hours]
    return [
        joules if covered == CELL_MS else None
        for one in found
        for joules, covered in zip(one.joules, one.covered, strict=True)
    ]


def _cut_of_old(tables: Tables, meter: int, edge: int) -> float:
    """Return the limit of error, in joules, of an edge whose readings are deleted.

    They came as often as the newest ones do, as far as anybody knows.
    """
    register, power = (
        tables.readings.before(meter, quantity, _FOREVER) for quantity in (ENERGY, POWER)
    )
    latest = register or power
    hour = floor_hour(edge)
    hours = (hour - HOUR_MS, hour, hour + HOUR_MS)
    stored = tables.hours.load(meter, hours)
    if latest is None or latest.time < edge or any(one.imported for one in stored.values()):
        return 0.0
    return cut_of_old_cells(
        _cells(tables.hours.kept_cells(meter, stored), hours),
        CELLS + (edge - hour) // CELL_MS,
        latest.interval,
        counts=register is not None,
    )


def cut_of_old_cells(
    cells: Sequence[float | None], edge: int, interval: int, *, counts: bool
) -> float:
    """Return the limit of error, in joules, of an edge before a cell; below 0 where it fell.

    The edge may have been anywhere between two readings, which are `interval` milliseconds apart.
    The cells of two intervals on either side tell how much the load changed. Of a register that
    `counts`, the middle between two readings is the worst. Of power, what is more than
    `most_untold` is stored as a doubt.
    """
    reach = min(CELLS, -(-_BESIDE * interval // CELL_MS))
    watts = [
        one * 1000.0 / CELL_MS for one in cells[edge - reach : edge + reach] if one is not None
    ]
    if not watts:
        return 0.0
    changed = (max(watts) - min(watts)) * interval / 1000.0
    joules = changed / 4.0 if counts else min(changed / 2.0, most_untold(max(watts)))
    return math.copysign(joules, watts[-1] - watts[0])


def together(cuts: Sequence[float]) -> float:
    """Return the limit of error of several meters, each with its own, above 0 where it rose.

    Loads that change at once add up. Those of many meters that change each for itself add up by
    squares.
    """
    return max(abs(sum(cuts)), math.sqrt(sum(one * one for one in cuts)))


def cut_of_power(readings: Sequence[TimedValue], edge: int, *, are_told: bool = False) -> float:
    """Return the limit of error, in joules, of power around an edge; below 0 where it fell.

    The load may have changed at either end of the time between two readings. If jumps between two
    readings `are_told`, as doubts that are stored, those that the edge cuts are left out.
    """
    found = 0.0
    for before, after in pairwise(readings):
        joules = half_jump(before, after)
        is_stored = before.time < edge < after.time and is_jump(before, after, joules)
        if before.time <= edge <= after.time and not (are_told and is_stored):
            found = max(found, math.copysign(joules, after.value - before.value), key=abs)
    return found


def cut_of_register(readings: Sequence[TimedValue], edge: int) -> float:
    """Return the limit of error, in joules, of a register around an edge; below 0 where it fell.

    What it counted between two readings is exact. Which part of it was before the edge depends on
    how the load changed.
    """
    rates = []
    length = before_edge = 0
    for before, after in pairwise(readings):
        if after.value < before.value:
            return 0.0  # it was reset, or wrapped: that is judged elsewhere
        rates.append((after.value - before.value) / (after.time - before.time))
        if before.time < edge < after.time:
            length, before_edge = after.time - before.time, edge - before.time
    if not length:
        return 0.0
    changed = math.copysign(max(rates) - min(rates), rates[-1] - rates[0])
    return changed * before_edge * (length - before_edge) / length


def _is_of_rows(tables: Tables, meter: int, hour: int, stored: StoredHour) -> bool:
    """Tell whether an hour was imported: its cells are, or only its sum is known."""
    if stored.data is not None:
        return bool(stored.imported)
    return not tables.hours.old_cells.between(meter, {hour: stored.joules})


def cut_of_cells(cells: Sequence[float | None], edge: int) -> float:
    """Return the limit of error, in joules, of an edge before a cell; below 0 where it fell.

    The cells are those of three hours, and the edge is in the second one. A row of a file is laid
    out evenly over its cells, so what is alike may be one row, of which only the total is known.
    """
    length = _row_of(cells[CELLS : 2 * CELLS])
    before_edge = (edge - CELLS) % length
    row = cells[edge - before_edge]
    if not before_edge or row is None:
        return 0.0
    first, after_edge = edge - before_edge, length - before_edge
    rates = [one for one in (cells[first - 1], row, cells[edge + after_edge]) if one is not None]
    changed = math.copysign(max(rates) - min(rates), rates[-1] - rates[0])
    return changed * before_edge * after_edge / length


def _row_of(cells: Sequence[float | None]) -> int:
    """Return the cells of a row of an hour: as many as are alike at the least, of equal rows."""
    lengths = [1]
    for one, other in pairwise(cells):
        if one is not None and other is not None and math.isclose(one, other, rel_tol=_ALIKE):
            lengths[-1] += 1
        else:
            lengths.append(1)
    return math.gcd(*lengths)
