"""From when until when each place of a site counts, and what was listed there before.

The ledger records what the inventory lists, with the time. So a meter that is added takes nothing
of the past away, a meter that is removed still counts in the past, and a meter that is listed and
silent is missing from the time it was listed on. docs/kpis.md has the rules.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from agent.inventory.model import IT_POINTS, Emission, Site
from agent.ledger.energy import CELL_MS
from agent.ledger.store.listed_places import ListedPlace
from agent.pue.boundary import Boundary, method_of
from agent.pue.places import Place

_DERIVED: Final = ("is_assumed",)
"""Fields of a place that are no part of what the inventory says."""

FirstHeard = Callable[[Place], int | None]
"""Tells when a place was first heard, in milliseconds; None where it never was."""


class Moved(NamedTuple):
    """A point of which hours between two times must be summed again; None is the first hour."""

    point: str
    start: int | None
    end: int | None


class _At(NamedTuple):
    """A meter at a point."""

    point: str
    name: str


class _Service(NamedTuple):
    """Since when a place counts, and whether nobody knows if it was there before."""

    since: int | None
    is_assumed: bool = False


@dataclass(slots=True, kw_only=True)
class Listed:
    """A site's boundary with the time in which each of its places counts.

    `rows` are to be stored. Hours of `moved` must be summed again.
    """

    boundary: Boundary
    rows: list[ListedPlace] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)


def listed(
    boundary: Boundary, past: Sequence[ListedPlace], first_heard: FirstHeard, now: int
) -> Listed:
    """Compare what the inventory lists with what it has listed so far, at a time."""
    return _Listing(boundary, past, first_heard, now).listed()


class _Listing:
    """What one site lists, while it is compared with what it has listed so far."""

    def __init__(
        self, boundary: Boundary, past: Sequence[ListedPlace], first_heard: FirstHeard, now: int
    ) -> None:
        self._boundary, self._first_heard, self._now = boundary, first_heard, now
        self._past: Mapping[_At, list[ListedPlace]] = defaultdict(list)
        for row in past:
            self._past[_At(row.point, row.name)].append(row)
        self._began = min((row.listed for row in past), default=now)
        self._points_of: dict[str, list[_At]] = defaultdict(list)
        for at in self._past:
            self._points_of[at.name].append(at)
        self._first_listed = dict(self._when_first_listed())
        self._now_at: dict[str, list[_At]] = defaultdict(list)
        for at in self._first_listed:
            self._now_at[at.name].append(at)
        self._found = Listed(boundary=boundary)

    def listed(self) -> Listed:
        places = {
            point: tuple(self._present(point, place) for place in each)
            for point, each in self._boundary.places.items()
        }
        for at, rows in self._past.items():
            if at not in self._first_listed:
                former = self._former(at, rows)
                if former is not None:
                    places[at.point] = (*places.get(at.point, ()), former)
        # A point that has become incomplete stays where IT energy was taken; it is not covered.
        candidates = tuple(
            point
            for point in IT_POINTS
            if point in self._boundary.it_candidates
            or (point in self._boundary.incomplete and places.get(point))
        )
        self._found.boundary = replace(self._boundary, places=places, it_candidates=candidates)
        return self._found

    def _when_first_listed(self) -> Iterator[tuple[_At, int]]:
        """Yield each meter that is listed now, with the time when it was first listed there."""
        for point, each in self._boundary.places.items():
            for place in each:
                rows = [row for name in place.names for row in self._past.get(_At(point, name), ())]
                first = min((row.listed for row in rows), default=self._now)
                for name in place.names:
                    yield _At(point, name), first

    def _present(self, point: str, place: Place) -> Place:
        """Return a place that is listed now, with the time since when it counts."""
        rows = [row for name in place.names for row in self._past.get(_At(point, name), ())]
        since, is_assumed = self._service(point, place)
        self._store(point, place, since)
        last = (self._past.get(_At(point, place.name)) or rows)[-1:]
        if last and last[0].since != since:
            self._moved(point, last[0].since, since)
        elif not last and self._past and since is not None and since < self._now:
            self._moved(point, since, self._now)  # it was heard, or is stated, before it is listed
        return replace(place, since=since, is_assumed=is_assumed)

    def _service(self, point: str, place: Place) -> _Service:
        """Return since when a place counts.

        It is what the inventory states, or else its first reading; at the latest, it is when it was
        listed. Of what the ledger has found listed when it began, nobody knows since when it is.
        """
        if place.since is not None or place.kind == "export":
            return _Service(place.since)
        listed_at = self._first_listed[_At(point, place.name)]
        elsewhere = self._left_elsewhere(place, listed_at)
        if elsewhere is not None:
            return _Service(elsewhere)
        heard = self._first_heard(place)
        if heard is not None:
            first = heard - heard % CELL_MS
            if not place.is_listed:
                return _Service(first)
            if heard <= listed_at:
                return _Service(first, is_assumed=heard < listed_at)
        return _Service(None if listed_at <= self._began else listed_at)

    def _left_elsewhere(self, place: Place, listed_at: int) -> int | None:
        """Return until when a meter counted at another point before it came to this one."""
        times = [
            self._now if row.gone is None else row.gone
            for name in place.names
            for at in self._points_of.get(name, ())
            if at not in self._first_listed
            for row in self._past[at]
            if row.listed < listed_at
        ]
        return max(times, default=None)

    def _store(self, point: str, place: Place, since: int | None) -> None:
        """Have a place recorded, if it is new or its content has changed."""
        content = _content(place)
        rows = self._past.get(_At(point, place.name), ())
        last = rows[-1] if rows and rows[-1].gone is None else None
        if last is not None and last.content == content:
            if last.since != since:
                self._found.rows.append(last._replace(since=since))
            return
        if last is not None:
            self._found.rows.append(last._replace(gone=self._now))
        self._found.rows.append(
            ListedPlace(self._boundary.site, point, place.name, self._now, None, since, content)
        )

    def _former(self, at: _At, rows: Sequence[ListedPlace]) -> Place | None:
        """Return a place that is not listed any more; it counts until it was removed.

        None for a meter that stood at its present point before: it was here by mistake.
        """
        row, gone = rows[-1], rows[-1].gone
        if gone is None:
            gone = self._now
            self._found.rows.append(row._replace(gone=gone))
        now = self._now_at.get(at.name, [])
        if any(self._first_listed[one] <= rows[0].listed for one in now):
            return None
        place = _place(row.content)
        stated = [
            other.since
            for one in now
            for other in self._boundary.places[one.point]
            if at.name in other.names and other.since is not None
        ]
        ends = [gone, *stated, *([] if place.until is None else [place.until])]
        return replace(place, since=row.since, until=min(ends))

    def _moved(self, point: str, before: int | None, after: int | None) -> None:
        """Have the hours between the earlier and the later beginning summed again."""
        known = sorted(time for time in (before, after) if time is not None)
        start = known[0] if None not in (before, after) else None
        self._found.moved.append(Moved(point, start, known[-1] if known else None))


def _content(place: Place) -> str:
    """Write what the inventory says of a place, as far as it differs from the defaults."""
    fields = {
        one.name: getattr(place, one.name)
        for one in dataclasses.fields(place)
        if one.name not in _DERIVED and getattr(place, one.name) != one.default
    }
    if place.emissions:
        fields["emissions"] = [dataclasses.asdict(one) for one in place.emissions]
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def _place(content: str) -> Place:
    """Read a place as `_content` wrote it."""
    fields = json.loads(content)
    fields["names"] = tuple(fields["names"])
    fields["emissions"] = tuple(Emission(**one) for one in fields.get("emissions", ()))
    return Place(**fields)


def places_at(rows: Iterable[ListedPlace], time: int) -> Iterator[tuple[str, Place]]:
    """Yield the places that were listed at a time or before it, each with its point.

    One that was not listed any more counts until it was removed.
    """
    last: dict[_At, ListedPlace] = {}
    for row in sorted(rows, key=lambda row: row.listed):
        if row.listed <= time:
            last[_At(row.point, row.name)] = row
    for row in last.values():
        place = replace(_place(row.content), since=row.since)
        if row.gone is not None and row.gone <= time:
            until = row.gone if place.until is None else min(row.gone, place.until)
            place = replace(place, until=until)
        yield row.point, place


def boundary_at(site: Site, rows: Iterable[ListedPlace], time: int) -> Boundary:
    """Return a site's boundary as the inventory listed it at a time, in milliseconds."""
    places: dict[str, list[Place]] = defaultdict(list)
    for point, place in places_at(rows, time):
        places[point].append(place)
    return Boundary(
        site=site.site,
        places={point: tuple(found) for point, found in places.items()},
        it_candidates=tuple(point for point in IT_POINTS if places.get(point)),
        method=method_of(places),
        notes=("the meters are those that the inventory listed then",),
        has_battery=site.battery,
    )
