"""Signals of the KPIs that telemetry can measure: each a sum over sites, or a sum over a sum, for a hub and its scopes.

A scope is the whole hub, or a named group of its sites (`dc_site_scope`), since a limit stated for one centre is not the hub's.
Ratios are sums over sums, never means of ratios. Where the raw series are not in this database, the value the agents
computed (`dc_kpi_value`) stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

from agent.hubs.model import WHOLE_HUB, Kpi, Registry
from agent.targets.measured import COUNTS, OF_A_PART
from collectors.catalogue import facility, node, rack, site
from collectors.catalogue.limits import PRECISION, QUANTILE, YEAR_WINDOW
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import Excuse, Signal
from dashboards.signals.rack import RACK_COUNT

RECORD: Final = "hub:dc_kpi:value"

Aggregate = Literal["sum", "max", "min"]

_RACKS: Final = "hub, site, row, rack"
_CHIP: Final = "hub, site, node, accelerator"
_IN_SERVICE: Final = 'state="in_service"'
_HUAWEI: Final = 'vendor=~"(?i)huawei.*"'
_BUILDING: Final = 'state="under_construction"'


class Total:
    """Adds up what each site has: for the whole hub, for one named group of its sites, or (scope "") for both at once.

    `by_rules` reads from recorded series what is dear to count: a KPI names its racks several times over, and a whole hub has tens of thousands.
    """

    def __init__(self, scope: str = "", *, by_rules: bool = False) -> None:
        self.scope, self.by_rules = scope, by_rules

    def racks(self, state: str) -> str:
        """Return how many racks of a state each site has."""
        if self.by_rules:
            return f"sum by (hub, site) ({RACK_COUNT.record}{{<hub>,{state}}})"
        return _count(f"max by ({_RACKS}) ({of(rack.RACK_INFO, state, scope='hub')})")

    def __call__(self, per_site: str, aggregate: Aggregate = "sum") -> str:
        """Return the total of an expression labelled by hub and site, labelled by hub and scope."""
        whole = f'label_replace({aggregate} by (hub) ({per_site}), "scope", "{WHOLE_HUB}", "", "")'
        if self.scope == WHOLE_HUB:
            return whole
        member = of(
            site.SITE_SCOPE, *([f'scope="{self.scope}"'] if self.scope else []), scope="hub"
        )
        group = f"{aggregate} by (hub, scope) (max by (hub, site, scope) ({member}) * on (hub, site) group_left () {per_site})"
        return group if self.scope else f"({whole} or {group})"


def _sites(*matchers: str) -> str:
    return f"max by (hub, site) ({of(site.SITE_INFO, *matchers, scope='hub')})"


def _count(things: str) -> str:
    return f"count by (hub, site) ({things})"


def _occupancy(total: Total) -> str:
    by_racks = 'method="racks"'
    share = f"max by (hub, site) ({of(site.SITE_OCCUPANCY, by_racks, scope='hub')})"
    return _weighted(total, share, total.racks(_IN_SERVICE))


def _weighted(total: Total, share: str, weight: str) -> str:
    """Return a share of each site as the share of all: weighted, over the sites that have both."""
    return f"{total(f'({share} * {weight})')} / ({total(f'({weight} and {share})')} > 0)"


def _chips(*matchers: str) -> str:
    return f"max by ({_CHIP}) ({of(node.ACCELERATOR_INFO, *matchers, scope='hub')})"


def _in_service(total: Total) -> str:
    return total(f"({_sites(_IN_SERVICE)} or {_sites()} * 0)", "max")


def _compute(total: Total) -> str:
    peak = of(node.ACCELERATOR_PEAK, f'precision="{PRECISION}"', scope="hub")
    return total(f"sum by (hub, site) (max by ({_CHIP}) ({peak}))")


def _energy(boundary: str) -> str:
    matchers = (f'boundary="{boundary}"', f'window="{YEAR_WINDOW}"')
    sound = of(site.SITE_PUE, f'window="{YEAR_WINDOW}"', scope="hub")
    return f"(max by (hub, site) ({of(site.SITE_WINDOW_ENERGY, *matchers, scope='hub')}) and on (hub, site) {sound})"


def _pue(total: Total) -> str:
    return f"{total(_energy('facility'))} / ({total(_energy('it'))} > 0) >= 1"


def _renewable(total: Total) -> str:
    window = f'window="{YEAR_WINDOW}"'
    factor = f"max by (hub, site) ({of(site.SITE_RENEWABLE, window, scope='hub')})"
    energy = of(site.SITE_WINDOW_ENERGY, 'boundary="facility"', window, scope="hub")
    return _weighted(total, factor, f"max by (hub, site) ({energy})")


def _round_trip(*peers: str) -> Callable[[Total], str]:
    matchers = (f'quantile="{QUANTILE}"', *(f'peer="{peer}"' for peer in peers))
    return lambda total: total(
        f"max by (hub, site) ({of(site.LINK_ROUND_TRIP, *matchers, scope='hub')})", "max"
    )


RAW: Final[Mapping[str, Callable[[Total], str]]] = {
    "data_centers_in_service": lambda total: total(_sites(_IN_SERVICE)),
    "data_centers_under_construction": lambda total: total(_sites(_BUILDING)),
    "data_centers": lambda total: total(_sites('state=~"in_service|under_construction"')),
    "racks_in_service": lambda total: total(total.racks(_IN_SERVICE)),
    "racks_under_construction": lambda total: total(total.racks(_BUILDING)),
    "rack_occupancy": _occupancy,
    "compute_flops": _compute,
    "accelerators": lambda total: total(_count(_chips())),
    "accelerators_huawei": lambda total: total(_count(_chips(_HUAWEI))),
    "pue": _pue,
    "renewable_energy_factor": _renewable,
    "carbon": lambda total: total(f"max by (hub, site) ({of(site.SITE_CARBON, scope='hub')})"),
    "link_rate": lambda total: total(
        f"max by (hub, site) ({of(site.LINK_SPEED, scope='hub')})", "max"
    ),
    "in_service": _in_service,
    "round_trip": _round_trip(),
    "round_trip_guangzhou": _round_trip("guangzhou"),
    "round_trip_shenzhen": _round_trip("shenzhen"),
    "round_trip_hangzhou": _round_trip("hangzhou"),
}
"""How each measurable KPI comes from raw series; every other KPI is only registered, or computed by the agents alone."""

_METERED: Final = of(facility.METER_UP, scope="hub")
_RACKS_LISTED: Final = of(rack.RACK_INFO, scope="hub")
_SITES_LISTED: Final = of(site.SITE_INFO, scope="hub")
_CHIPS_SEEN: Final = of(node.ACCELERATOR_INFO, scope="hub")
_PROBED: Final = of(site.LINK_ROUND_TRIP, scope="hub")

WITNESS: Final[Mapping[str, str]] = {
    "data_centers_in_service": of(site.SITE_INFO, _IN_SERVICE, scope="hub"),
    "data_centers_under_construction": of(site.SITE_INFO, _BUILDING, scope="hub"),
    "data_centers": _SITES_LISTED,
    "racks_in_service": of(rack.RACK_INFO, _IN_SERVICE, scope="hub"),
    "racks_under_construction": of(rack.RACK_INFO, _BUILDING, scope="hub"),
    "rack_occupancy": _RACKS_LISTED,
    "compute_flops": _CHIPS_SEEN,
    "accelerators": _CHIPS_SEEN,
    "accelerators_huawei": of(node.ACCELERATOR_INFO, _HUAWEI, scope="hub"),
    "pue": _METERED,
    "renewable_energy_factor": _METERED,
    "carbon": _METERED,
    "link_rate": of(site.LINK_SPEED, scope="hub"),
    "in_service": _SITES_LISTED,
    "round_trip": _PROBED,
    "round_trip_guangzhou": of(site.LINK_ROUND_TRIP, 'peer="guangzhou"', scope="hub"),
    "round_trip_shenzhen": of(site.LINK_ROUND_TRIP, 'peer="shenzhen"', scope="hub"),
    "round_trip_hangzhou": of(site.LINK_ROUND_TRIP, 'peer="hangzhou"', scope="hub"),
}
"""What must be in the database for a KPI to have a value; without it, an empty panel is honest."""

_PARTLY_LISTED: Final = frozenset({"accelerators", "accelerators_huawei", "compute_flops"})

_UNITS: Final = {
    "count": ("short", 0),
    "ratio": ("percentunit", 1),
    "s": ("s", 2),
    "bit/s": ("bps", 1),
    "FLOP/s": ("flops", 2),
    "kg": ("suffix:kg CO₂e", 0),
    "yuan": ("currency:¥", 1),
    "yes": ("none", 0),
}


def unit_of(kpi: Kpi) -> tuple[str, int]:
    """Return Grafana's unit id and the decimals for a KPI's base unit. A PUE is a plain number, other ratios are shares."""
    from agent.hubs.units import UNITS  # noqa: PLC0415 - only builds need it

    return ("none", 3) if kpi.key == "pue" else _UNITS[UNITS[kpi.unit].base]


def measured(registry: Registry, key: str, *, hub: str = "", scope: str = "") -> Signal:
    """Return the signal of a KPI's measured value: of one scope or (by default) of all, of one hub's dashboard or of any."""
    kpi = registry.kpis[key]
    unit, decimals = unit_of(kpi)
    return Signal(
        key=f"kpi.{key}",
        name=Text("{name}", {"name": kpi.name}),
        description=Text("Measured: {how}.", {"how": kpi.measured}),
        unit=unit,
        decimals=decimals,
        expr=" or ".join(_alternatives(registry, kpi, hub, Total(scope))),
        by_rules=" or ".join(_alternatives(registry, kpi, hub, Total(scope, by_rules=True))),
        plain=_computed(kpi, scope),
        legend="{{hub}} {{scope}}" if not scope else "{{hub}}",
        record=RECORD,
        may_be_empty=_excuse(registry, kpi, hub, scope),
    )


def _alternatives(registry: Registry, kpi: Kpi, hub: str, total: Total) -> Iterator[str]:
    """Yield the KPI's value, best first: of a hub with hubs inside it, from raw series, as the agents computed it."""
    computed = _computed(kpi, total.scope)
    if kpi.key not in RAW:
        yield computed
        return
    if total.scope in ("", WHOLE_HUB) and kpi.key in OF_A_PART:
        whole = Total(WHOLE_HUB, by_rules=total.by_rules)
        yield from (
            _inside(registry, kpi, parent, whole)
            for parent in _asking(registry, kpi)
            if hub in ("", parent)
        )
    raw = RAW[kpi.key](total)
    if kpi.key in _PARTLY_LISTED:
        # Telemetry sees some chips, the inventory lists others; both are counts of a part, so the larger is nearer.
        both = (
            f'label_replace({part}, "from", "{source}", "", "")'
            for part, source in ((raw, "raw"), (computed, "agents"))
        )
        yield f"max by (hub, scope) ({' or '.join(both)})"
        return
    yield raw
    yield computed


