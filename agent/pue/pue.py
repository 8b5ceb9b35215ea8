"""PUE, power usage effectiveness (ISO/IEC 30134-2): facility energy over IT energy, both over the same covered time.

Never a mean of ratios and never a ratio of momentary watts. A cell of five minutes counts when every meter of both
boundaries was heard throughout it. Formulas, worked examples and sources are in docs/kpis.md.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS
from agent.pue.factors import factors, overheads
from agent.pue.first_hour import common_sum
from agent.pue.model import CATEGORY, PowerPoint, PueResult, TrendPoint, is_interim
from agent.pue.site_hours import SiteHours
from agent.pue.uncertainty import relative
from agent.pue.windows import NOTHING, Sum, Sums, bounds, year_end
from collectors.catalogue.limits import MIN_COVERAGE, WINDOWS

if TYPE_CHECKING:
    from agent.inventory.model import Inventory
    from agent.ledger.ledger import Ledger
    from agent.pue.boundary import Boundary
    from agent.pue.model import PueState
    from agent.pue.site_hours import SiteHour
    from collectors.catalogue.limits import Window

_COUNTED: Final = {"green": "renewable", "reused": "reused", "carbon": "carbon", "water": "water"}
_HOURLY_UNTIL_DAYS: Final = 3
_BY_CELL_UNTIL_HOURS: Final = 12


class Pue:
    """PUE of every site, from the ledger; may be asked from any thread."""

    def __init__(
        self, ledger: Ledger, inventory: Inventory, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.inventory, self.ledger = inventory, ledger
        self.hours = SiteHours(ledger, inventory, clock=clock)
        self._sums = Sums(self.hours)
        self._clock = clock
        self._lock = threading.Lock()
        self._common: dict[tuple[str, str], Sum] = {}
        self._totals: dict[str, tuple[int, dict[str, float]]] = {}
        # A PDU is read once in so many seconds; before its next reading, what it draws at present is not known.
        self._lag_ms = 75_000 + (
            1000 * ledger.settings.resolution(len(inventory.pdus)) if inventory.pdus else 0
        )

    def refresh(self, *, budget: float | None = None) -> bool:
        """Take in what the meters have said since; slow at a big site, so not on the event loop. False: there is more.

        Without any `budget` of seconds the boundaries are worked out, and what was summed before is taken as it is.
        """
        with self._lock:
            done = self.hours.refresh() if budget is None else self.hours.refresh(budget=budget)
            self._common.clear()
            self._sums.update()
        return done

    def sites(self) -> tuple[str, ...]:
        """The sites that have meters."""
        return tuple(
            site for site, boundary in list(self.hours.boundaries.items()) if boundary.parts
        )

    def boundary(self, site: str) -> Boundary:
        """Return what is metered at a site; raises KeyError."""
        return self.hours.boundaries[site]

    @property
    def now(self) -> int:
        """The end of the present windows, in milliseconds: the last whole cell that all meters can have spoken of."""
        end = round(self._clock() * 1000) - self._lag_ms
        return end - end % CELL_MS

    def result(self, site: str, window: Window) -> PueResult:
        """Return the PUE of a window that ends now; raises KeyError for a site that is not known."""
        zone = self.hours.sites[site].zone
        start, end = bounds(window, self.now, zone)
        return self._result(site, window, start, end)

    def results(self, site: str) -> list[PueResult]:
        """Return the PUE of all windows that end now."""
        return [self.result(site, window) for window in WINDOWS]

    def between(self, site: str, start: float, end: float) -> PueResult:
        """Return the PUE between two times (seconds since the epoch), taken to whole cells."""
        first, last = round(start * 1000), round(end * 1000)
        return self._result(site, "custom", first - first % CELL_MS, last - last % CELL_MS)

    def _result(self, site: str, window: str, start: int, end: int) -> PueResult:
        with self._lock:
            boundary = self._sums.boundary(site)
            if boundary is None:
                raise KeyError(site)
            it_point, total = self._choose(boundary, start, end)
            if total.cells < CELLS and window in WINDOWS:
                it_point, total = self._begin(boundary, it_point, total)
        cells = max(1, (end - start) // CELL_MS)
        coverage = min(1.0, total.cells / cells)
        state, pue, notes = _judge(total, coverage)
        green_known = bool(boundary.parts.get("renewable")) or any(
            p.renewable for p in boundary.parts.get("utility", ())
        )
        return PueResult(
            site=site,
            window=window,
            start=start / 1000,
            end=end / 1000,
            state=state,
            pue=pue,
            category=CATEGORY.get(it_point),
            coverage=coverage,
            uncertainty=relative(
                total,
                self.hours.steps(site, boundary.facility_points),
                self.hours.steps(site, (it_point,)),
                facility_cut=self.hours.cut(site, boundary.facility_points, start, end),
                it_cut=self.hours.cut(site, (it_point,), start, end),
            ),
            facility_joules=total.facility,
            it_joules=total.it,
            interim=is_interim((end - start) / 1000, coverage),
            it_point=it_point,
            facility_method=boundary.method,
            renewable_ratio=min(1.0, total.green / total.facility)
            if green_known and total.facility > 0
            else None,
            factors=factors(total, boundary, it_point, cells),
            overheads=overheads(total, boundary, it_point),
            carbon_basis=self.hours.carbon_basis(site, start, end),
            edition=self.hours.sites[site].edition,
            notes=(*notes, *boundary.notes),
        )

    def _choose(self, boundary: Boundary, start: int, end: int) -> tuple[str, Sum]:
        """Choose the deepest point that was metered about as long as any other was: one point, never two at once."""
        sums = [(p, self._sums.over(boundary.site, p, start, end)) for p in boundary.it_candidates]
        if not sums:
            return "", NOTHING
        most = max(total.cells for _, total in sums)
        return next((p, total) for p, total in sums if total.cells >= MIN_COVERAGE * most)

    def _begin(self, boundary: Boundary, it_point: str, total: Sum) -> tuple[str, Sum]:
        """In a site's first hour take the time that all meters have in common, where that is more than whole cells are."""
        end = round(self._clock() * 1000)
        for point in boundary.it_candidates:
            common = self._common.get((boundary.site, point))
            if common is None:  # the same for every window
                common = self._common[boundary.site, point] = common_sum(
                    self.hours, boundary, point, end - HOUR_MS, end
                )
            if common.cells > total.cells:
                return point, common
        return it_point, total

    def required(self, site: str, target: float) -> float | None:
        """Return what the rest of the local year must average for the year to end at `target`; None without a PUE."""
        ytd = self.result(site, "ytd")
        if ytd.pue is None or ytd.coverage <= 0:
            return None
        elapsed = ytd.end - ytd.start
        rest = year_end(round(ytd.start * 1000), self.hours.sites[site].zone) / 1000 - ytd.end
        scale = 1.0 / ytd.coverage  # the hours not covered are taken to be like those that were
        return required_pue(
            facility=ytd.facility_joules * scale,
            it=ytd.it_joules * scale,
            it_rest=ytd.it_joules * scale * rest / elapsed,
            target=target,
        )

    def totals(self, site: str) -> dict[str, float]:
        """Return the energy since the ledger began, by boundary: facility, it, renewable, reused. It never falls.

        Beside them `carbon` in kilograms and `water` in litres.

        A late reading may correct a sum downwards by a little; a counter that fell would look like a restart.
        """
        known = self._totals.get(site)
        if known is not None and known[0] == self.now:
            return known[1]
        boundary = self.hours.boundaries[site]
        points = self.hours.joules(site)
        found: dict[str, float] = {}
        facility = [p for p in boundary.facility_points if p in points]
        if facility:
            found["facility"] = sum(-points[p] if p == "export" else points[p] for p in facility)
        if points.get("it"):
            found["it"] = points["it"]
        found |= {name: points[point] for point, name in _COUNTED.items() if point in points}
        totals = {
            name: self.ledger.never_less(f"total:{site}:{name}", joules)
            for name, joules in found.items()
        }
        if totals:
            self._totals[site] = (self.now, totals)
        return totals

    def pue_trend(self, site: str, days: float) -> list[TrendPoint]:
        """Return the PUE of each hour of the last days or, over more than three days, of each local day."""
        zone = self.hours.sites[site].zone
        end = self.now
        begin = end - round(days * 24) * HOUR_MS
        if days <= _HOURLY_UNTIL_DAYS:
            edges = list(range(begin - begin % HOUR_MS, end, HOUR_MS))
        else:
            day = dt.datetime.fromtimestamp(begin / 1000, zone).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            edges = []
            while (at := round(day.timestamp() * 1000)) < end:
                edges.append(at)
                day += dt.timedelta(days=1)
        found = []
        for start, stop in zip(edges, [*edges[1:], end], strict=True):
            result = self._result(site, "trend", start, stop)
            point = TrendPoint(
                time=start / 1000,
                pue=result.pue,
                coverage=result.coverage,
                uncertainty=result.uncertainty,
            )
            found.append(point)
        return found

    def power_trend(self, site: str, hours: float) -> list[PowerPoint]:
        """Return the mean power of each five minutes, or over more than twelve hours of each hour."""
        step = CELL_MS if hours <= _BY_CELL_UNTIL_HOURS else HOUR_MS
        end = self.now
        begin = end - round(hours * HOUR_MS)
        found = []
        with self._lock:
            boundary = self._sums.boundary(site)
            if boundary is None:
                raise KeyError(site)
            it_point, _ = self._choose(boundary, begin - begin % CELL_MS, end)
            rows = self.hours.hours(site, begin - begin % HOUR_MS, end)
        for start in range(begin - begin % step, end, step):
            hour = rows.get(start - start % HOUR_MS, {})
            first = (start % HOUR_MS) // CELL_MS
            cells = range(first, first + step // CELL_MS)
            found.append(
                PowerPoint(
                    time=start / 1000,
                    facility_watts=_facility(hour, boundary, cells),
                    it_watts=_mean(hour, it_point, cells),
                )
            )
        return found


def _facility(hour: dict[str, SiteHour], boundary: Boundary, cells: range) -> float | None:
    """Return the mean power that came in, less what left where that was metered; None where a point is not covered."""
    total, some = 0.0, False
    for point in boundary.facility_points:
        if point == "export" and point not in hour:
            continue
        mean = _mean(hour, point, cells)
        if mean is None:
            return None
        total, some = total + (-mean if point == "export" else mean), True
    return total if some else None


def _mean(hour: dict[str, SiteHour], point: str, cells: range) -> float | None:
    """Return the mean power over those cells of an hour in which the point is covered; None where it is in none."""
    found = hour.get(point)
    if found is None:
        return None
    joules = [found.joules[n] for n in cells if found.mask >> n & 1]
    return sum(joules) * 1000.0 / (CELL_MS * len(joules)) if joules else None


def _judge(total: Sum, coverage: float) -> tuple[PueState, float | None, tuple[str, ...]]:
    if not total.cells:
        return "no_data", None, ("no time is covered at both boundaries",)
    if total.it <= 0:
        return "inconsistent", None, ("no IT energy in the covered time",)
    pue = total.facility / total.it
    if pue < 1:
        return (
            "inconsistent",
            None,
            (f"facility energy is {pue:.3f} of IT energy: a meter is missing or scaled wrongly",),
        )
    return ("valid" if coverage >= MIN_COVERAGE else "low_coverage"), pue, ()


def required_pue(*, facility: float, it: float, it_rest: float, target: float) -> float | None:
    """Return the PUE that the rest must have: (target x (it + it_rest) - facility) / it_rest; None where nothing is left.

    Below 1 the target cannot be met any more.
    """
    if it_rest <= 0:
        return None
    return (target * (it + it_rest) - facility) / it_rest
