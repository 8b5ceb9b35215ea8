"""Meters that count from their first reading on, because nobody says since when they are there.

A supply that was there before, and was not metered, would make a better PUE than the true one. So
what it may have taken then is part of the uncertainty, until the inventory states its `since`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agent.ledger.energy import HOUR_MS, floor_hour
from agent.pue.boundary import Boundary
from agent.pue.places import Place
from agent.pue.site_hours import SiteHours

_JUDGED_MS: Final = 7 * 24 * HOUR_MS
"""Milliseconds. What a meter may have taken before its first reading is judged by its first days:
this long."""

_TOLD: Final = 5
"""A note tells at most this many names."""

CoveredSeconds = Callable[[int, int], float]
"""Tells how many seconds between two times, in milliseconds, are covered at both boundaries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beginning:
    """A meter that counts from its first reading on, and its mean power in its first days."""

    name: str
    point: str
    since: int
    watts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What meters may have taken before their first reading, in joules."""

    facility_joules: float = 0.0
    it_joules: float = 0.0
    meters: Sequence[str] = ()

    def notes(self) -> Iterator[str]:
        """Say which meters it is."""
        if self.meters:
            yield (
                f"counted from the first reading on, as no `since` is stated: {_some(self.meters)};"
                " what they may have taken before is in the uncertainty"
            )


class _Change(NamedTuple):
    """A meter that begins or ends to count at a point, at a time in milliseconds."""

    time: int
    point: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of a site's boundary, as long as it stays the same."""

    boundary: Boundary
    beginnings: Sequence[_Beginning]
    began: Sequence[_Change]
    ended: Sequence[_Change]


class Beginnings:
    """Knows such meters of every site."""

    def __init__(self, hours: SiteHours) -> None:
        self._hours = hours
        self._known: dict[str, _Known] = {}

    def before(
        self, boundary: Boundary, it_point: str, start: int, covered: CoveredSeconds
    ) -> Unknown:
        """Return what such meters may have taken in the covered time from `start` on."""
        facility = it = 0.0
        zone = self._hours.sites[boundary.site].zone
        names = []
        for one in self._of(boundary).beginnings:
            is_facility, is_it = one.point in boundary.facility_points, one.point == it_point
            if one.since <= start or not (is_facility or is_it):
                continue
            joules = abs(one.watts) * covered(start, one.since)
            if joules > 0:
                facility += joules * is_facility
                it += joules * is_it
                names.append(f"{one.name} ({_day(one.since, zone)})")
        return Unknown(facility_joules=facility, it_joules=it, meters=names)

    def changes(self, boundary: Boundary, it_point: str, start: int, end: int) -> Iterator[str]:
        """Say which meters began or ended to count between two times, in milliseconds."""
        known, zone = self._of(boundary), self._hours.sites[boundary.site].zone
        points = {*boundary.facility_points, it_point}
        for verb, changes in (("since", known.began), ("until", known.ended)):
            names = [
                f"{one.name} ({verb} {_day(one.time, zone)})"
                for one in changes
                if start < one.time < end and one.point in points
            ]
            if names:
                yield f"not counted all the time: {_some(names)}"

    def _of(self, boundary: Boundary) -> _Known:
        known = self._known.get(boundary.site)
        if known is None or known.boundary is not boundary:
            places = [(point, one) for point, each in boundary.places.items() for one in each]
            first = min((place.since or 0 for _, place in places), default=0)
            known = self._known[boundary.site] = _Known(
                boundary=boundary,
                beginnings=list(self._find(boundary.site, places, first)),
                began=[
                    _Change(place.since, point, place.name)
                    for point, place in places
                    if place.since is not None and place.since >= first + HOUR_MS
                ],
                ended=[
                    _Change(place.until, point, place.name)
                    for point, place in places
                    if place.until is not None
                ],
            )
        return known

    def _find(
        self, site: str, places: Sequence[tuple[str, Place]], first: int
    ) -> Iterator[_Beginning]:
        """Yield such meters that began later than others of the site."""
        for point, place in places:
            if place.is_assumed and place.since is not None and place.since >= first + HOUR_MS:
                yield _Beginning(
                    name=place.name,
                    point=point,
                    since=place.since,
                    watts=place.factor * self._watts(site, place, place.since),
                )

    def _watts(self, site: str, place: Place, since: int) -> float:
        hours = range(floor_hour(since), since + _JUDGED_MS, HOUR_MS)
        joules = covered = 0.0
        with self._hours.ledger.reader.read() as tables:
            for number in self._hours.numbers(site, place):
                for one in tables.hours.load(number, hours).values():
                    joules, covered = joules + one.joules, covered + one.covered
        return joules * 1000.0 / covered if covered else 0.0


def _some(names: Sequence[str]) -> str:
    """Name some of many."""
    more = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def _day(time: int, zone: ZoneInfo) -> str:
    return f"{dt.datetime.fromtimestamp(time / 1000, zone):%Y-%m-%d}"
