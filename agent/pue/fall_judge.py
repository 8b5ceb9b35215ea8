"""Judge whether a meter that fell to 0 is dead, by the cells around its fall.

A supply is judged by more than these. While another supply is dead or silent, nobody knows what all
of them count, and what comes back is no load that it took over. So then the last cells before are
compared with the first ones after in which all are alive. Others are judged by the cells around
their own falls for that, and by no more: so nothing goes back from one fall to the one before.

And what explained a fall may come back: IT, or the chillers, of which a meter was dead for hours.
Then the other supplies have to carry it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from agent.ledger.energy import CELLS, FULL_MASK, HOUR_MS
from agent.pue.at_rest import with_edges
from agent.pue.beside import Group, Told
from agent.pue.boundary import Boundary
from agent.pue.fallen import EXPLAINED, NEVER, PARTLY, FoundAgain, found_again
from agent.pue.last_counted import Fall, LastCounted, runs_at_zero
from agent.pue.lawful import FAR_MS, Lawful
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour
from agent.pue.told_beside import ToldBeside

_MOST: Final = 8
"""Hours that are looked at, before a fall and after it, beside those in which a meter was dead."""

_SOME: Final = 0.4
"""Where less than this share is found again around a fall, nothing further away is looked at."""


class _Dead(NamedTuple):
    """In which cells of an hour others are dead, as bits; since when, and which they are."""

    mask: int
    since: int
    places: frozenset[Place]


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
        self._groups: dict[Group, ToldBeside] = {}
        self._falls: dict[tuple[Group, Place, int], FoundAgain | None] = {}
        self._deaths: dict[tuple[Group, Place, Fall, int], _Dead] = {}
        self._generators = frozenset(boundary.places.get("generator", ()))
        self._subtracted = subtracted
        self._lawful = Lawful(boundary, last, told)

    def can_judge(self, group: Group, place: Place) -> bool:
        """Tell whether a dead meter can be seen. A generator is off most of its life."""
        if group.load:
            return place.factor > 0 and place not in self._generators
        if place.factor < 0:
            return True
        return bool(group.rest) and place.name not in self._subtracted

    def fall(self, group: Group, one: PlaceHour, first: int) -> Fall | None:
        """Return when a meter fell that stands at 0 from a cell of the hour on, if it is known."""
        return self._beside(group).fall(one, self._hour, first)

    def is_dead(self, group: Group, place: Place, fall: Fall) -> bool:
        """Tell whether a meter is dead that has stood at 0 since it fell, up to this hour."""
        least = PARTLY if _is_harmless(group, place) else EXPLAINED
        found = self._near(group, place, fall)
        if group.load and found != NEVER:
            if found is None or (found.share >= _SOME and self._one_was_dead(group, place, fall)):
                found = self._far(group, place, fall) or found
            if found is not None and found.share >= least > found.others:
                found = self._back(group, place, fall) or found
        return found is not None and found.share < least

    def _beside(self, group: Group) -> ToldBeside:
        found = self._groups.get(group)
        if found is None:
            found = self._groups[group] = ToldBeside(group, self._last, self._told)
        return found

    def _found(
        self,
        group: Group,
        place: Place,
        fall: Fall,
        hours: Sequence[int],
        left_out: Mapping[int, int] = MappingProxyType({}),
        *,
        is_back: bool = False,
    ) -> FoundAgain | None:
        """Return what is found again of a fall, by the cells of some hours.

        `left_out` are the cells of each hour, as bits, that are passed over. None if too few are
        known, and NEVER also if the meter may stand at 0.
        """
        beside = self._beside(group)
        first = CELLS * hours.index(fall.hour) + fall.cell
        for one in (group,) if is_back or not group.load else (group, beside.bare):
            cells = [
                None if left_out.get(hour, 0) >> n & 1 else cell
                for hour in hours
                for n, cell in enumerate(beside.of(hour, one).of(place))
            ]
            found = found_again(
                cells,
                first,
                self._step(place),
                is_back=is_back,
                is_harmless=_is_harmless(group, place),
            )
            if found is None:
                continue
            return NEVER if self._lawful.may_fall(beside, place, fall, cells, first) else found
        return None

    def _near(self, group: Group, place: Place, fall: Fall) -> FoundAgain | None:
        """Judge by the hours around a fall alone."""
        key = (group, place, fall.at)
        if key not in self._falls:
            self._falls[key] = self._found(group, place, fall, fall.around)
        return self._falls[key]

    # Where another supply was dead or silent as it fell.

    def _far(self, group: Group, place: Place, fall: Fall) -> FoundAgain | None:
        """Judge by the last cells before, and the first ones after, in which no other is dead."""
        if not self._beside(group).known(self._hour):
            return None  # nothing is covered in this hour, whatever is found
        hours = sorted(
            {fall.hour, *self._before(group, place, fall), *self._after(group, place, fall)}
        )
        dead = {hour: self._dead(group, place, fall, hour).mask for hour in hours}
        return self._found(group, place, fall, hours, dead)

    def _one_was_dead(self, group: Group, place: Place, fall: Fall) -> bool:
        return any(
            self._dead(group, place, fall, hour).mask & (1 << fall.cells_before(hour)) - 1
            for hour in (fall.hour - HOUR_MS, fall.hour)
        )

    def _dead(self, group: Group, place: Place, fall: Fall, hour: int) -> _Dead:
        """Return in which cells of an hour others are dead that fell before."""
        key = (group, place, fall, hour)
        if key not in self._deaths:
            self._deaths[key] = self._dead_others(group, place, fall, hour)
        return self._deaths[key]

    def _dead_others(self, group: Group, place: Place, fall: Fall, hour: int) -> _Dead:
        mask, since, places = 0, hour, set[Place]()
        for one in self._beside(group).others(hour, place):
            if not self.can_judge(group, one.place):
                continue
            for first, run in runs_at_zero(one, hour):
                other = self._beside(group).fall(one, hour, first)
                if other is None or other.at >= fall.at:
                    continue
                found = self._near(group, one.place, other)
                if found is not None and found.share < EXPLAINED:
                    mask |= with_edges(one, run)
                    since = min(since, other.hour)
                    places.add(one.place)
        return _Dead(mask, since, frozenset(places))

    def _before(self, group: Group, place: Place, fall: Fall) -> Iterator[int]:
        """Yield hours, going back from a fall, until as many cells are known as in an hour."""
        beside, hour, count = self._beside(group), fall.hour, 0
        heard = beside.heard(hour - FAR_MS, hour + HOUR_MS, listed=hour)
        for _ in range(_MOST):
            n = bisect_right(heard, hour)
            if not n or count >= CELLS:
                return
            hour = heard[n - 1]
            yield hour
            dead = self._dead(group, place, fall, hour)
            cells = beside.known(hour) & ~dead.mask & (1 << fall.cells_before(hour)) - 1
            count += cells.bit_count()
            # In an hour that was dead throughout, go to the one in which that began.
            hour = hour - HOUR_MS if cells else min(hour - HOUR_MS, dead.since)

    def _after(self, group: Group, place: Place, fall: Fall) -> Iterator[int]:
        """Yield hours, going on from a fall, until a cell is known, and one more."""
        beside, hour, is_known = self._beside(group), fall.heard, False
        end = min(self._hour + 2 * HOUR_MS, hour + FAR_MS)
        heard = beside.heard(hour, end, listed=fall.hour)
        for _ in range(_MOST):
            n = bisect_left(heard, hour)
            if n == len(heard):
                return
            hour = heard[n]
            yield hour
            if is_known:
                return
            dead = self._dead(group, place, fall, hour)
            is_known = bool((beside.known(hour) & ~dead.mask) >> fall.cells_before(hour))
            hour += HOUR_MS
            if not is_known:
                hour = max([hour, *(self._counts_again(one, hour, end) for one in dead.places)])

    def _counts_again(self, place: Place, start: int, end: int) -> int:
        """Return the first hour between two times in which a meter counts, else the end."""
        hours = self._last.hours(place, range(start, end, HOUR_MS))
        return min((hour for hour, joules in hours.items() if joules > 0), default=end)

    # Where what explained the fall is back.

    def _back(self, group: Group, place: Place, fall: Fall) -> FoundAgain | None:
        """Judge by the first hour after a fall in which nothing behind draws less than before."""
        end = min(self._hour, fall.heard + _MOST * HOUR_MS)
        for hour in range(fall.heard, end + 1, HOUR_MS):
            hours = sorted({fall.hour - HOUR_MS, fall.hour, hour, hour + HOUR_MS})
            between = FULL_MASK & FULL_MASK << fall.cell if fall.hour < hour else 0
            found = self._found(group, place, fall, hours, {fall.hour: between}, is_back=True)
            if found is not None:
                return found
        return None


def _is_harmless(group: Group, place: Place) -> bool:
    """Tell whether a meter that dies makes no PUE better: it is neither a supply nor subtracted."""
    return not group.load and place.factor >= 0