def _computed(kpi: Kpi, scope: str) -> str:
    """Return the KPI's value as the agents computed it."""
    matchers = [f'kpi="{kpi.key}"', *([f'scope="{scope}"'] if scope else [])]
    return f"{kpi.combine} by (hub, scope) ({of(site.KPI_VALUE, *matchers, scope='hub')})"


def _asking(registry: Registry, kpi: Kpi) -> Iterator[str]:
    """Yield the hubs that have hubs inside them and stated something on the KPI as a whole."""
    parents = {hub.parent for hub in registry.hubs.values()}
    for key, hub in registry.hubs.items():
        if key in parents and any(
            fact.kpi.key == kpi.key and fact.scope == WHOLE_HUB
            for fact in (*hub.facts, *hub.policy)
        ):
            yield key


def _inside(registry: Registry, kpi: Kpi, parent: str, total: Total) -> str:
    """Return the value of a hub together with the hubs inside it, where that hub is asked for."""
    whole = RAW[kpi.key](total).replace("<hub>", hubs_inside(registry, parent))
    how = "sum" if kpi.key in COUNTS else "max"
    asked = of(site.TARGET_INFO, scope="hub")
    return f'(label_replace({how} by (scope) ({whole}), "hub", "{parent}", "", "") and on (hub) {asked})'


