"""How every KPI is measured: one row a KPI, from which both readings of it are made.

`agent.targets.measured` reads a row off the snapshot of one agent; `dashboards.signals.total`
writes the PromQL of its recording rules. A KPI without a row is registered only. Ratios are sums
over sums, never means of ratios.

Nothing that goes silent may make a value better. So a row says which sites the value needs. While
one of them tells nothing, a mean or a slowest value is withdrawn, and a sum is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from agent.hubs.model import Kpi
from agent.pue.model import JOULES_PER_KWH
from collectors.base import Metric
from collectors.catalogue import facility, node, rack, site
from collectors.catalogue.limits import PRECISION, QUANTILE, YEAR_WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which series of a metric count: those where a label has one of these values."""

    label: str
    values: tuple[str, ...]
    any_case: bool = False
    """True where upper and lower case are the same."""
    beginning: bool = False
    """True where a value that only begins so counts as well."""

    @property
    def exact(self) -> bool:
        """Whether only one value of the label counts."""
        return len(self.values) == 1 and not (self.any_case or self.beginning)

    def takes(self, value: str) -> bool:
        """Tell whether a series with this value of the label counts."""
        if not (self.any_case or self.beginning):
            return value in self.values
        wanted: Iterable[str] = self.values
        if self.any_case:
            value, wanted = value.casefold(), (one.casefold() for one in self.values)
        return value.startswith(tuple(wanted)) if self.beginning else value in wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value of each site, made of the series of one metric."""

    metric: Metric
    where: tuple[Match, ...] = ()
    per_site: Literal["max", "sum", "count"] = "max"
    """How the things of a site make the site's value."""
    each: tuple[str, ...] = ("hub", "site")
    """The labels that tell one thing from another: a rack, a chip. Series that share them are
    one."""
    none_is_zero: bool = False
    """True where a site that has the metric, but no series that counts, has the value 0."""
    among_sources: Literal["max", "min", "chosen"] = "max"
    """Which value counts where several gateways tell it of one site: the largest, the smallest, or
    that of the gateway that was chosen for the site's energies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """The label that a hub's file may narrow a KPI by."""

    label: str
    beginning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One row: what a KPI is measured by, and how the sites of a hub make one value."""

    kpi: str
    part: Part
    over_sites: Literal["sum", "max"] = "sum"
    weight: Part | None = None
    """Makes the mean of `part`, weighted by this, over the sites that have both."""
    per: Part | None = None
    """Makes the sum of `part` over the sum of this."""
    only_with: Part | None = None
    """Only sites tell this that have this as well."""
    times: float = 1.0
    """What a mean is multiplied by: what is for each joule is told for each kilowatt-hour."""
    least: float | None = None
    """A smaller value is none."""
    coverage: Part | None = None
    """The share of each site's time that was metered. Each site counts by its mean over that time,
    so that hours that were not metered change no site's weight. The KPI's coverage is the sites'
    mean, weighted as the value is."""
    heard: Part | None = None
    """The share of each site's time in which the KPI's own meters were heard, where its weight has
    other meters: those of water. It makes the KPI's coverage; `coverage` is the weight's alone."""
    count: bool = False
    """True for what the inventory lists: a lower bound unless the inventory is complete. Sites of
    several hubs add up; any other KPI of several hubs is the largest."""
    needs: tuple[Part, ...] = ()
    """The sites that must tell this: those where the first of these parts that is known is above 0.
    A site that told it once is one of them. The value is a bound unless all sites are listed."""
    every_thing: bool = False
    """True where a site tells this only if each thing of `needs` has a value: each probed peer."""
    listed: Literal["", "chips", "peak"] = ""
    """What the inventory adds for nodes that tell nothing of their accelerators. Where both a rule
    and an agent have a value, each counted a part, and the larger is nearer."""
    groups_only: bool = False
    """True where an agent gives the value of named groups of sites only, not of the whole hub."""
    above: Literal["never", "narrowed", "always"] = "never"
    """Whether an agent, which sees a part of a hub above its own, may tell this of that hub."""
    narrowing: Narrowing | None = None
    witness: Metric | None = None
    """What must be in the database for the KPI to have a value; the metric of `part` where None."""
    narrowed: Match | None = None
    """What the KPI is narrowed to: one peer, one vendor."""

    @property
    def mean(self) -> bool:
        """Whether sites make a mean: a part of them proves nothing of the whole."""
        return self.weight is not None or self.per is not None

    @property
    def all_or_none(self) -> bool:
        """Whether there is no value while a site that it needs tells nothing."""
        return bool(self.needs) and (self.mean or self.over_sites == "max")

    @property
    def of_a_part(self) -> bool:
        """Whether an agent may tell this of a hub above its own."""
        return self.above == "always" or (self.above == "narrowed" and self.narrowed is not None)

    def to(self, value: str) -> Measure:
        """Return this row narrowed to one value of its label."""
        if self.narrowing is None:
            message = f"{self.kpi} cannot be narrowed to {value}"
            raise ValueError(message)
        match = Match(
            label=self.narrowing.label,
            values=(value,),
            any_case=True,
            beginning=self.narrowing.beginning,
        )
        return replace(
            self,
            part=_narrowed(self.part, match),
            needs=tuple(_narrowed(part, match) for part in self.needs),
            narrowed=match,
        )


def _narrowed(part: Part, match: Match) -> Part:
    return replace(part, where=(*part.where, match))


IN_SERVICE: Final = "in_service"
BUILDING: Final = "under_construction"

_CHIP: Final = ("hub", "site", "node", "accelerator")


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
    Measure(
        kpi="rack_occupancy",
        part=Part(
            metric=site.SITE_OCCUPANCY,
            where=(Match(label="method", values=("racks",)),),
            among_sources="min",
        ),
        weight=_racks_in(IN_SERVICE),
        needs=(_racks_in(IN_SERVICE),),
        witness=rack.RACK_INFO,
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
        part=Part(metric=node.ACCELERATOR_INFO, per_site="count", each=_CHIP),
        count=True,
        listed="chips",
        above="always",
        narrowing=Narrowing(label="vendor", beginning=True),
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
    Measure(kpi="link_rate", part=Part(metric=site.LINK_SPEED), over_sites="max", above="always"),
    Measure(
        kpi="in_service",
        part=Part(metric=site.SITE_INFO, where=_state(IN_SERVICE), none_is_zero=True),
        over_sites="max",
        groups_only=True,
    ),
    Measure(
        # Every site has to keep a limit, so the slowest peer of the slowest site is told.
        kpi="round_trip",
        part=Part(metric=site.LINK_ROUND_TRIP, where=(Match(label="share", values=(QUANTILE,)),)),
        over_sites="max",
        needs=(Part(metric=site.LINK_LOSS, per_site="count", each=("hub", "site", "peer")),),
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
