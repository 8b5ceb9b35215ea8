"""What the PUE of every site is, as samples: the collector `pue`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from agent.pue.model import PUE_STATES
from agent.pue.pue import Pue
from agent.snapshot import LiveValues
from collectors.base import Reading, Schedule
from collectors.catalogue import site as catalogue
from collectors.catalogue.facility import METER_POWER, PDU_POWER

if TYPE_CHECKING:
    from agent.inventory.model import Inventory
    from agent.ledger.ledger import Ledger
    from agent.pue.boundary import Boundary
    from agent.pue.model import PueResult

_NOT_ENERGY: Final = {"carbon": catalogue.SITE_CARBON, "water": catalogue.SITE_WATER}
_Watts = dict[tuple[str, str], float]


class PueCollector:
    """PUE, its coverage, uncertainty and state, the energies behind it, and the power at each boundary now.

    `targets` are the PUE limits of sites that have one: what the rest of the year must average is reckoned against them.
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
        self._silent_on = inventory.sites_of_others
        self.schedule = Schedule(
            interval=interval, timeout=max(30.0, interval), max_samples=100_000
        )

    async def collect(self) -> Iterable[Reading]:
        """Sum what is new off the event loop, and tell of every site that has meters."""
        watts = self._watts()
        return await asyncio.to_thread(lambda: list(self._readings(watts)))

    def _watts(self) -> _Watts:
        """Return the latest power of every meter and PDU, by site and name. The snapshot is the event loop's."""
        found = {
            (s.values[1], s.values[4]): value
            for s, value in self._snapshot.family(PDU_POWER).items()
        }
        found.update(
            ((s.values[1], s.values[2]), value)
            for s, value in self._snapshot.family(METER_POWER).items()
        )
        return found

    def _readings(self, watts: _Watts) -> Iterator[Reading]:
        self._ledger.flush()
        self.pue.refresh()
        now = self._clock()
        for site in self.pue.sites():
            if site in self._silent_on:
                continue
            yield from self._power(self.pue.boundary(site), watts)
            yield from self._energy(site)
            for result in self.pue.results(site):
                yield from self._window(result)
                if result.pue is not None:
                    self._ledger.add_history(
                        f"pue:{result.window}", self._hub, site, now, result.pue
                    )
            target = self._targets.get(site)
            if target is not None:
                yield catalogue.SITE_PUE_LIMIT.series(self._hub, site), target
            required = self.pue.required(site, target) if target is not None else None
            if required is not None:
                yield catalogue.SITE_PUE_REQUIRED.series(self._hub, site), required

    def _window(self, result: PueResult) -> Iterator[Reading]:
        where = (self._hub, result.site)
        window = result.window
        if result.pue is not None:
            yield catalogue.SITE_PUE.series(*where, str(result.category), window), result.pue
            if result.uncertainty is not None:
                yield catalogue.SITE_PUE_UNCERTAINTY.series(*where, window), result.uncertainty
        yield catalogue.SITE_PUE_COVERAGE.series(*where, window), result.coverage
        for state in PUE_STATES:
            yield (
                catalogue.SITE_PUE_STATE.series(*where, window, state),
                float(state == result.state),
            )
        if result.coverage > 0:
            yield (
                catalogue.SITE_WINDOW_ENERGY.series(*where, "facility", window),
                result.facility_joules,
            )
            yield catalogue.SITE_WINDOW_ENERGY.series(*where, "it", window), result.it_joules
        if result.renewable_ratio is not None:
            yield catalogue.SITE_RENEWABLE.series(*where, window), result.renewable_ratio
        yield from self._family(result)

    def _family(self, result: PueResult) -> Iterator[Reading]:
        """Yield what is known beside PUE: its grade, where the overhead goes, reuse, carbon and water."""
        where, window = (self._hub, result.site), result.window
        if result.grade is not None:
            yield catalogue.SITE_PUE_GRADE.series(*where, window), float(result.grade)
        for part in result.overheads if result.pue is not None else ():
            yield catalogue.SITE_OVERHEAD.series(*where, part.subsystem, window), part.joules
            yield (
                catalogue.SITE_OVERHEAD_COVERAGE.series(*where, part.subsystem, window),
                part.coverage,
            )
            if part.partial_pue is not None:
                yield (
                    catalogue.SITE_PARTIAL_PUE.series(*where, part.subsystem, window),
                    part.partial_pue,
                )
        for factor in result.factors:
            yield (
                catalogue.SITE_FACTOR_COVERAGE.series(*where, factor.name, window),
                factor.coverage,
            )
            if factor.value is None:
                continue
            if factor.name == "cue":
                yield catalogue.SITE_CUE.series(*where, result.carbon_basis, window), factor.value
            else:
                metric = catalogue.SITE_REUSED if factor.name == "erf" else catalogue.SITE_WUE
                yield metric.series(*where, window), factor.value

    def _power(self, boundary: Boundary, watts: _Watts) -> Iterator[Reading]:
        """Yield the power at each boundary of which every meter answers; `export` is a utility meter's own, negative."""
        incoming = [point for point in boundary.facility_points if point != "export"]
        for name, points in (("facility", incoming), ("renewable", ["renewable"])):
            total = _total(boundary, points, watts)
            if total is not None:
                yield catalogue.SITE_POWER.series(self._hub, boundary.site, name), total
        for point in boundary.it_candidates:
            total = _total(boundary, [point], watts)
            if total is not None:
                yield catalogue.SITE_POWER.series(self._hub, boundary.site, "it"), total
                return

    def _energy(self, site: str) -> Iterator[Reading]:
        for boundary, total in self.pue.totals(site).items():
            if boundary in _NOT_ENERGY:
                yield _NOT_ENERGY[boundary].series(self._hub, site), total
            else:
                yield catalogue.SITE_ENERGY.series(self._hub, site, boundary), total


def _total(boundary: Boundary, points: Iterable[str], watts: _Watts) -> float | None:
    """Add up the power at some points; None where there is no meter or one is silent."""
    total, some = 0.0, False
    for point in points:
        for part in boundary.parts.get(point, ()):
            values = [watts[key] for name in part.names if (key := (boundary.site, name)) in watts]
            if not values:
                return None
            total, some = total + values[0] * part.factor, True
    return total if some else None
