"""Find hours about a fall in which all meters beside it were heard and none of them was dead."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from agent.ledger.energy import CELLS, HOUR_MS
from agent.pue.beside import Group, Told
from agent.pue.last_counted import Fall, LastCounted
from agent.pue.periods import DAY_MS
from agent.pue.places import Place

BEFORE_MS: Final = 14 * DAY_MS
"""So far back it is looked how a meter was used, and for a time in which all were heard."""

_MOST: Final = 8
"""Hours that are looked at, on either side. Those in which a meter was dead are passed over."""


class Dead(NamedTuple):
    """The cells of an hour in which meters are dead, as bits, and the hours in which they fell."""

    mask: int
    fell: Sequence[int]
    places: Sequence[Place]


class KnownHours:
    """Looks for the hours by which one fall can be judged.

    `known` returns the cells of an hour in which all meters of the group were heard, as bits, and
    `dead` those in which another one is dead that had fallen before.
    """

    def __init__(
        self,
        group: Group,
        fall: Fall,
        last: LastCounted,
        *,
        told: Callable[[int, Sequence[str]], Told],
        known: Callable[[int], int],
        dead: Callable[[int], Dead],
    ) -> None:
        self._group, self._fall, self._last = group, fall, last
        self._told, self._known, self._dead = told, known, dead

    def before(self) -> Iterator[int]:
        """Yield hours, going back from the fall, until an hour's cells are known."""
        hour = self._fall.hour
        heard = self._all_heard(hour - BEFORE_MS, hour + HOUR_MS, listed=hour)
        count = 0
        for _ in range(_MOST):
            n = bisect_right(heard, hour)
            if not n or count >= CELLS:
                return
            hour = heard[n - 1]
            yield hour
            dead = self._dead(hour)
            cells = self._known(hour) & ~dead.mask & (1 << self._fall.cells_before(hour)) - 1
            count += cells.bit_count()
            hour = min([hour - HOUR_MS, *([] if cells else dead.fell)])

    def after(self, last: int) -> Iterator[int]:
        """Yield hours, going on from the fall, until a cell is known, and one more.

        `last` is the hour that is summed; the one after it is the last that is looked at.
        """
        hour, end = self._fall.heard, last + 2 * HOUR_MS
        heard = self._all_heard(hour, end, listed=last)
        is_known = False
        for _ in range(_MOST):
            n = bisect_left(heard, hour)
            if n == len(heard):
                return
            hour = heard[n]
            yield hour
            if is_known:
                return
            dead = self._dead(hour)
            is_known = bool((self._known(hour) & ~dead.mask) >> self._fall.cells_before(hour))
            hour += HOUR_MS
            if not is_known:
                hour = max([hour, *(self._counts_again(one, hour, end) for one in dead.places)])

    def _counts_again(self, place: Place, start: int, end: int) -> int:
        """Return the first hour between two times in which a meter counts, else the end."""
        hours = self._last.hours(place, range(start, end, HOUR_MS))
        return min((hour for hour, joules in hours.items() if joules > 0), default=end)

    def _all_heard(self, start: int, end: int, *, listed: int) -> list[int]:
        """Return the hours between two times in which each meter of the group told anything.

        They are the meters that were in service in the hour `listed`.
        """
        hours = range(start, end, HOUR_MS)
        told = self._told(listed, self._group.every)
        places = [one.place for point in self._group.points for one in told[point]]
        heard = (self._last.hours(place, hours).keys() for place in places)
        return sorted(set[int](hours).intersection(*heard))
