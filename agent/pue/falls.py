"""Find the meters of a site that fell to 0 while nothing took their load over, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from agent.inventory.model import IT_POINTS, NOT_IT
from agent.ledger.energy import CELLS, HOUR_MS
from agent.ledger.store.database import Tables
from agent.pue.at_rest import AtRest, with_edges
from agent.pue.beside import Beside, Group, Told, beside
from agent.pue.boundary import Boundary
from agent.pue.fallen import EXPLAINED, PARTLY, has_fallen, is_abrupt, may_rest
from agent.pue.periods import DAY_MS
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour

_AT_ONCE: Final = 30 * 24
"""Hours that are read at once, going back. They are as long as old hours are packed."""

_LONGEST_MS: Final = 400 * DAY_MS
"""So far back it is looked for the hour in which a meter fell. What fell before is known by what is
stored of the hour that long ago."""
_BEFORE_MS: Final = 14 * DAY_MS


def groups(boundary: Boundary) -> Iterator[Group]:
    """Yield the groups of a site in which a meter may be seen to be dead.

    Racks' own PDUs are in none: one of many may be off. Nor are the supplies of a site with a
    battery that may give for hours.
    """
    path = _path(boundary)
    supplies, sold = boundary.supplies, boundary.sold
    overhead = tuple(point for point in NOT_IT if boundary.places.get(point))
    if supplies and path:
        yield Group(supplies, load=tuple(path), rest=(*overhead, *sold))
    for n, point in enumerate(path):
        if point != "pdu_output":
            yield Group((point,), rest=(path[n - 1],)) if n else Group((point,), (), supplies, sold)
    if supplies:
        for point in overhead:
            yield Group((point,), rest=supplies, sold=sold)


def _path(boundary: Boundary) -> list[str]:
    """Return the points that IT's energy passes, the outermost first."""
    return [point for point in ("ups_input", *reversed(IT_POINTS)) if boundary.places.get(point)]


class Still(NamedTuple):
    """A meter has counted nothing between two hours; `fell` is the last in which it did, if known.

    `heard` is the first hour after that in which it told anything.
    """

    low: int
    high: int
    fell: int | None
    heard: int


