"""The sum of one point of a site in one hour, over the meters of its places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import add

from agent.ledger.energy import CELL_MS, CELLS, FULL_MASK, JOULES_PER_KWH, HourCells
from agent.ledger.store.blocks import HourSum
from agent.ledger.store.site_hours import SiteHour
from agent.pue.class_errors import ClassErrors
from agent.pue.places import Place


@dataclass(frozen=True, slots=True)
class PlaceHour:
    """What a place said of an hour, and how it counts; `cells` is None where nothing is kept."""

    place: Place
    cells: HourCells | None


def in_service(hour: PlaceHour, start: int) -> PlaceHour:
    """Return what a place said of the hour that begins at `start`, as far as it is in service.

    In the cells before and after, it adds nothing, and nothing of it is missing.
    """
    counted = hour.place.cells_in(start)
    if counted == FULL_MASK:
        return hour
    cells = HourCells() if hour.cells is None else HourCells(hour.cells.joules, hour.cells.covered)
    cells.replace_cells(HourCells.uniform(0.0), FULL_MASK & ~counted)
    return PlaceHour(hour.place, cells)


def sum_places(hours: Iterable[PlaceHour]) -> SiteHour | None:
    """Add up the places of a point.

    None where not one of them was heard. A cell is covered where it is in every place.
    """
    mask, meters, silent = FULL_MASK, 0, 0
    joules = [0.0] * CELLS
    thinned: list[float] = []
    repeats = 1.0
    energies: list[tuple[Place, float]] = []
    for hour in hours:
        meters += 1
        cells, place = hour.cells, hour.place
        if cells is None:
            silent += 1
            mask = 0
            continue
        mask &= cells.mask
        values = [value * place.factor for value in cells.joules]
        joules = list(map(add, joules, values))
        energies.append((place, sum(values)))
        if cells.thinned:
            values = [value * place.factor for value in cells.thinned]
            thinned = list(map(add, thinned, values)) if thinned else values
            repeats = max(repeats, cells.repeats)
    if silent == meters:
        return None
    errors = ClassErrors.of(energies)
    return SiteHour(
        mask,
        tuple(joules),
        errors.common_percent,
        meters,
        silent,
        own=errors.own_percent,
        thinned=tuple(thinned),
        repeats=repeats,
    )


def sum_told(told: Sequence[PlaceHour], hour: int) -> SiteHour | None:
    """Add up the places of a point, in the cells of an hour in which any of them is in service."""
    found = sum_places(told)
    if found is None:
        return None
    mask = 0
    for one in told:
        mask |= one.place.cells_in(hour)
        if mask == FULL_MASK:
            break
    return found._replace(mask=found.mask & mask)


def sum_even_places(
    places: tuple[Place, ...], numbers: Iterable[list[int]], sums: Mapping[int, HourSum]
) -> SiteHour | None:
    """Add up an hour that is even in every meter.

    It says the same as `sum_places`, at a tenth of the cost. Years of bills are like this.
    """
    silent = 0
    energies: list[tuple[Place, float]] = []
    for place, of_place in zip(places, numbers, strict=True):
        joules = next((sums[number].joules for number in of_place if number in sums), None)
        if joules is None:
            silent += 1
            continue
        energies.append((place, joules * place.factor))
    if silent == len(places):
        return None
    mask = 0 if silent else FULL_MASK
    errors = ClassErrors.of(energies)
    return SiteHour(
        mask,
        (errors.joules / CELLS,) * CELLS,
        errors.common_percent,
        len(places),
        silent,
        own=errors.own_percent,
    )


def joined(numbers: Iterable[int], rows: Mapping[int, HourCells]) -> HourCells | None:
    """Return a place's hour from the meters that hung there, the newest first.

    Where a meter was replaced within the hour, these are the new one's cells and then the old
    one's.
    """
    found: HourCells | None = None
    for number in numbers:
        cells = rows.get(number)
        if cells is not None:
            found = cells if found is None else _joined(found, cells)
    return found


def _joined(newer: HourCells, older: HourCells) -> HourCells:
    found = HourCells(newer.joules, newer.covered, newer.thinned, newer.repeats)
    if older.thinned and not found.thinned:
        found.thinned, found.repeats = [0.0] * CELLS, older.repeats
    for n in range(CELLS):
        if newer.covered[n] >= CELL_MS:
            continue
        if older.thinned:
            found.thinned[n] += older.thinned[n]
        if older.covered[n] >= CELL_MS:
            found.joules[n], found.covered[n] = older.joules[n], older.covered[n]
        else:
            found.joules[n] += older.joules[n]
            found.covered[n] = min(CELL_MS, found.covered[n] + older.covered[n])
    return found


def weigh_carbon(hour: PlaceHour, year: int) -> PlaceHour:
    """Weigh a supply by its carbon, in kilograms a joule.

    Energy without an emission factor counts as not covered. An hour with no energy needs none.
    """
    emission = hour.place.emission(year)
    if emission is None:
        unknown = hour.cells is not None and any(hour.cells.joules)
        return PlaceHour(replace(hour.place, factor=0.0), None if unknown else hour.cells)
    factor = hour.place.share * emission.kilograms_per_kilowatt_hour / JOULES_PER_KWH
    return PlaceHour(replace(hour.place, factor=factor), hour.cells)
