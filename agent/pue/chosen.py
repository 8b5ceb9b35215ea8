"""The sum of a window with IT energy of the point that is chosen for the site."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from agent.ledger.energy import HOUR_MS
from agent.pue.boundary import Boundary
from agent.pue.first_hour import common_sum
from agent.pue.it_choice import ItChoices
from agent.pue.site_hours import SiteHours
from agent.pue.sums import NOTHING, Sum
from agent.pue.window_sums import WindowSums


class Chosen(NamedTuple):
    """The point where IT energy is taken, and the sum over a window with it."""

    it_point: str
    total: Sum


class ChosenSums:
    """Sums windows at the point that is chosen; may be asked while the caller holds its lock."""

    def __init__(
        self, hours: SiteHours, sums: WindowSums, choices: ItChoices, clock: Callable[[], float]
    ) -> None:
        self._hours, self._sums, self._choices, self._clock = hours, sums, choices, clock
        self._common: dict[tuple[str, str], Sum] = {}

    def update(self) -> None:
        """Forget what was computed before the last refresh."""
        self._common.clear()

    def over(self, boundary: Boundary, start: int, end: int, at: int | None = None) -> Chosen:
        """Sum a window; `at` is a time, in milliseconds, whose choice of a point is asked for."""
        site = boundary.site
        point = self._choices.at(site, at) or self._choices.deepest(boundary, start, end)
        if point not in boundary.places:
            return Chosen(point, NOTHING)
        return Chosen(point, self._sums.over(site, point, start, end))

    def in_first_hour(self, boundary: Boundary, by_cells: Chosen) -> Chosen:
        """In the first hour, use the exact overlap of all meters if it is longer than the cells.

        Only cells tell that a meter stands at 0 and cannot.
        """
        end = round(self._clock() * 1000)
        if any(one.site == boundary.site for one in self._hours.rests(end - HOUR_MS)):
            return by_cells
        chosen = self._choices.at(boundary.site)
        for point in (chosen,) if chosen else boundary.it_candidates:
            common = self._common.get((boundary.site, point))
            if common is None:  # the same for every window
                common = self._common[boundary.site, point] = common_sum(
                    self._hours, boundary, point, end - HOUR_MS, end
                )
            if common.cells > by_cells.total.cells:
                return Chosen(point, common)
        return by_cells
