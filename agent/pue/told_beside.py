"""What the meters of a group told around the fall of one of them; each hour is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from agent.ledger.energy import CELLS, HOUR_MS
from agent.pue.beside import Beside, Group, Told, beside
from agent.pue.last_counted import Fall, LastCounted
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour


class ToldBeside:
    """The hours of the meters of one group; `told` returns what they told of an hour."""

    def __init__(
        self, group: Group, last: LastCounted, told: Callable[[int, Sequence[str]], Told]
    ) -> None:
        self.group, self._last, self._told = group, last, told
        self._sums: dict[tuple[Group, int], Beside] = {}

    def of(self, hour: int, group: Group | None = None) -> Beside:
        """Return what stands side by side in an hour, or what does in a part of the group."""
        group = self.group if group is None else group
        found = self._sums.get((group, hour))
        if found is None:
            found = self._sums[group, hour] = beside(group, self._told(hour, self.group.every))
        return found

    @property
    def bare(self) -> Group:
        """The group without the metered overhead, of which a meter may be silent."""
        return self.group._replace(rest=()) if self.group.load else self.group

    def known(self, hour: int) -> int:
        """Return the cells of an hour, as bits, in which each meter of the group was heard."""
        return self.of(hour, self.bare).known

    def fall(self, one: PlaceHour, hour: int, first: int) -> Fall | None:
        """Return when a meter fell that stands at 0 from a cell of an hour on, if that is known."""
        if first:
            return Fall(hour, first, hour)
        last = self._last.before(one.place, hour)
        if last.fell is None:
            return None
        cells = self.of(last.fell).own.get(one.place)
        joules = cells.joules if cells is not None else ()
        counted = (n + 1 for n, each in enumerate(joules) if each > 0)
        return Fall(last.fell, max(counted, default=CELLS), last.heard)

    def others(self, hour: int, place: Place) -> Iterator[PlaceHour]:
        """Yield what the meters beside one told of an hour."""
        for other, cells in self.of(hour).own.items():
            if other != place:
                yield PlaceHour(other, cells)

    def heard(self, start: int, end: int, listed: int) -> list[int]:
        """Return the hours between two times in which each meter of the group told anything.

        They are the meters that were in service in the hour `listed`.
        """
        hours = range(start, end, HOUR_MS)
        told = self._told(listed, self.group.every)
        places = [one.place for point in self.group.points for one in told[point]]
        heard = (self._last.hours(place, hours).keys() for place in places)
        return sorted(set[int](hours).intersection(*heard))
