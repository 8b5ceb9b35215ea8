"""The sum of one point of a site in one hour, over the meters of its places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import add

from agent.ledger.energy import CELL_MS, CELLS, FULL_MASK, HourCells
from agent.ledger.store.blocks import HourSum
from agent.ledger.store.site_hours import SiteHour
from agent.pue.model import JOULES_PER_KWH
from agent.pue.places import Place
from agent.pue.uncertainty import integration_variance


@dataclass(frozen=True, slots=True)
class PlaceHour:
    """What a place said of an hour, and how it counts; `cells` is None where nothing is kept."""

    place: Place
    cells: HourCells | None


def sum_places(hours: Iterable[tuple[PlaceHour, bool]]) -> SiteHour | None:
    """Add up the places of a point, each with whether a register counted it.

    None where not one of them was heard. A cell is covered where it is in every place.
    """
    mask, meters, silent = FULL_MASK, 0, 0
    joules = [0.0] * CELLS
    energy = weighted = variance = 0.0
    for hour, by_register in hours:
        meters += 1
        cells, place = hour.cells, hour.place
        if cells is None:
            silent += 1
            mask = 0
            continue
        mask &= cells.mask
        values = [value * place.factor for value in cells.joules]
        joules = list(map(add, joules, values))
        total = sum(values)
        energy += total
        weighted += abs(total) * place.accuracy  # the error of what is subtracted adds as well
        if not by_register:
            variance += integration_variance(values, cells.mask)
    if silent == meters:
        return None
    accuracy = weighted / abs(energy) if energy else 0.0
    return SiteHour(mask, tuple(joules), accuracy, meters, silent, variance)


def sum_even_places(
    places: tuple[Place, ...], numbers: Iterable[list[int]], sums: Mapping[int, HourSum]
) -> SiteHour | None:
    """Add up an hour that is even in every meter.

    It says the same as `sum_places`, at a tenth of the cost. Years of bills are like this.
    """
    silent = 0
    energy = weighted = 0.0
    for place, of_place in zip(places, numbers, strict=True):
        joules = next((sums[number].joules for number in of_place if number in sums), None)
        if joules is None:
            silent += 1
            continue
        joules *= place.factor
        energy += joules
        weighted += abs(joules) * place.accuracy
    if silent == len(places):
        return None
    accuracy = weighted / abs(energy) if energy else 0.0
    mask = 0 if silent else FULL_MASK
    return SiteHour(mask, (energy / CELLS,) * CELLS, accuracy, len(places), silent)


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
    found = HourCells(newer.joules, newer.covered)
    for n in range(CELLS):
        if newer.covered[n] >= CELL_MS:
            continue
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