class Falls:
    """Looks for dead meters in one hour of a site.

    `told` returns what each place of some points said of an hour. `still` keeps what was read of
    meters that stand at 0, for the other hours of one transaction.
    """

    def __init__(
        self,
        tables: Tables,
        boundary: Boundary,
        hour: int,
        still: dict[int, Still],
        *,
        numbers: Callable[[Place], Sequence[int]],
        told: Callable[[int, Sequence[str]], Told],
        step: Callable[[Place], float],
    ) -> None:
        self._tables, self._hour, self._still = tables, hour, still
        self._numbers, self._told, self._step = numbers, told, step
        self._sums: dict[tuple[Group, int], Beside] = {}
        self.subtracted = frozenset(
            place.name
            for point in _path(boundary)
            for place in boundary.places[point]
            if place.factor < 0
        )
        """Meters that hang behind an IT meter; they are judged where they are subtracted."""
        self._renewables = frozenset(boundary.places.get("renewable", ()))
        utilities = boundary.places.get("utility", ())
        self._only = utilities[0] if len(utilities) == 1 and self._renewables else None
        """The only utility meter beside solar cells: these bring it low each day."""
        self._sold = boundary.sold

    def of(self, group: Group) -> list[AtRest]:
        """Return which meters are dead in the hour, and in which cells."""
        now = self._told(self._hour, group.points)
        found = []
        for point in group.points:
            for one in now[point]:
                runs = _runs(one, self._hour) if self._is_judged(group, point, one.place) else []
                dead = [mask for first, mask in runs if self._is_dead(group, one, first)]
                if dead:
                    found.append(AtRest(point, one.place, with_edges(one, sum(dead))))
        return found

    def goes_on(self, group: Group) -> bool:
        """Tell whether any meter that counts in the hour stands at 0 when the next one begins."""
        now, then = (self._told(hour, group.points) for hour in (self._hour, self._hour + HOUR_MS))
        counting = {
            one.place
            for point in group.points
            for one in now[point]
            if one.cells is not None and any(one.cells.joules)
        }
        return any(
            runs[0][0] == 0
            for point in group.points
            for one in then[point]
            if one.place in counting and (runs := _runs(one, self._hour + HOUR_MS))
        )

    def _is_dead(self, group: Group, one: PlaceHour, first: int) -> bool:
        """Tell whether a meter that stands at 0 from a cell of the hour on is dead."""
        if first:
            hours = [self._hour - HOUR_MS, self._hour, self._hour + HOUR_MS]
            return self._judge(group, one.place, hours, CELLS + first)
        last = self._last_counted(one.place)
        if last.fell is None:
            numbers = self._numbers(one.place)[:1]
            return self._tables.refusals.has_rest(numbers, self._hour - _LONGEST_MS)
        hours = sorted({last.fell - HOUR_MS, last.fell, last.heard, last.heard + HOUR_MS})
        return self._judge(group, one.place, hours, None)

    def _judge(self, group: Group, place: Place, hours: Sequence[int], first: int | None) -> bool:
        is_weighed = group.load or place.factor < 0
        for one in (group, group._replace(rest=())) if group.load else (group,):
            cells = [cell for hour in hours for cell in self._beside(one, hour).of(place)]
            if first is None:
                counted = (n for n in range(2 * CELLS) if (known := cells[n]) and known.own > 0)
                first = max(counted, default=-1) + 1
            explained = EXPLAINED if is_weighed else PARTLY
            found = has_fallen(cells, first, self._step(place), explained)
            if found is not None:
                if place in self._renewables:
                    return found and is_abrupt(cells, first) and not self._sells(hours[-2:])
                return found and not (group.load and self._may_rest(place, hours[1]))
        return False

    def _beside(self, group: Group, hour: int) -> Beside:
        """Return what stands side by side in an hour; it is summed once for all meters of it."""
        found = self._sums.get((group, hour))
        if found is None:
            found = self._sums[group, hour] = beside(group, self._told(hour, group.every))
        return found

    def _sells(self, hours: Sequence[int]) -> bool:
        """Tell whether energy leaves the site in some hours, as where a battery gives."""
        told = (self._told(hour, self._sold) for hour in hours) if self._sold else ()
        return any(
            one.cells is not None and any(one.cells.joules)
            for of_hour in told
            for places in of_hour.values()
            for one in places
        )

    def _may_rest(self, place: Place, fell: int) -> bool:
        """Tell whether a supply that fell in an hour went down slowly, or rests now and then."""
        hours = self._hours(place, range(fell - _BEFORE_MS, fell, HOUR_MS))
        return may_rest(hours, None if place == self._only else hours.get(fell - HOUR_MS))

    def _is_judged(self, group: Group, point: str, place: Place) -> bool:
        """Tell whether a dead meter can be seen. A generator is off most of its life."""
        if group.load:
            return point != "generator" and place.factor > 0
        if place.factor < 0:
            return True
        return bool(group.rest) and place.name not in self.subtracted

    def _last_counted(self, place: Place) -> Still:
        """Return the last hour before in which a meter counted, and since when it counts nothing.

        Hours of which nothing is known are passed over.
        """
        key = self._numbers(place)[0]
        known = self._still.get(key)
        end = heard = self._hour
        fell = None
        while fell is None and end > self._hour - _LONGEST_MS:
            if known is not None and known.low < end <= known.high:
                end, fell, heard = known.low, known.fell, known.heard
                continue
            start = end - (24 if end == self._hour else _AT_ONCE) * HOUR_MS
            hours = self._hours(place, range(start, end, HOUR_MS))
            for hour in sorted(hours, reverse=True):
                if hours[hour] > 0:
                    fell = hour
                    break
                heard = hour
            end = start if fell is None else fell
        self._still[key] = Still(end, self._hour, fell, heard)
        return self._still[key]

    def _hours(self, place: Place, hours: Sequence[int]) -> dict[int, float]:
        """Return the joules of the hours in which a meter told anything."""
        found: dict[int, float] = {}
        for number in self._numbers(place):
            for hour, one in self._tables.hours.load(number, hours).items():
                found[hour] = found.get(hour, 0.0) + one.joules
        return found


def _runs(one: PlaceHour, start: int) -> list[tuple[int, int]]:
    """Return the runs of cells in which a meter stands at 0: the first cell, and all as bits."""
    cells = one.cells
    if cells is None:
        return []
    known = cells.mask & one.place.cells_in(start)
    found: list[tuple[int, int]] = []
    is_running = False
    for n in range(CELLS):
        is_zero = bool(known >> n & 1) and cells.joules[n] == 0
        if is_zero and is_running:
            found[-1] = (found[-1][0], found[-1][1] | 1 << n)
        elif is_zero:
            found.append((n, 1 << n))
        is_running = is_zero
    return found
