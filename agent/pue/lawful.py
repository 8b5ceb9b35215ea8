"""What a meter that falls to 0 may do lawfully, so that it is not dead though nothing took over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agent.ledger.energy import CELLS, FULL_MASK, HOUR_MS
from agent.pue.beside import Told
from agent.pue.boundary import Boundary
from agent.pue.fallen import Around, is_abrupt, may_rest
from agent.pue.last_counted import Fall, LastCounted
from agent.pue.periods import DAY_MS
from agent.pue.places import Place
from agent.pue.told_beside import ToldBeside

FAR_MS: Final = 14 * DAY_MS
"""So far back it is looked how a meter was used, and for a time in which all were alive."""

_NIGHTS: Final = 3
"""The sun has set if its cells counted nothing in the same hour of so many days before."""


class Lawful:
    """Knows the sun, and supplies that rest now and then."""

    def __init__(
        self,
        boundary: Boundary,
        last: LastCounted,
        told: Callable[[int, Sequence[str]], Told],
    ) -> None:
        self._last, self._told, self._sold = last, told, boundary.sold
        self._renewables = frozenset(boundary.places.get("renewable", ()))
        utilities = boundary.places.get("utility", ())
        self._only = utilities[0] if len(utilities) == 1 and self._renewables else None
        """The only utility meter beside solar cells: these bring it low each day."""

    def may_fall(
        self,
        beside: ToldBeside,
        place: Place,
        fall: Fall,
        cells: Sequence[Around | None],
        first: int,
    ) -> bool:
        """Tell whether a meter may stand at 0; `first` is the first of the `cells` at 0."""
        if place in self._renewables:
            return (
                not is_abrupt(cells, first)
                or self._sells(fall.around[-2:])
                or (_is_even(cells[:first]) and self._sets(place, fall.heard))
            )
        return bool(beside.group.load) and self._may_rest(beside, place, fall.hour)

    def _sells(self, hours: Sequence[int]) -> bool:
        """Tell whether energy leaves the site in some hours, as where a battery gives."""
        told = (self._told(hour, self._sold) for hour in hours) if self._sold else ()
        return any(
            one.cells is not None and any(one.cells.joules)
            for of_hour in told
            for places in of_hour.values()
            for one in places
        )

    def _sets(self, place: Place, hour: int) -> bool:
        """Tell whether what the sun makes has counted nothing in this hour of several days before.

        It is asked where only the sum of an hour is known, which does not tell how it went down.
        """
        hours = self._last.hours(place, range(hour - FAR_MS, hour, DAY_MS))
        return sum(joules <= 0 for joules in hours.values()) >= _NIGHTS

    def _may_rest(self, beside: ToldBeside, place: Place, fell: int) -> bool:
        """Tell whether a supply that fell in an hour went down slowly, or rests now and then.

        An hour in which it was silent or stood at 0 for a part is none in which it went down.
        """
        hours = self._last.hours(place, range(fell - FAR_MS, fell, HOUR_MS))
        last = beside.of(fell - HOUR_MS).own.get(place)
        is_whole = last is not None and last.mask == FULL_MASK and min(last.joules) > 0
        is_told = is_whole and place != self._only
        return may_rest(hours, hours.get(fell - HOUR_MS) if is_told else None)


def _is_even(cells: Sequence[Around | None]) -> bool:
    """Tell whether the last cells are the even parts of an hour's sum."""
    last = cells[-CELLS:]
    return len({None if one is None else one.own for one in last}) == 1
