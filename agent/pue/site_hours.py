"""A site's hours: the energy at each of its points, cell by cell, where every meter was heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from agent.inventory.model import Inventory, Site
from agent.ledger.energy import floor_hour
from agent.ledger.ledger import Ledger
from agent.ledger.limits import Limits
from agent.ledger.store.former_hours import AsOf
from agent.ledger.store.refusals import RestedHour
from agent.ledger.store.site_hours import ChangedHour, SiteHour
from agent.ledger.stretches import CountedTime
from agent.pue.boundaries import Boundaries
from agent.pue.boundary import Boundary
from agent.pue.edges import SHORT_MS, Edges
from agent.pue.listing import places_at
from agent.pue.periods import local_year
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour
from agent.pue.register_doubts import RegisterDoubts
from agent.pue.summing import STORED_POINTS, HourSummer
from agent.pue.uncertainty import RegisterDoubt


class SiteHours:
    """Reads the sums of sites' hours, and keeps them up to date."""

    def __init__(
        self,
        ledger: Ledger,
        inventory: Inventory,
        *,
        clock: Callable[[], float] = time.time,
        as_of: AsOf | None = None,
    ) -> None:
        self.ledger = ledger
        self._as_of = as_of
        self._boundaries = Boundaries(ledger, inventory, clock)
        self._doubts = RegisterDoubts(ledger, self._boundaries)
        self._edges = Edges(ledger, self._boundaries)
        self._summer = HourSummer(ledger, self._boundaries)

    @property
    def sites(self) -> Mapping[str, Site]:
        """The sites there are: the inventory's, or without one those that meters name."""
        return self._boundaries.sites

    @property
    def boundaries(self) -> Mapping[str, Boundary]:
        """The boundary of every site."""
        return self._boundaries.by_site

    def refresh(self) -> bool:
        """Sum what is out of date, the latest hours first; return False where there is more."""
        changed = self._boundaries.refresh()
        self._doubts.refresh(boundaries_changed=changed)
        self._edges.forget()
        is_done = self._summer.refresh()
        self._doubts.follow_sums()
        return is_done

    def take_as_summed(self) -> None:
        """Work the boundaries out, and take the hours as they were summed before.

        Nothing is written, so that a file can be read that must not change.
        """
        changed = self._boundaries.refresh(mark=False)
        if self._as_of is not None:
            self._boundaries.take_as_listed(self._as_of.time)
        self._doubts.refresh(boundaries_changed=changed)

    def rests(self, start: int) -> list[RestedHour]:
        """Return the hours since a time in which a meter stood at 0 and could not."""
        with self.ledger.reader.read() as tables:
            return tables.refusals.rests(start)

    def sum_again(self, site: str, start: int, end: int) -> None:
        """Have the hours between two times (milliseconds) summed again by the inventory of now."""
        self._summer.sum_again(site, start, end)

    def numbers(self, site: str, place: Place) -> list[int]:
        """Return the ledger's numbers of the meters at a place, the newest first."""
        return self._boundaries.numbers(site, place)

    def limits(self, number: int) -> Limits:
        """Return what a meter can show."""
        return self._boundaries.limits(number)

    def doubt(
        self, site: str, points: tuple[str, ...], start: int, end: int, counted: CountedTime | None
    ) -> RegisterDoubt:
        """Return what registers make uncertain of the energy at some points over a window.

        `counted` tells how much of a stretch of time counts; None where all of the window does.
        """
        found = self._doubts.at(site, points, start, end, counted)
        if end - start > SHORT_MS:
            return found
        return replace(found, cut=found.cut + self._edges.limit(site, points, start, end))

    def places_in_hour(
        self, site: str, hour: int, points: Iterable[str]
    ) -> dict[str, list[PlaceHour]]:
        """Return what each place of some points said of an hour, by point."""
        return self._summer.places_in_hour(site, hour, points)

    def hour(self, site: str, hour: int) -> dict[str, SiteHour]:
        """Return one hour of a site, by point."""
        return self.hours(site, hour, hour + 1).get(hour, {})

    def hours(self, site: str, start: int, end: int) -> dict[int, dict[str, SiteHour]]:
        """Return a site's hours that begin between two times (milliseconds), by hour and point."""
        with self.ledger.reader.read() as tables:
            if self._as_of is not None:
                return tables.former_hours.between(site, STORED_POINTS, start, end, self._as_of)
            return tables.site_hours.between(site, STORED_POINTS, start, end)

    def first_hour(self, site: str) -> int | None:
        """Return the oldest hour of a site, in milliseconds; None where the ledger has none."""
        with self.ledger.reader.read() as tables:
            return tables.site_hours.first_hour(site, STORED_POINTS)

    def changed(self, generation: int | None) -> tuple[int, set[ChangedHour]]:
        """Return the present generation, and the hours written since another by any process.

        Who has read nothing yet gives None, and has missed nothing.
        """
        with self.ledger.reader.read() as tables:
            if generation is None:
                return tables.site_hours.last_generation(), set()
            return tables.site_hours.changed_since(generation)

    def count_unsummed(self, start: float, end: float) -> int:
        """Return how many hours between two times (seconds) are missing, as they wait for a sum."""
        with self.ledger.reader.read() as tables:
            return tables.site_hours.count_unsummed(round(start * 1000), round(end * 1000))

    def totals(self, site: str) -> dict[str, float]:
        """Return the energy of each point since the ledger began, over its covered time."""
        with self.ledger.reader.read() as tables:
            return tables.site_hours.totals(site)

    def total(self, site: str, point: str, start: int, end: int) -> float:
        """Return the energy of one point over the hours between two times."""
        with self.ledger.reader.read() as tables:
            return tables.site_hours.total(site, point, start, end)

    def uneven(self, site: str, points: Sequence[str]) -> list[int]:
        """Return the hours in which not all of some points were heard in the same cells."""
        with self.ledger.reader.read() as tables:
            return tables.site_hours.uneven(site, points)

    def carbon_basis(self, site: str, start: int, end: int) -> str:
        """Say how the carbon of a site's supplies is reckoned in the years of a window.

        It is location, market, or both where supplies differ.
        """
        zone = self.sites[site].zone
        years = range(local_year(start, zone), local_year(max(start, end - 1), zone) + 1)
        supplies = (
            place
            for place in self.boundaries[site].places_at("carbon")
            if not place.is_own_renewable
        )
        emissions = (place.emission(year) for place in supplies for year in years)
        return " and ".join(sorted({one.basis for one in emissions if one is not None}))

    def silent(self, site: str, start: int, end: int) -> dict[str, list[str]]:
        """Name, by point, the meters that were not heard at all between two hours."""
        with self.ledger.reader.read() as tables:
            heard = tables.hours.heard(floor_hour(start), end)
        found = {
            point: [
                place.name
                for place in places
                if self._is_due(site, place, start, end)
                and heard.isdisjoint(self.numbers(site, place))
            ]
            for point, places in self.boundaries[site].places.items()
        }
        return {point: names for point, names in found.items() if names}

    def listed_at(self, site: str, time: int) -> list[tuple[str, Place]]:
        """Return the places that were listed at a time (milliseconds), with their points."""
        with self.ledger.reader.read() as tables:
            return list(places_at(tables.listed_places.of_site(site), time))

    def first_read(self, site: str, place: Place) -> int | None:
        """Return when a register at a place was first read, in milliseconds; None if never."""
        with self.ledger.reader.read() as tables:
            times = [tables.registers.first_read(number) for number in self.numbers(site, place)]
        return min((time for time in times if time is not None), default=None)

    def _is_due(self, site: str, place: Place, start: int, end: int) -> bool:
        """Tell whether a place must have been heard between two times.

        An export register need not be heard before its first reading.
        """
        if place.kind != "export" or not place.counted_in(start, end):
            return place.counted_in(start, end)
        first = self.first_read(site, place)
        return first is not None and first < end
