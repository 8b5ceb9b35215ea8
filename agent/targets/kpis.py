"""How every KPI is measured: one row a KPI, from which both readings of it are made.

`agent.targets.measured` reads a row off the snapshot of one agent; `dashboards.signals.total`
writes the PromQL of its recording rules. A KPI without a row is registered only. Ratios are sums
over sums, never means of ratios.

Nothing that goes silent may make a value better. So a row says which sites the value needs. While
one of them tells nothing, a mean or a slowest value is withdrawn, and a sum is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from agent.hubs.model import Kpi
from agent.ledger.energy import JOULES_PER_KWH
from agent.targets.measure import Match, Measure, Narrowing, Part
from collectors.base import Metric
from collectors.catalogue import facility, node, rack, site
from collectors.catalogue.limits import PRECISION, QUANTILE, YEAR_WINDOW
from collectors.catalogue.link import LINK_LOSS, LINK_ROUND_TRIP, LINK_SPEED

IN_SERVICE: Final = "in_service"
BUILDING: Final = "under_construction"

_CHIP: Final = ("hub", "site", "node", "accelerator")
_SEEN_CHIPS: Final = Part(metric=node.ACCELERATOR_INFO, per_site="count", each=_CHIP)


def _state(*states: str) -> tuple[Match]:
    return (Match(label="state", values=states),)


def _sites(kpi: str, *states: str) -> Measure:
    part = Part(metric=site.SITE_INFO, where=_state(*states), none_is_zero=True)
    return Measure(kpi=kpi, part=part, count=True, above="always")


def _racks_in(state: str) -> Part:
    return Part(
        metric=rack.RACK_INFO,
        where=_state(state),
        per_site="count",
        each=("hub", "site", "row", "rack"),
    )


def _racks(kpi: str, state: str) -> Measure:
    part = replace(_racks_in(state), none_is_zero=True)
    return Measure(kpi=kpi, part=part, count=True, above="always")


_YEAR: Final = Match(label="window", values=(YEAR_WINDOW,))


def _of_year(metric: Metric, *where: Match) -> Part:
    """Return what the site's one source tells of the year."""
    return Part(metric=metric, where=(*where, _YEAR), among_sources="chosen")


def _occupancy(kpi: str, method: str, weight: Part) -> Measure:
    part = Part(
        metric=site.SITE_OCCUPANCY,
        where=(Match(label="method", values=(method,)),),
        among_sources="min",
    )
    return _of_racks(Measure(kpi=kpi, part=part, weight=weight))


def _of_racks(row: Measure) -> Measure:
    """Return a row that each site with a rack in service must tell."""
    return replace(row, needs=(_racks_in(IN_SERVICE),), witness=rack.RACK_INFO)


def _energy(boundary: str) -> Part:
    return _of_year(site.SITE_WINDOW_ENERGY, Match(label="boundary", values=(boundary,)))


YEAR_PUE: Final = _of_year(site.SITE_PUE)
YEAR_COVERED: Final = _of_year(site.SITE_PUE_COVERAGE)
"""By these two a site's source is chosen."""

_IN_SERVICE: Final = (
    Part(metric=site.SITE_EXPECTED),
    Part(metric=site.SITE_INFO, where=_state(IN_SERVICE), none_is_zero=True),
)
"""The sites of the hub: a site that is listed and not in service is none of them."""


def _factor(kpi: str, value: Metric, name: str, base: str, *, times: float = 1.0) -> Measure:
    """Return a figure of ISO/IEC 30134: sums over sums, as each site counts by the base energy."""
    return Measure(
        kpi=kpi,
        part=_of_year(value),
        weight=_energy(base),
        times=times,
        coverage=YEAR_COVERED,
        heard=_of_year(site.SITE_FACTOR_COVERAGE, Match(label="factor", values=(name,))),
        needs=_IN_SERVICE,
        witness=facility.METER_UP,
    )


