"""Sum the hours of sites, point by point, when the hours of their meters have changed.

An hour is summed by the inventory of that day and then kept: a rack that comes later changes
nothing in the past.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

from agent.inventory.model import IT_PATH
from agent.ledger.energy import FULL_MASK, HOUR_MS, HourCells, floor_hour
from agent.ledger.exports import TwoWayHour, exported
from agent.ledger.ledger import Ledger
from agent.ledger.set_aside import beyond, set_aside
from agent.ledger.store.blocks import BlockCache
from agent.ledger.store.database import Tables
from agent.ledger.store.hour import HeardHour
from agent.ledger.store.refusals import AT_REST
from agent.ledger.store.site_hours import SiteHour, SiteHourKey
from agent.pue.boundaries import METERED_POINTS, Boundaries
from agent.pue.last_counted import Still
from agent.pue.left_out import LeavingOut, Sums
from agent.pue.periods import local_year
from agent.pue.places import Place
from agent.pue.point_sums import (
    PlaceHour,
    in_service,
    joined,
    sum_even_places,
    sum_told,
    weigh_carbon,
)

_DEPENDENT: Final[Mapping[str, tuple[str, ...]]] = {
    "utility": ("green", "export", "carbon"),
    "renewable": ("green", "export", "carbon"),
    "generator": ("export", "carbon"),
    "cooling": ("bought", "carbon", *IT_PATH),
    "lighting": IT_PATH,
    "other": ("bought", "carbon", *IT_PATH),
}
"""Points whose sums depend on another point's meters.

