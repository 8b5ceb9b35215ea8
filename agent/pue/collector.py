"""The PUE of every site as samples: the collector `pue`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar, Final, NamedTuple

from agent.families import placed
from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from agent.pue.boundary import Boundary
from agent.pue.model import PUE_STATES, Factor, PueResult
from agent.pue.pue import Pue
from agent.snapshot import LiveValues
from collectors.base import Reading, Schedule
from collectors.catalogue import site as catalogue
from collectors.catalogue.facility import METER_POWER, PDU_POWER

_NOT_ENERGY: Final = {"carbon": catalogue.SITE_CARBON, "water": catalogue.SITE_WATER}


class _MeterName(NamedTuple):
    """A meter or PDU of a site."""

    site: str
    name: str


_Watts = dict[_MeterName, float]


class PueCollector:
    """PUE with its coverage, uncertainty and state, the energies behind it, and the power now.

    `targets` are the PUE limits of sites that have one. The PUE that the rest of the year must
    average is reckoned from them.
    """

    name: ClassVar[str] = "pue"
    device = ""

    def __init__(
        self,
        inventory: Inventory,
        snapshot: LiveValues,
        ledger: Ledger,
        hub: str,
        *,
        targets: Mapping[str, float] | None = None,
        interval: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.pue = Pue(ledger, inventory, clock=clock)
        self._ledger, self._snapshot, self._hub, self._clock = ledger, snapshot, hub, clock
        self._targets = targets or {}
        self._sites_of_others = inventory.sites_of_others
        self.schedule = Schedule(
            interval=interval, timeout=max(30.0, interval), max_samples=100_000
        )

    async def collect(self) -> Iterable[Reading]:
        """Sum what is new off the event loop, and yield what is known of every metered site."""
        watts = self._watts()
        return await asyncio.to_thread(lambda: list(self._readings(watts)))

    def _watts(self) -> _Watts:
        """Return the latest power of every meter and PDU.

        The snapshot belongs to the event loop, so this is done there.
        """
        found: _Watts = {}
        for metric, label in ((PDU_POWER, "pdu"), (METER_POWER, "meter")):
            site, name = metric.at("site"), metric.at(label)
            for head, _, value in placed(self._snapshot.family(metric)):
                found[_MeterName(head.values[site], head.values[name])] = value
        return found

    def _readings(self, watts: _Watts) -> Iterator[Reading]:
        self._ledger.flush()
        self.pue.refresh()
        resting = self.pue.resting()
        yield from self._stuck(resting)
        for site, name, _ in (key for key, is_dead in resting.items() if is_dead):
            watts.pop(_MeterName(site, name), None)  # missing, like a silent one: it is not 0 W
        now = self._clock()
        for site in self.pue.sites():
            if site in self._sites_of_others:
                continue
            yield from self._power(self.pue.boundary(site), watts)
            yield from self._energy(site)
            for result in self.pue.results(site):
                yield from self._window(result)
                if result.pue is not None:
                    kpi = f"pue:{result.window}"
                    self._ledger.add_history(kpi, self._hub, site, now, result.pue)
            yield from self._target(site)

    def _stuck(self, resting: Mapping[tuple[str, str, str], bool]) -> Iterator[Reading]:
        """Yield the meters whose register was found stuck, or that stood at 0 and could not."""
        found = dict(resting)
        for meter in self._ledger.intake.found_stuck():
            key = (meter.key.site, meter.key.name, meter.point)
            found[key] = found.get(key, False) or bool(meter.is_stuck)
        for key, is_stuck in found.items():
            yield catalogue.METER_STUCK.series(self._hub, *key), float(is_stuck)

    def _target(self, site: str) -> Iterator[Reading]:
        """Yield a site's limit, and what the rest of the year must average to keep it."""
        target = self._targets.get(site)
        if target is None:
            return
        yield catalogue.SITE_PUE_LIMIT.series(self._hub, site), target
        required = self.pue.required(site, target)
        if required is not None:
            yield catalogue.SITE_PUE_REQUIRED.series(self._hub, site), required

    def _window(self, result: PueResult) -> Iterator[Reading]:
        """Yield the PUE of one window, and what it was made of."""
        where, window = (self._hub, result.site), result.window
        if result.pue is not None:
            yield catalogue.SITE_PUE.series(*where, str(result.category), window), result.pue
            if result.uncertainty is not None:
                yield catalogue.SITE_PUE_UNCERTAINTY.series(*where, window), result.uncertainty
        yield catalogue.SITE_PUE_COVERAGE.series(*where, window), result.coverage
        for state in PUE_STATES:
            series = catalogue.SITE_PUE_STATE.series(*where, window, state)
            yield series, float(state == result.state)
        if result.coverage > 0:
            energy = catalogue.SITE_WINDOW_ENERGY
            yield energy.series(*where, "facility", window), result.facility_joules
            yield energy.series(*where, "it", window), result.it_joules
        if result.renewable_ratio is not None:
            yield catalogue.SITE_RENEWABLE.series(*where, window), result.renewable_ratio
        if result.grade is not None:
            yield catalogue.SITE_PUE_GRADE.series(*where, window), float(result.grade)
        if result.pue is not None:
            yield from self._overheads(result)
        for factor in result.factors:
            yield from self._factor(result, factor)

    def _overheads(self, result: PueResult) -> Iterator[Reading]:
        """Yield where the overhead of a window goes."""
        where, window = (self._hub, result.site), result.window
        for one in result.overheads:
            of = (*where, one.subsystem, window)
            yield catalogue.SITE_OVERHEAD.series(*of), one.joules
            yield catalogue.SITE_OVERHEAD_COVERAGE.series(*of), one.coverage
            if one.partial_pue is not None:
                yield catalogue.SITE_PARTIAL_PUE.series(*of), one.partial_pue

    def _factor(self, result: PueResult, factor: Factor) -> Iterator[Reading]:
        """Yield ERF, CUE or WUE."""
        where, window = (self._hub, result.site), result.window
        coverage = catalogue.SITE_FACTOR_COVERAGE.series(*where, factor.name, window)
        yield coverage, factor.coverage
        if factor.value is None:
            return
        if factor.name == "cue":
            yield catalogue.SITE_CUE.series(*where, result.carbon_basis, window), factor.value
        else:
            metric = catalogue.SITE_REUSED if factor.name == "erf" else catalogue.SITE_WUE
            yield metric.series(*where, window), factor.value

    def _power(self, boundary: Boundary, watts: _Watts) -> Iterator[Reading]:
        """Yield the power at each boundary where every meter answers, and none is dead.

        What leaves the site is not subtracted: a utility meter shows it as negative power.
        """
        incoming = [point for point in boundary.facility_points if point != "export"]
        for name, points in (("facility", incoming), ("renewable", ["renewable"])):
            total = self._total(boundary, points, watts)
            if total is not None:
                yield catalogue.SITE_POWER.series(self._hub, boundary.site, name), total
        chosen = self.pue.it_point(boundary.site)
        for point in (chosen,) if chosen else boundary.it_candidates:
            total = self._total(boundary, [point], watts)
            if total is not None:
                yield catalogue.SITE_POWER.series(self._hub, boundary.site, "it"), total
                return

    def _total(self, boundary: Boundary, points: Iterable[str], watts: _Watts) -> float | None:
        """Add up the power at some points; None where no meter is there or one is silent."""
        now = round(self._clock() * 1000)
        total: float | None = None
        for place in (place for point in points for place in boundary.places.get(point, ())):
            if not place.counted_in(now, now + 1):
                continue
            keys = (_MeterName(boundary.site, name) for name in place.names)
            value = next((watts[key] for key in keys if key in watts), None)
            if value is None:
                return None
            total = (total or 0.0) + value * place.factor
        return total

    def _energy(self, site: str) -> Iterator[Reading]:
        """Yield the counters since the ledger began."""
        for name, total in self.pue.totals(site).items():
            if name in _NOT_ENERGY:
                yield _NOT_ENERGY[name].series(self._hub, site), total
            else:
                yield catalogue.SITE_ENERGY.series(self._hub, site, name), total
