"""The boundary of every site, kept up to date with the inventory and the meters that are heard."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from agent.inventory.model import POINTS, Inventory, Site
from agent.ledger.energy import HOUR_MS
from agent.ledger.ledger import Ledger
from agent.ledger.limits import Limits
from agent.ledger.meters import MeterKey
from agent.ledger.store.meters import MeterRow
from agent.pue.boundary import Boundary, boundary_of
from agent.pue.listing import Listed, boundary_at, listed
from agent.pue.places import Place

METERED_POINTS: Final = (*POINTS, "bought", "export")
"""The points that have meters of their own."""

_OWN_NAMES: Final = ("export", "water")
"""Kinds of meter that share their name with one of energy: they are other registers of a device."""


class _Numbers(NamedTuple):
    """The numbers of the meters at some places."""

    places: tuple[Place, ...]
    by_place: list[list[int]]


class Boundaries:
    """Each site's boundary, and the numbers that its meters have in the ledger."""

    def __init__(
        self, ledger: Ledger, inventory: Inventory, clock: Callable[[], float] = time.time
    ) -> None:
        self._ledger, self._inventory, self._clock = ledger, inventory, clock
        self.by_site: dict[str, Boundary] = {}
        self.known = -1
        """How many meters the ledger had heard of at the last refresh."""
        self._heard: Mapping[int, int] = {}
        self._heard_change = -1
        self._listed_at: int | None = self._now()
        self._rows: dict[int, MeterRow] = {}
        self._numbers: dict[MeterKey, list[int]] = {}
        self._numbers_at: dict[tuple[str, str], _Numbers] = {}

    @property
    def sites(self) -> Mapping[str, Site]:
        """The sites there are: the inventory's, or if it lists none, those that meters name.

        The latter are in the hub's zone.
        """
        if self._inventory.sites:
            return self._inventory.sites
        names = sorted({row.site for row in self._ledger.queries.meters()})
        zone = self._inventory.timezone
        return {name: Site(site=name, timezone=zone) for name in names if name}

    def refresh(self, *, mark: bool = True) -> bool:
        """Work the boundaries out again if a meter is heard for the first time; tell whether so.

        If `mark`, what the inventory lists is recorded, and hours are summed again where a point
        has changed: the recent ones, and those in which another meter counts than before.
        """
        with self._ledger.store.read() as tables:
            count, change = tables.meters.count(), tables.changes.number("heard")
            if (count, change) == (self.known, self._heard_change):
                return False
            known = tables.meters.all()
            self._heard = tables.heard.all()
            past = {site: tables.listed_places.of_site(site) for site in self.sites}
        self._numbers = {}
        self._numbers_at.clear()
        self._rows = {row.id: row for row in known}
        for row in known:
            kind = row.kind if row.kind in _OWN_NAMES else ""
            self._numbers.setdefault(MeterKey(row.site, row.name, kind), []).append(row.id)
        # What this inventory lists, it has listed since it was loaded.
        now = self._now() if self._listed_at is None else self._listed_at
        found = {
            name: listed(
                boundary_of(site, self._inventory, known),
                past[name],
                partial(self._first_heard, name),
                now,
            )
            for name, site in self.sites.items()
        }
        self.by_site.update({name: one.boundary for name, one in found.items()})
        if mark:
            self._record(found)
            self._mark_changed()
            self._listed_at = None
        self.known, self._heard_change = count, change
        return True

    def take_as_listed(self, time: int) -> None:
        """Take the boundaries as the inventory listed them at a time, in milliseconds."""
        with self._ledger.reader.read() as tables:
            for name, site in self.sites.items():
                rows = tables.listed_places.of_site(name)
                self.by_site[name] = boundary_at(site, rows, time)
        self._numbers_at.clear()

    def _now(self) -> int:
        return round(self._clock() * 1000)

    def _first_heard(self, site: str, place: Place) -> int | None:
        """Return when the first meter at a place was first heard, in milliseconds."""
        times = (self._heard.get(number) for number in self.numbers(site, place))
        return min((time for time in times if time is not None), default=None)

    def _record(self, found: Mapping[str, Listed]) -> None:
        """Store what is listed, and have hours summed again in which other meters count now."""
        with self._ledger.store.transaction() as tables:
            for site, one in found.items():
                tables.listed_places.save(one.rows)
                for point, start, end in one.moved:
                    hours = tables.site_hours.hours_of(site, point, start, end)
                    tables.site_hours.mark_unsummed(site, point, hours)

    def _mark_changed(self) -> None:
        """Have the recent hours of points summed again whose meters are others than before."""
        hours = range(self._ledger.retention.sealed_before, self._now(), HOUR_MS)
        with self._ledger.store.transaction() as tables:
            for site, boundary in self.by_site.items():
                for point in METERED_POINTS:
                    places = boundary.places.get(point, ())
                    digest = _digest(places, is_judged=not boundary.has_battery)
                    if tables.sites.change_boundary(site, point, digest):
                        tables.site_hours.mark_unsummed(site, point, hours)

    def numbers(self, site: str, place: Place) -> list[int]:
        """Return the ledger's numbers of the meters at a place, the newest first."""
        return [
            number
            for name in place.names
            for number in self._numbers.get(MeterKey(site, name, place.kind), ())
        ]

    def numbers_at(self, site: str, point: str, places: tuple[Place, ...]) -> list[list[int]]:
        """Return the numbers of the meters at each place of a point, from memory."""
        known = self._numbers_at.get((site, point))
        if known is None or known.places != places:
            found = [self.numbers(site, place) for place in places]
            known = self._numbers_at[site, point] = _Numbers(places, found)
        return known.by_place

    def limits(self, number: int) -> Limits:
        """Return what a meter can show."""
        row = self._rows[number]
        return self._ledger.intake.limits(MeterKey(row.site, row.name, row.kind))


def _digest(places: Iterable[Place], *, is_judged: bool) -> str:
    """Return a digest of everything about the places of a point that changes its sums."""
    text = f"[{', '.join(place.digest_text() for place in places)}]"
    if not is_judged:  # whether a supply may rest
        text += " battery"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
