"""The PUE of one window, with all that is told beside it: its state, uncertainty and notes."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from agent.ledger.energy import CELL_MS, CELLS
from agent.pue.boundary import Boundary
from agent.pue.chosen import Chosen, ChosenSums
from agent.pue.factors import contradictions, factors, overheads
from agent.pue.it_choice import ItChoices
from agent.pue.model import CATEGORY, PueResult, PueState, is_interim
from agent.pue.not_metered import NotMetered
from agent.pue.rejected import rejected
from agent.pue.site_hours import SiteHours
from agent.pue.sums import Sum
from agent.pue.uncertainty import relative
from agent.pue.window_sums import WindowSums
from collectors.catalogue.limits import MIN_COVERAGE, WINDOWS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Whether a sum makes a PUE."""

    state: PueState
    pue: float | None = None
    notes: tuple[str, ...] = ()


class WindowResults:
    """Works out a window's PUE; takes the lock of the sums while it reads them."""

    def __init__(
        self,
        hours: SiteHours,
        sums: WindowSums,
        choices: ItChoices,
        chosen: ChosenSums,
        lock: threading.Lock,
    ) -> None:
        self._hours, self._sums, self._choices, self._chosen = hours, sums, choices, chosen
        self._lock = lock
        self._not_metered = NotMetered(hours, sums)

    def over(
        self, site: str, window: str, start: int, end: int, at: int | None = None
    ) -> PueResult:
        """Return the PUE from `start` to `end`, in milliseconds, which lie on cells.

        `at` is a time whose point of IT energy is asked for. Raises KeyError for an unknown site.
        """
        with self._lock:
            boundary = self._sums.boundary(site)
            chosen = self._chosen.over(boundary, start, end, at)
            left_open = self._not_metered.over(boundary, chosen, start, end)
            if chosen.total.cells < CELLS and window in WINDOWS:
                chosen = self._chosen.in_first_hour(boundary, chosen)
            bias = left_open.bias(chosen.total)
            uncertainty = self._uncertainty(boundary, chosen, start, end, bias)
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
            uncertainty=uncertainty,
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
            carbon_basis=self._hours.carbon_basis(site, start, end),
            edition=self._hours.sites[site].edition,
            notes=(
                *judged.notes,
                *contradictions(beside),
                *left_open.notes(total, coverage),
                *self._switch_notes(site, start),
                *rejected(self._hours, boundary, {*boundary.facility_points, it_point}, start, end),
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
            facility=self._hours.doubt(site, points, start, end, counted),
            it=self._hours.doubt(site, (it_point,), start, end, counted),
            shares_it=it_point in boundary.facility_points,
            bias=bias,
        )

    def _switch_notes(self, site: str, start: int) -> Iterator[str]:
        """Say that IT energy was taken elsewhere when a window began."""
        zone = self._hours.sites[site].zone
        for one in self._choices.switches(site, start):
            yield one.note(f"{dt.datetime.fromtimestamp(one.time / 1000, zone):%Y-%m-%d %H:%M}")


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
