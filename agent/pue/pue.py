"""PUE, power usage effectiveness (ISO/IEC 30134-2): facility energy over IT energy.

Both are sums over the same covered time. It is never a mean of ratios, and never a ratio of
momentary watts. A cell of five minutes counts if every meter of both boundaries was heard
throughout it. Formulas, worked examples and sources are in docs/kpis.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

from agent.inventory.model import Inventory
from agent.ledger.energy import CELL_MS, HOUR_MS, floor_hour
from agent.ledger.ledger import Ledger
from agent.ledger.store.former_hours import AsOf
from agent.pue.at_rest import is_resting
from agent.pue.boundary import Boundary
from agent.pue.chosen import ChosenSums
from agent.pue.it_choice import ItChoices
from agent.pue.model import PowerPoint, PueResult, TrendPoint
from agent.pue.periods import DAY_MS, bounds, year_end
from agent.pue.required import required_pue
from agent.pue.results import WindowResults
from agent.pue.site_hours import SiteHours
from agent.pue.totals import Totals
from agent.pue.trends import edges_between, power_points, power_step, trend_edges
from agent.pue.window_sums import WindowSums
from collectors.catalogue.limits import WINDOWS, Window

_LAG_MS: Final = 75_000


class Pue:
    """PUE of every site, from the ledger; may be asked from any thread."""

    def __init__(
        self,
        ledger: Ledger,
        inventory: Inventory,
        *,
        clock: Callable[[], float] = time.time,
        as_of: AsOf | None = None,
    ) -> None:
        """`as_of` takes everything as it was at an earlier time; see `agent.pue.past`."""
        self.inventory = inventory
        self.hours = SiteHours(ledger, inventory, clock=clock, as_of=as_of)
        self._sums = WindowSums(self.hours)
        self._choices = ItChoices(ledger, self._sums, as_of.time if as_of else None)
        self._totals = Totals(ledger, self.hours, self._choices)
        self._clock = clock
        self._lock = threading.Lock()
        self._chosen = ChosenSums(self.hours, self._sums, self._choices, clock)
        self._results = WindowResults(
            self.hours, self._sums, self._choices, self._chosen, self._lock
        )
        # A PDU is read once in so many seconds, so its power before the next reading is unknown.
        resolution = ledger.settings.resolution(len(inventory.pdus)) if inventory.pdus else 0
        self._lag_ms = _LAG_MS + 1000 * resolution

    def refresh(self) -> bool:
        """Take in what the meters have said since; return False where there is more to do.

        It is slow at a big site, so it is not for the event loop.
        """
        with self._lock:
            done = self.hours.refresh()
            self._chosen.update()
            self._sums.update()
            self._choices.update(self.hours.boundaries, self.now, store=True, summed=done)
        return done

    def sum_up(self) -> None:
        """Take in everything, however long it takes; for commands that run once."""
        while not self.refresh():
            pass

    def take_as_summed(self) -> None:
        """Take the hours as they were summed before; nothing is written."""
        with self._lock:
            self.hours.take_as_summed()
            self._sums.update()
            self._choices.update(self.hours.boundaries, self.now, store=False, summed=True)

    def sites(self) -> tuple[str, ...]:
        """The sites that have meters."""
        return tuple(
            site for site, boundary in list(self.hours.boundaries.items()) if boundary.places
        )

    def boundary(self, site: str) -> Boundary:
        """Return what is metered at a site; raises KeyError."""
        return self.hours.boundaries[site]

    @property
    def now(self) -> int:
        """The end of the present windows, in milliseconds.

        It is the end of the last whole cell that all meters can have told.
        """
        end = round(self._clock() * 1000) - self._lag_ms
        return end - end % CELL_MS

    def result(self, site: str, window: Window) -> PueResult:
        """Return the PUE of a window that ends now; raises KeyError for an unknown site."""
        start, end = bounds(window, self.now, self.hours.sites[site].zone)
        return self._results.over(site, window, start, end)

    def results(self, site: str) -> list[PueResult]:
        """Return the PUE of all windows that end now."""
        return [self.result(site, window) for window in WINDOWS]

    def between(self, site: str, start: float, end: float) -> PueResult:
        """Return the PUE between two times (seconds since the epoch), taken to whole cells."""
        first, last = round(start * 1000), round(end * 1000)
        return self._results.over(site, "custom", first - first % CELL_MS, last - last % CELL_MS)

    def resting(self) -> dict[tuple[str, str, str], bool]:
        """Return the meters that stood at 0 within a day though what they feed drew power.

        For each site, name and point: whether it has done so for an hour, and does still.
        """
        found: dict[tuple[str, str, str], dict[int, int]] = {}
        for one in self.hours.rests(self.now - DAY_MS):
            found.setdefault((one.site, one.meter, one.point), {})[one.hour] = one.cells
        return {key: is_resting(cells, self.now) for key, cells in found.items()}

    def it_point(self, site: str) -> str:
        """Return the point where a site's IT energy is taken; empty while none is chosen."""
        return self._choices.at(site)

    def required(self, site: str, target: float) -> float | None:
        """Return what the rest of the local year must average for the year to end at `target`.

        None without a PUE of the year so far.
        """
        so_far = self.result(site, "ytd")
        if so_far.pue is None:
            return None
        end = year_end(round(so_far.start * 1000), self.hours.sites[site].zone) / 1000
        return required_pue(
            pue=so_far.pue,
            elapsed=so_far.end - so_far.start,
            rest=end - so_far.end,
            target=target,
        )

    def totals(self, site: str) -> Mapping[str, float]:
        """Return a site's counters since the ledger began, by name; they never fall."""
        return self._totals.at(site, self.now)

    def unsummed_hours(self, start: float, end: float) -> int:
        """Return how many hours between two times wait for a sum, so that they are missing."""
        return self.hours.count_unsummed(start, end)

    def pue_trend(self, site: str, days: float) -> list[TrendPoint]:
        """Return the PUE of each hour of the last days or, over three days, of each local day.

        Each is of the point where IT energy was taken then. The interval in which that was changed
        has no PUE, so that no line joins two categories.
        """
        return self._trend(site, trend_edges(self.now, days, self.hours.sites[site].zone))

    def pue_between(self, site: str, start: float, end: float) -> list[TrendPoint]:
        """Return the PUE of each cell, hour or local day between two times, as `pue_trend` does.

        The times are seconds since the epoch. Nothing is told of what is later than now.
        """
        first, last = round(start * 1000), min(round(end * 1000), self.now)
        if first >= last:
            return []
        return self._trend(site, edges_between(first, last, self.hours.sites[site].zone))

    def _trend(self, site: str, edges: list[int]) -> list[TrendPoint]:
        switches = [one.time for one in self._choices.switches(site, edges[0])]
        found = []
        for start, end in pairwise(edges):
            one = self._results.over(site, "trend", start, end, at=end - 1)
            switched = any(start <= time < end for time in switches)
            found.append(
                TrendPoint(
                    time=one.start,
                    pue=None if switched else one.pue,
                    coverage=one.coverage,
                    uncertainty=one.uncertainty,
                    category=one.category,
                    switched=switched,
                )
            )
        return found

    def power_trend(self, site: str, hours: float) -> list[PowerPoint]:
        """Return the mean power of each five minutes, or over twelve hours of each hour."""
        end = self.now
        return self._power(site, end - round(hours * HOUR_MS), end, power_step(hours))

    def power_between(self, site: str, start: float, end: float, step: float) -> list[PowerPoint]:
        """Return the mean power of each interval of `step` seconds: a cell, or an hour.

        The times are seconds since the epoch. Nothing is told of what is later than now.
        """
        first, last = round(start * 1000), min(round(end * 1000), self.now)
        return self._power(site, first, last, round(step * 1000)) if first < last else []

    def _power(self, site: str, start: int, end: int, step: int) -> list[PowerPoint]:
        with self._lock:
            boundary = self._sums.boundary(site)
            it_point = self._chosen.over(boundary, start - start % CELL_MS, end).it_point
            rows = self.hours.hours(site, floor_hour(start), end)
        return power_points(rows, boundary, it_point, range(start - start % step, end, step))