def _excuse(registry: Registry, kpi: Kpi, hub: str, scope: str) -> Excuse:
    if kpi.key not in WITNESS:
        return Excuse(reason="this KPI is registered, not measured")
    witness = WITNESS[kpi.key]
    if scope not in ("", WHOLE_HUB):
        member = of(site.SITE_SCOPE, f'scope="{scope}"', scope="hub")
        witness = f"{witness} and on (hub, site) {member}"
    elif hub and kpi.key in OF_A_PART:
        witness = witness.replace("<hub>", hubs_inside(registry, hub))
    return Excuse(reason="nothing that this KPI is measured by is reported", unless=witness)


def hubs_inside(registry: Registry, parent: str) -> str:
    """Return a matcher of a hub and the hubs inside it."""
    keys = sorted(
        key for key in registry.hubs if any(hub.key == parent for hub in registry.lineage(key))
    )
    return f'hub=~"{"|".join(keys)}"'


def all_measured(kpis: Mapping[str, Kpi]) -> Signal:
    """Return the signal of every KPI's value at once: recorded where rules run, else as the agents computed it."""
    alternatives = [f"max by (hub, kpi, scope) ({RECORD}{{<hub>}})"]
    alternatives += [
        f"{how} by (hub, kpi, scope) ({of(site.KPI_VALUE, match, scope='hub')})"
        for how, match in _combined(kpis)
    ]
    return Signal(
        key="kpi.all",
        name=Text("Measured"),
        description=Text("The measured value of each KPI, in base units."),
        unit="short",
        expr=" or ".join(alternatives),
        legend="{{hub}} {{kpi}} {{scope}}",
    )


def _combined(kpis: Mapping[str, Kpi]) -> Iterator[tuple[str, str]]:
    for how in ("sum", "min"):
        keys = sorted(kpi.key for kpi in kpis.values() if kpi.combine == how)
        if keys:
            yield how, f'kpi=~"{"|".join(keys)}"'
    named = sorted(kpi.key for kpi in kpis.values() if kpi.combine != "max")
    yield "max", f'kpi!~"{"|".join(named)}"'
