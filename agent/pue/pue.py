"""PUE, power usage effectiveness (ISO/IEC 30134-2): facility energy over IT energy.

Both are sums over the same covered time. It is never a mean of ratios, and never a ratio of
momentary watts. A cell of five minutes counts if every meter of both boundaries was heard
throughout it. Formulas, worked examples and sources are in docs/kpis.md.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

from agent.inventory.model import Inventory
from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, floor_hour
from agent.ledger.ledger import Ledger
from agent.ledger.store.former_hours import AsOf
from agent.pue.boundary import Boundary
from agent.pue.chosen import Chosen, ChosenSums
from agent.pue.factors import contradictions, factors, overheads
from agent.pue.it_choice import ItChoices
from agent.pue.model import (
    CATEGORY,
    PowerPoint,
    PueResult,
    PueState,
    TrendPoint,
    is_interim,
)
from agent.pue.not_believed import not_believed
from agent.pue.not_metered import NotMetered
from agent.pue.periods import bounds, year_end
from agent.pue.required import required_pue
from agent.pue.site_hours import SiteHours
from agent.pue.sums import Sum
from agent.pue.totals import Totals
from agent.pue.trends import power_points, power_step, trend_edges
from agent.pue.uncertainty import relative
from agent.pue.window_sums import WindowSums
from collectors.catalogue.limits import MIN_COVERAGE, WINDOWS, Window

_LAG_MS: Final = 75_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Whether a sum makes a PUE."""

    state: PueState
    pue: float | None = None
    notes: tuple[str, ...] = ()


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
        self._not_metered = NotMetered(self.hours, self._sums)
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
            self._choices.update(self.hours.boundaries, self.now, store=True)
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
            self._choices.update(self.hours.boundaries, self.now, store=False)

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
        return self._result(site, window, start, end)

    def results(self, site: str) -> list[PueResult]:
        """Return the PUE of all windows that end now."""
        return [self.result(site, window) for window in WINDOWS]

    def between(self, site: str, start: float, end: float) -> PueResult:
        """Return the PUE between two times (seconds since the epoch), taken to whole cells."""
        first, last = round(start * 1000), round(end * 1000)
        return self._result(site, "custom", first - first % CELL_MS, last - last % CELL_MS)

    def _result(
        self, site: str, window: str, start: int, end: int, at: int | None = None
    ) -> PueResult:
        """Return the PUE of a window; `at` is a time whose point of IT energy is asked for."""
        with self._lock:
            boundary = self._boundary(site)
            chosen = self._chosen.over(boundary, start, end, at)
            left_open = self._not_metered.over(boundary, chosen, start, end)
            if chosen.total.cells < CELLS and window in WINDOWS:
                chosen = self._chosen.in_first_hour(boundary, chosen)
        it_point, total = chosen
        facility, it = total.facility, total.it
        cells = max(1, (end - start) // CELL_MS)
        coverage = min(1.0, total.cells / cells)
        judged = _judge(total, coverage)
        beside = factors(total, cells)
        return PueResult(
            site=site,
            window=window,
            start=start / 1000,
            end=end / 1000,
            state=judged.state,
            pue=judged.pue,
            category=CATEGORY.get(it_point),
            coverage=coverage,
            uncertainty=self._uncertainty(boundary, chosen, start, end, left_open.bias(total)),
            facility_joules=facility.joules,
            it_joules=it.joules,
            interim=is_interim((end - start) / 1000, coverage),
            it_point=it_point,
            facility_method=boundary.method,
            renewable_ratio=max(0.0, min(1.0, total.renewable / facility.joules))
            if boundary.knows_renewables and facility.joules > 0
            else None,
            factors=beside,
            overheads=overheads(total, boundary, it_point),
            carbon_basis=self.hours.carbon_basis(site, start, end),
            edition=self.hours.sites[site].edition,
            notes=(
                *judged.notes,
                *contradictions(beside),
                *left_open.notes(coverage),
                *self._switch_notes(site, start),
                *not_believed(
                    self.hours, boundary, {*boundary.facility_points, it_point}, start, end
                ),
                *boundary.notes,
            ),
            uncovered=left_open.uncovered,
        )

    def _uncertainty(
        self, boundary: Boundary, chosen: Chosen, start: int, end: int, bias: float
    ) -> float | None:
        """Return how uncertain a window's PUE is (k = 2); None where it has none."""
        site, (it_point, total) = boundary.site, chosen
        if not total.cells:
            return None
        counted = (
            None
            if total.cells * CELL_MS >= end - start
            else partial(self._sums.counted_ms, site, it_point)
        )
        points = tuple(point for point in boundary.facility_points if point != it_point)
        return relative(
            total,
            facility=self.hours.doubt(site, points, start, end, counted),
            it=self.hours.doubt(site, (it_point,), start, end, counted),
            shares_it=it_point in boundary.facility_points,
            bias=bias,
        )

    def _boundary(self, site: str) -> Boundary:
        boundary = self._sums.boundary(site)
        if boundary is None:
            raise KeyError(site)
        return boundary

    def _switch_notes(self, site: str, start: int) -> Iterator[str]:
        """Say that IT energy was taken elsewhere when a window began."""
        zone = self.hours.sites[site].zone
        for one in self._choices.switches(site, start):
            yield one.note(f"{dt.datetime.fromtimestamp(one.time / 1000, zone):%Y-%m-%d %H:%M}")

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
        edges = trend_edges(self.now, days, self.hours.sites[site].zone)
        switches = [one.time for one in self._choices.switches(site, edges[0])]
        found = []
        for start, end in pairwise(edges):
            one = self._result(site, "trend", start, end, at=end - 1)
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
        step, end = power_step(hours), self.now
        start = end - round(hours * HOUR_MS)
        with self._lock:
            boundary = self._boundary(site)
            it_point = self._chosen.over(boundary, start - start % CELL_MS, end).it_point
            rows = self.hours.hours(site, floor_hour(start), end)
        return power_points(rows, boundary, it_point, range(start - start % step, end, step))


def _judge(total: Sum, coverage: float) -> _Judged:
    if not total.cells:
        return _Judged(state="no_data", notes=("no time is covered at both boundaries",))
    if total.it.joules <= 0:
        return _Judged(state="inconsistent", notes=("no IT energy in the covered time",))
    pue = total.facility.joules / total.it.joules
    if pue < 1:
        note = f"facility energy is {pue:.3f} of IT energy: a meter is missing or scaled wrongly"
        return _Judged(state="inconsistent", notes=(note,))
    return _Judged(state="valid" if coverage >= MIN_COVERAGE else "low_coverage", pue=pue)
