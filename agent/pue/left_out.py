"""Leave out of a site's hour the cells in which a meter stands at 0 and cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from agent.ledger.energy import HOUR_MS
from agent.ledger.store.database import Tables
from agent.ledger.store.site_hours import SiteHour, SiteHourKey
from agent.pue.at_rest import AtRest, Passed, at_rest, is_suspect, passed
from agent.pue.beside import Group, Told
from agent.pue.boundary import Boundary
from agent.pue.falls import Falls, groups
from agent.pue.last_counted import Still
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour, sum_told

Sums = dict[SiteHourKey, SiteHour | None]
"""The sums of an hour that are about to be stored."""


class LeavingOut:
    """Goes through one site in one hour; `told` returns what each place of some points said.

    `still` keeps what was read of meters that stand at 0; see `agent.pue.last_counted`.
    """

    def __init__(
        self,
        tables: Tables,
        boundary: Boundary,
        hour: int,
        still: dict[int, Still],
        *,
        numbers: Callable[[str, Place], Sequence[int]],
        told: Callable[[int, Sequence[str]], Told],
    ) -> None:
        self._tables, self._boundary, self._hour = tables, boundary, hour
        self._numbers, self._told = partial(numbers, boundary.site), told
        self._site_hours = tables.site_hours
        self._falls = Falls(
            tables, boundary, hour, still, numbers=self._numbers, told=told, step=self._step
        )

    def apply(self, found: Sums) -> int:
        """Judge the points of which something is summed; what is left out is not covered.

        Sums of the other points are those that are stored. Return how many cells of meters are
        left out that were not before.
        """
        rests: dict[str, list[AtRest]] = {}
        for one in passed(self._boundary):
            rows = self._rows(found, one.every)
            if rows is None:
                continue
            if is_suspect(rows, one) or self._was_left_out(one.points):
                self._add(rests, one.points, self._at_rest(one, rows))
        for group in groups(self._boundary):
            if self._rows(found, group.every) is None:
                continue
            fallen = self._falls.of(group)
            if fallen or self._was_left_out(group.points):
                self._add(rests, group.points, fallen)
            self._ask_next(group)
        told = self._told(self._hour, tuple(rests)) if rests else {}
        return sum(self._leave_out(found, point, told[point], rests[point]) for point in rests)

    def _ask_next(self, group: Group) -> None:
        """Have the hours after a fall in this one summed again, for they follow from it.

        That is so where this hour is summed again, as its readings or others' have changed.
        """
        next_hour = self._hour + HOUR_MS
        keys = [self._key(point) for point in group.points]
        if all(
            self._site_hours.has(key) and self._site_hours.has(key._replace(hour=next_hour))
            for key in keys
        ):
            for hour in self._falls.after(group):
                self._mark(group.points, hour)

    def _mark(self, points: Iterable[str], hour: int) -> None:
        for point in points:
            if self._site_hours.has(SiteHourKey(self._boundary.site, point, hour)):
                self._site_hours.mark_unsummed(self._boundary.site, point, [hour])

    @staticmethod
    def _add(
        rests: dict[str, list[AtRest]], points: Iterable[str], found: Sequence[AtRest]
    ) -> None:
        for point in points:
            rests.setdefault(point, []).extend(one for one in found if one.point == point)

    def _rows(self, found: Sums, points: Sequence[str]) -> Mapping[str, SiteHour] | None:
        """Return the sums of some points, of which any is new; None where none is."""
        keys = {point: self._key(point) for point in points}
        if found.keys().isdisjoint(keys.values()):
            return None
        stored = self._site_hours.between(
            self._boundary.site, keys, self._hour, self._hour + 1
        ).get(self._hour, {})
        return {
            point: row
            for point, key in keys.items()
            if (row := found[key] if key in found else stored.get(point)) is not None
        }

    def _at_rest(self, one: Passed, rows: Mapping[str, SiteHour]) -> list[AtRest]:
        told = self._told(self._hour, one.points)
        behind = [rows[point] for point in one.behind if point in rows]
        left = self._told(self._hour, one.sold) if one.sold else {}
        sold = [place for of_point in left.values() for place in of_point]
        places = [place.place for of_point in (*told.values(), sold) for place in of_point]
        step = {place: self._step(place) for place in places}
        return at_rest(told, behind, self._hour, step, sold)

    def _leave_out(
        self, found: Sums, point: str, told: Sequence[PlaceHour], rests: Sequence[AtRest]
    ) -> int:
        """Sum a point without the cells in which any of its meters is at rest."""
        summed = sum_told(told, self._hour)
        if summed is not None:
            for rest in rests:
                summed = summed._replace(mask=summed.mask & ~rest.mask)
        found[self._key(point)] = summed
        return sum(
            self._note(point, one.place, rests)
            for one in told
            if one.place.factor < 0 or one.place.name not in self._falls.subtracted
        )

    def _note(self, point: str, place: Place, rests: Sequence[AtRest]) -> int:
        """Store in how many cells a place is left out; return how many of them are new.

        If it was not left out before, or no longer is, the hours beside may have to follow.
        """
        mask = 0
        for rest in rests:
            if rest.place == place:
                mask |= rest.mask
        new = 0
        for number in self._numbers(place)[:1]:
            was_left_out = self._tables.refusals.has_rest([number], self._hour)
            new += self._tables.refusals.note_rest(number, self._hour, mask.bit_count())
            if was_left_out != bool(mask):
                for hour in (self._hour - HOUR_MS, self._hour + HOUR_MS):
                    self._mark([point], hour)
        return new

    def _was_left_out(self, points: Iterable[str]) -> bool:
        numbers = [
            number
            for point in points
            for place in self._boundary.places[point]
            for number in self._numbers(place)[:1]
        ]
        return self._tables.refusals.has_rest(numbers, self._hour)

    def _step(self, place: Place) -> float:
        registers = self._tables.registers
        steps = (registers.coarsest_step(number) for number in self._numbers(place))
        return max(steps, default=0) * abs(place.factor)

    def _key(self, point: str) -> SiteHourKey:
        return SiteHourKey(self._boundary.site, point, self._hour)
