"""Judge whether a meter that fell to 0 is dead, by the cells around its fall.

While another meter beside it is dead, nobody knows what all of them count. So if that one counts
again, what it counts is no load that it took over: the cells in which it was dead are passed over,
and those before and after are compared. The same holds where a meter beside was not heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from agent.ledger.energy import CELLS, HOUR_MS
from agent.pue.at_rest import with_edges
from agent.pue.beside import Beside, Group, Told, beside
from agent.pue.boundary import Boundary
from agent.pue.fallen import EXPLAINED, PARTLY, has_fallen, is_abrupt, may_rest
from agent.pue.known_hours import BEFORE_MS, Dead, KnownHours
from agent.pue.last_counted import Fall, LastCounted, runs_at_zero
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour


class FallJudge:
    """Judges the falls of meters of one site, for the sums of one hour."""

    def __init__(
        self,
        boundary: Boundary,
        hour: int,
        last: LastCounted,
        *,
        told: Callable[[int, Sequence[str]], Told],
        step: Callable[[Place], float],
        subtracted: frozenset[str],
    ) -> None:
        self._hour, self._last, self._told, self._step = hour, last, told, step
        self._sums: dict[tuple[Group, int], Beside] = {}
        self._back: dict[tuple[Group, Fall], frozenset[Place]] = {}
        self._judged: dict[tuple[Group, Place, int], bool] = {}
        self._renewables = frozenset(boundary.places.get("renewable", ()))
        self._generators = frozenset(boundary.places.get("generator", ()))
        utilities = boundary.places.get("utility", ())
        self._only = utilities[0] if len(utilities) == 1 and self._renewables else None
        """The only utility meter beside solar cells: these bring it low each day."""
        self._sold, self._subtracted = boundary.sold, subtracted

    def can_judge(self, group: Group, place: Place) -> bool:
        """Tell whether a dead meter can be seen. A generator is off most of its life."""
        if group.load:
            return place.factor > 0 and place not in self._generators
        if place.factor < 0:
            return True
        return bool(group.rest) and place.name not in self._subtracted

    def fall(self, group: Group, one: PlaceHour, hour: int, first: int) -> Fall | None:
        """Return when a meter fell that stands at 0 from a cell of an hour on, if that is known."""
        if first:
            return Fall(hour, first, hour)
        last = self._last.before(one.place, hour)
        if last.fell is None:
            return None
        return Fall(last.fell, self._counted(group, last.fell).get(one.place, CELLS), last.heard)

    def _counted(self, group: Group, hour: int) -> Mapping[Place, int]:
        """Return how many cells of an hour had begun when each meter last counted anything."""
        own = self._beside(group, hour).own
        return {
            place: max((n + 1 for n, each in enumerate(cells.joules) if each > 0), default=CELLS)
            for place, cells in own.items()
        }

    def is_dead(self, group: Group, place: Place, fall: Fall) -> bool:
        """Tell whether a meter is dead since it fell."""
        key = (group, place, fall.at)
        found = self._judged.get(key)
        if found is None:
            found = self._judged[key] = self._is_dead(group, place, fall)
        return found

    def _is_dead(self, group: Group, place: Place, fall: Fall) -> bool:
        found = self._compare(group, place, fall, fall.around)
        if found or not self._beside(group, self._hour).known:
            return bool(found)
        if found is False and self._come_back(group, fall) <= {place}:
            return False
        known = KnownHours(
            group,
            fall,
            self._last,
            told=self._told,
            known=partial(self._known, group),
            dead=partial(self._dead, group, place, fall),
        )
        hours = sorted({fall.hour, *known.before(), *known.after(self._hour)})
        dead = {hour: self._dead(group, place, fall, hour).mask for hour in hours}
        return bool(self._compare(group, place, fall, hours, dead))

    def _compare(
        self,
        group: Group,
        place: Place,
        fall: Fall,
        hours: Sequence[int],
        dead: Mapping[int, int] = MappingProxyType({}),
    ) -> bool | None:
        """Compare the cells of some hours before and after a fall; None if too few are known.

        `dead` are the cells of each hour, as bits, that are passed over.
        """
        is_weighed = group.load or place.factor < 0
        first = CELLS * hours.index(fall.hour) + fall.cell
        for one in (group, group._replace(rest=())) if group.load else (group,):
            cells = [
                None if dead.get(hour, 0) >> n & 1 else cell
                for hour in hours
                for n, cell in enumerate(self._beside(one, hour).of(place))
            ]
            explained = EXPLAINED if is_weighed else PARTLY
            found = has_fallen(cells, first, self._step(place), explained)
            if found is not None:
                if place in self._renewables:
                    return found and is_abrupt(cells, first) and not self._sells(fall.around[-2:])
                return found and not (group.load and self._may_rest(place, fall.hour))
        return None

    def _beside(self, group: Group, hour: int) -> Beside:
        """Return what stands side by side in an hour; it is summed once for all meters of it."""
        found = self._sums.get((group, hour))
        if found is None:
            found = self._sums[group, hour] = beside(group, self._told(hour, group.every))
        return found

    # Where another meter was dead, or not heard, when it fell.

    def _come_back(self, group: Group, fall: Fall) -> frozenset[Place]:
        """Return the meters that stood at 0 before a fall, and count after it."""
        found = self._back.get((group, fall))
        if found is None:
            before: set[Place] = set()
            after: set[Place] = set()
            for hour in fall.around:
                cut = fall.cells_before(hour)
                for one in self._others(group, hour):
                    if any(mask & (1 << cut) - 1 for _, mask in runs_at_zero(one, hour)):
                        before.add(one.place)
                    if one.cells is not None and any(one.cells.joules[cut:]):
                        after.add(one.place)
            found = self._back[group, fall] = frozenset(before & after)
        return found

    def _others(self, group: Group, hour: int) -> Iterator[PlaceHour]:
        """Yield what the meters of a group told of an hour, if they can be judged."""
        for place, cells in self._beside(group, hour).own.items():
            if self.can_judge(group, place):
                yield PlaceHour(place, cells)

    def _known(self, group: Group, hour: int) -> int:
        """Return the cells, as bits, in which each meter of a group told something."""
        return self._beside(group._replace(rest=()) if group.load else group, hour).known

    def _dead(self, group: Group, place: Place, fall: Fall, hour: int) -> Dead:
        """Return in which cells of an hour meters beside one are dead that fell before it did."""
        mask, fell, places = 0, [], []
        for one in self._others(group, hour):
            for first, run in runs_at_zero(one, hour) if one.place != place else ():
                other = self.fall(group, one, hour, first)
                if other is None or other.at >= fall.at:
                    continue
                if self.is_dead(group, one.place, other):
                    mask |= with_edges(one, run)
                    fell.append(other.hour)
                    places.append(one.place)
        return Dead(mask, fell, places)

    # What a meter may do lawfully.

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
        hours = self._last.hours(place, range(fell - BEFORE_MS, fell, HOUR_MS))
        return may_rest(hours, None if place == self._only else hours.get(fell - HOUR_MS))