Cooling metered downstream of an IT meter is subtracted from that IT point.
"""

STORED_POINTS: Final = (*METERED_POINTS, "green", "carbon")
_UNEVEN: Final = ("export", "carbon")
"""Points whose hours are more than a plain sum, so they cannot be summed as even."""

_AT_A_TIME: Final = 4
"""Hours by which a dead meter is judged. Meters that fell together are judged by the same ones, so
each is read once, and not for each meter."""

_BUDGET_SECONDS: Final = 5.0
_TURN_SECONDS: Final = 0.2
"""Seconds that one transaction may keep other writers waiting."""


class HourSummer:
    """Keeps the sums of sites' hours up to date."""

    def __init__(self, ledger: Ledger, boundaries: Boundaries) -> None:
        self._ledger, self._boundaries = ledger, boundaries
        self._blocks = BlockCache()
        self._still: dict[int, Still] = {}

    def refresh(self, *, budget: float = _BUDGET_SECONDS) -> bool:
        """Sum what is out of date, the latest hours first, for at most `budget` seconds.

        Returns False where time ran out before everything was done.
        """
        deadline = time.monotonic() + budget
        while time.monotonic() < deadline:
            turn = time.monotonic() + _TURN_SECONDS
            with self._ledger.store.transaction() as tables:
                self._still.clear()  # another process may have written since
                while time.monotonic() < turn:
                    hour = tables.site_hours.latest_unsummed()
                    if hour is None:
                        return True
                    self._sum_hour(tables, hour)
        return False

    def sum_again(self, site: str, start: int, end: int) -> None:
        """Have the hours between two times summed again, by the inventory as it is now."""
        hours = range(floor_hour(start), end, HOUR_MS)
        with self._ledger.store.transaction() as tables:
            for point in METERED_POINTS:
                tables.site_hours.mark_unsummed(site, point, hours)

    def places_in_hour(
        self, site: str, hour: int, points: Iterable[str]
    ) -> dict[str, list[PlaceHour]]:
        """Return what each place of some points said of an hour, so that it can be summed again."""
        with self._ledger.reader.read() as tables:
            return self._told(tables, site, hour, points)

    def _told(
        self, tables: Tables, site: str, hour: int, points: Iterable[str]
    ) -> dict[str, list[PlaceHour]]:
        wanted = {(site, point): self._places(site, point) for point in points}
        heard = self._load(tables, hour, wanted)
        rows = heard.without(beyond(heard)).cells()
        return {
            point: self._place_hours(tables, SiteHourKey(site, point, hour), places, rows)
            for (_, point), places in wanted.items()
        }

    def _places(self, site: str, point: str) -> tuple[Place, ...]:
        return self._boundaries.by_site[site].places_at(point)

    def _sum_hour(self, tables: Tables, hour: int) -> None:
        """Sum everything of an hour that is out of date."""
        wanted = {
            (site, each): self._places(site, each)
            for site, point in tables.site_hours.unsummed_points(hour)
            if site in self._boundaries.by_site
            for each in (point, *_DEPENDENT.get(point, ()))
        }
        heard = set_aside(tables, hour, self._load(tables, hour, wanted))
        generation = tables.site_hours.new_generation()
        tables.moments.note(generation, self._ledger.retention.time)
        found: Sums = {}
        for (site, point), places in wanted.items():
            key = SiteHourKey(site, point, hour)
            found[key] = self._summed(tables, key, places, heard)
        for site in dict.fromkeys(site for site, _ in wanted):
            left_out = LeavingOut(
                tables,
                self._boundaries.by_site[site],
                hour,
                self._still,
                numbers=self._boundaries.numbers,
                told=lru_cache(_AT_A_TIME)(partial(self._told, tables, site)),
            )
            self._ledger.intake.count({AT_REST: left_out.apply(found)})
        for key, one in found.items():
            self._store(tables, key, one, generation)
        tables.site_hours.mark_summed(hour)

    def _store(
        self, tables: Tables, key: SiteHourKey, found: SiteHour | None, generation: int
    ) -> None:
        """Write a sum, unless an older one was made of hours that are deleted by now."""
        retention = self._ledger.retention
        if found is None:
            kept_since = (
                retention.sealed_before if self._counts(key) else self._kept_since(key.point)
            )
            if key.hour >= kept_since and tables.site_hours.has(key):
                if key.hour < retention.sealed_before:
                    tables.former_hours.keep(key.site, key.hour, STORED_POINTS)
                tables.site_hours.delete(key, STORED_POINTS, generation)
        elif not (
            key.point == "pdu_output"
            and found.silent
            and key.hour < retention.pdus_before
            and tables.site_hours.mask(key) & ~found.mask
        ):
            self._save(tables, key, found, generation)

    def _counts(self, key: SiteHourKey) -> bool:
        """Tell whether any meter of a point was in service in an hour."""
        places = self._places(key.site, key.point)
        return any(place.counted_in(key.hour, key.hour + HOUR_MS) for place in places)

    def _kept_since(self, point: str) -> int:
        """Return from when on the hours of a point's meters are kept; those of PDUs are deleted."""
        return self._ledger.retention.pdus_before if point == "pdu_output" else 0

    def _save(self, tables: Tables, key: SiteHourKey, found: SiteHour, generation: int) -> None:
        """Write a sum; keep that of a settled hour that it replaces, if it is another one."""
        if key.hour < self._ledger.retention.sealed_before:
            if tables.site_hours.holds(key, found):
                return
            tables.former_hours.keep(key.site, key.hour, (key.point,))
        tables.site_hours.save(key, found, generation)

    def _summed(
        self, tables: Tables, key: SiteHourKey, places: tuple[Place, ...], heard: HeardHour
    ) -> SiteHour | None:
        if not places:
            return None
        if heard.is_even and key.point not in _UNEVEN and _all_whole(places, key.hour):
            numbers = self._boundaries.numbers_at(key.site, key.point, places)
            return sum_even_places(places, numbers, heard.sums)
        return sum_told(self._place_hours(tables, key, places, heard.cells()), key.hour)

    def _place_hours(
        self,
        tables: Tables,
        key: SiteHourKey,
        places: Iterable[Place],
        rows: Mapping[int, HourCells],
    ) -> list[PlaceHour]:
        """Return what each place of a point said of an hour, and how it counts.

        Places that were not in service then are left out.
        """
        places = [one for one in places if one.counted_in(key.hour, key.hour + HOUR_MS)]
        if key.point == "export":
            sold = ((place, self._exported(tables, key, place, rows)) for place in places)
            return [PlaceHour(place, cells) for place, cells in sold if cells is not None]
        told = [
            in_service(
                PlaceHour(place, joined(self._boundaries.numbers(key.site, place), rows)), key.hour
            )
            for place in places
        ]
        if key.point == "carbon":
            year = local_year(key.hour, self._boundaries.sites[key.site].zone)
            return [weigh_carbon(one, year) for one in told]
        return told

    def _exported(
        self, tables: Tables, key: SiteHourKey, place: Place, rows: Mapping[int, HourCells]
    ) -> HourCells | None:
        """Return what left the site at a place in an hour; None where nothing can be missing."""
        bought = replace(place, kind="")
        meters = []
        for name in place.names:
            of_name = self._boundaries.numbers(key.site, replace(bought, names=(name,)))
            meters += [
                TwoWayHour(
                    first_read=tables.registers.first_read(number),
                    bought=joined(of_name, rows),
                    sold=rows.get(number),
                )
                for number in self._boundaries.numbers(key.site, replace(place, names=(name,)))
            ]
        return exported(key.hour, meters, joined(self._boundaries.numbers(key.site, bought), rows))

    def _load(
        self, tables: Tables, hour: int, wanted: Mapping[tuple[str, str], tuple[Place, ...]]
    ) -> HeardHour:
        """Return what was heard in an hour from the meters of the points that are wanted."""
        meters: set[int] = set()
        for (site, point), places in wanted.items():
            numbers = self._boundaries.numbers_at(site, point, places)
            for place, of_place in zip(places, numbers, strict=True):
                meters.update(of_place)
                if place.kind:  # of an export also what is bought there
                    meters.update(self._boundaries.numbers(site, replace(place, kind="")))
        known = self._boundaries.known
        return tables.hours.at(hour, meters, known=known, cache=self._blocks)


def _all_whole(places: Iterable[Place], hour: int) -> bool:
    """Tell whether all places count in the whole of an hour."""
    return all(place.cells_in(hour) == FULL_MASK for place in places)
