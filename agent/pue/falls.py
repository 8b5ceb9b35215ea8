"""Find the meters of a site that fell to 0 while nothing took their load over, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from agent.inventory.model import IT_POINTS, NOT_IT
from agent.ledger.energy import HOUR_MS
from agent.ledger.store.database import Tables
from agent.pue.at_rest import AtRest, with_edges
from agent.pue.beside import Group, Told
from agent.pue.boundary import Boundary
from agent.pue.fall_judge import FallJudge
from agent.pue.last_counted import LONGEST_MS, LastCounted, Still, runs_at_zero
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour


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
        self._tables, self._hour, self._numbers, self._told = tables, hour, numbers, told
        self.subtracted = frozenset(
            place.name
            for point in _path(boundary)
            for place in boundary.places[point]
            if place.factor < 0
        )
        """Meters that hang behind an IT meter; they are judged where they are subtracted."""
        self._last = LastCounted(tables, still, numbers)
        self._judge = FallJudge(
            boundary, hour, self._last, told=told, step=step, subtracted=self.subtracted
        )

    def of(self, group: Group) -> list[AtRest]:
        """Return which meters are dead in the hour, and in which cells."""
        now = self._told(self._hour, group.points)
        found = []
        for point in group.points:
            for one in now[point]:
                if not self._judge.can_judge(group, one.place):
                    continue
                runs = runs_at_zero(one, self._hour)
                dead = [mask for first, mask in runs if self._is_dead(group, one, first)]
                if dead:
                    found.append(AtRest(point, one.place, with_edges(one, sum(dead))))
        return found

    def after(self, group: Group) -> set[int]:
        """Return the hours after this one in which a meter that counts in it stands at 0.

        They are those up to the one in which it counts again.
        """
        now, then = (self._told(hour, group.points) for hour in (self._hour, self._hour + HOUR_MS))
        counting = {
            one.place
            for point in group.points
            for one in now[point]
            if one.cells is not None and any(one.cells.joules)
        }
        return {
            hour
            for point in group.points
            for one in then[point]
            if one.place in counting and not _counts_first(one)
            for hour in self._last.stands(one.place, self._hour)
        }

    def _is_dead(self, group: Group, one: PlaceHour, first: int) -> bool:
        """Tell whether a meter that stands at 0 from a cell of the hour on is dead."""
        fall = self._judge.fall(group, one, first)
        if fall is None:
            numbers = self._numbers(one.place)[:1]
            return self._tables.refusals.has_rest(numbers, self._hour - LONGEST_MS)
        return self._judge.is_dead(group, one.place, fall)


def _counts_first(one: PlaceHour) -> bool:
    """Tell whether a meter counts something in the first cell of an hour."""
    return one.cells is not None and one.cells.joules[0] > 0