MEASURES: Final[tuple[Measure, ...]] = (
    _sites("data_centers_in_service", IN_SERVICE),
    _sites("data_centers_under_construction", BUILDING),
    _sites("data_centers", IN_SERVICE, BUILDING),
    _racks("racks_in_service", IN_SERVICE),
    _racks("racks_under_construction", BUILDING),
    _occupancy("rack_occupancy", "racks", _racks_in(IN_SERVICE)),
    _occupancy("space_occupancy", "units", Part(metric=site.SITE_UNITS)),
    _of_racks(Measure(kpi="headroom", part=Part(metric=site.SITE_HEADROOM))),
    _of_racks(
        Measure(
            kpi="temperature_compliance",
            part=Part(metric=site.SITE_INLETS_WITHIN, among_sources="min"),
            weight=_racks_in(IN_SERVICE),
        )
    ),
    Measure(
        kpi="compute_flops",
        part=Part(
            metric=node.ACCELERATOR_PEAK,
            where=(Match(label="precision", values=(PRECISION,)),),
            per_site="sum",
            each=_CHIP,
        ),
        count=True,
        listed="peak",
        above="always",
        witness=node.ACCELERATOR_INFO,
    ),
    Measure(
        kpi="accelerators",
        part=_SEEN_CHIPS,
        count=True,
        listed="chips",
        above="always",
        narrowing=Narrowing(label="vendor", beginning=True),
    ),
    Measure(
        kpi="accelerator_hours",
        part=Part(metric=node.ACCELERATOR_USED, per_site="sum", each=_CHIP),
        needs=(_SEEN_CHIPS,),
        partial=True,
        witness=node.ACCELERATOR_UTILIZATION,
    ),
    Measure(
        kpi="pue",
        part=_energy("facility"),
        per=_energy("it"),
        only_with=YEAR_PUE,
        least=1.0,
        coverage=YEAR_COVERED,
        needs=_IN_SERVICE,
        witness=facility.METER_UP,
    ),
    Measure(
        kpi="renewable_energy_factor",
        part=_of_year(site.SITE_RENEWABLE),
        weight=_energy("facility"),
        coverage=YEAR_COVERED,
        needs=_IN_SERVICE,
        witness=facility.METER_UP,
    ),
    _factor("energy_reuse_factor", site.SITE_REUSED, "erf", "facility"),
    _factor("carbon_usage_effectiveness", site.SITE_CUE, "cue", "it", times=JOULES_PER_KWH),
    _factor("water_usage_effectiveness", site.SITE_WUE, "wue", "it", times=JOULES_PER_KWH),
    Measure(
        kpi="carbon",
        part=Part(metric=site.SITE_CARBON),
        needs=_IN_SERVICE,
        witness=facility.METER_UP,
    ),
    Measure(kpi="link_rate", part=Part(metric=LINK_SPEED), over_sites="max", above="always"),
    Measure(
        kpi="in_service",
        part=Part(metric=site.SITE_INFO, where=_state(IN_SERVICE), none_is_zero=True),
        over_sites="max",
        groups_only=True,
    ),
    Measure(
        # Every site has to keep a limit, so the slowest peer of the slowest site is told.
        kpi="round_trip",
        part=Part(metric=LINK_ROUND_TRIP, where=(Match(label="share", values=(QUANTILE,)),)),
        over_sites="max",
        needs=(Part(metric=LINK_LOSS, per_site="count", each=("hub", "site", "peer")),),
        every_thing=True,
        above="narrowed",
        narrowing=Narrowing(label="peer"),
    ),
)
"""Every KPI that telemetry and the inventory can measure."""

_BY_KPI: Final = {measure.kpi: measure for measure in MEASURES}


def measure_of(kpi: Kpi) -> Measure | None:
    """Return how a KPI is measured; None for one that is registered only."""
    measure = _BY_KPI.get(kpi.measure)
    if measure is None or kpi.label is None:
        return measure
    return measure.to(kpi.label.value)


def measured(kpis: Iterable[Kpi]) -> dict[str, Measure]:
    """Return how each KPI is measured, by key, in the order of the rows; others are left out."""
    known = [(kpi, measure) for kpi in kpis if (measure := measure_of(kpi)) is not None]
    order = {measure.kpi: n for n, measure in enumerate(MEASURES)}
    known.sort(key=lambda pair: order[pair[1].kpi])
    return {kpi.key: measure for kpi, measure in known}
