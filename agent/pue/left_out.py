"""Leave out of a site's hour the cells in which a meter stands at 0 and cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agent.ledger.store.database import Tables
from agent.ledger.store.site_hours import SiteHour, SiteHourKey
from agent.pue.at_rest import AtRest, Passed, at_rest, is_suspect, passed
from agent.pue.boundary import Boundary
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour, sum_told

Sums = dict[SiteHourKey, SiteHour | None]
"""The sums of an hour that are about to be stored."""


class LeavingOut:
    """Goes through one site in one hour; `told` returns what each place of some points said."""

    def __init__(
        self,
        tables: Tables,
        boundary: Boundary,
        hour: int,
        *,
        numbers: Callable[[str, Place], Sequence[int]],
        told: Callable[[Sequence[str]], Mapping[str, Sequence[PlaceHour]]],
    ) -> None:
        self._tables, self._boundary, self._hour = tables, boundary, hour
        self._numbers, self._told = numbers, told

    def apply(self, found: Sums) -> int:
        """Judge the points of which something is summed; what is left out is not covered.

        Sums of the other points are those that are stored. Return how many cells of meters are
        left out that were not before.
        """
        new = 0
        for one in passed(self._boundary):
            keys = {point: self._key(point) for point in (*one.points, *one.behind)}
            if found.keys().isdisjoint(keys.values()):
                continue
            stored = self._tables.site_hours.between(
                self._boundary.site, keys, self._hour, self._hour + 1
            ).get(self._hour, {})
            rows = {
                point: row
                for point, key in keys.items()
                if (row := found[key] if key in found else stored.get(point)) is not None
            }
            is_asked = is_suspect(rows, one) or self._was_left_out(one)
            if is_asked and not self._may_give(one):
                new += self._judge(one, rows, found)
        return new

    def _judge(self, one: Passed, rows: Mapping[str, SiteHour], found: Sums) -> int:
        told = self._told(one.points)
        behind = [rows[point] for point in one.behind if point in rows]
        places = [place.place for of_point in told.values() for place in of_point]
        steps = {place: self._step(place) for place in places}
        rests = at_rest(told, behind, self._hour, steps)
        for point, of_point in told.items():
            summed = sum_told(of_point, self._hour)
            for rest in rests:
                if summed is not None and rest.point == point:
                    summed = summed._replace(mask=summed.mask & ~rest.mask)
            found[self._key(point)] = summed
        return sum(self._note(place, rests) for place in places)

    def _note(self, place: Place, rests: Sequence[AtRest]) -> int:
        """Store in how many cells a place is left out; return how many of them are new."""
        mask = 0
        for rest in rests:
            if rest.place == place:
                mask |= rest.mask
        return sum(
            self._tables.refusals.note_rest(number, self._hour, mask.bit_count())
            for number in self._numbers(self._boundary.site, place)[:1]
        )

    def _may_give(self, one: Passed) -> bool:
        """Tell whether a battery may give what supplies do not: energy has left the site before."""
        site_hours = self._tables.site_hours
        return "utility" in one.points and site_hours.has_energy(self._boundary.site, "export")

    def _was_left_out(self, one: Passed) -> bool:
        numbers = [
            number
            for point in one.points
            for place in self._boundary.places[point]
            for number in self._numbers(self._boundary.site, place)[:1]
        ]
        return self._tables.refusals.has_rest(numbers, self._hour)

    def _step(self, place: Place) -> float:
        numbers = self._numbers(self._boundary.site, place)
        registers = self._tables.registers
        step = max((registers.coarsest_step(number) for number in numbers), default=0)
        return step * abs(place.factor)

    def _key(self, point: str) -> SiteHourKey:
        return SiteHourKey(self._boundary.site, point, self._hour)
