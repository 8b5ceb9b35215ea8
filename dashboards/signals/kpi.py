"""Signals of the KPIs that telemetry can measure, for a hub and its scopes.

`agent.targets.kpis` says how a KPI is measured; `dashboards.signals.total` writes its PromQL. A
scope is the whole hub or a named group of sites (`dc_site_scope`), because a limit stated for one
centre is not the hub's. If the raw series are not in this database, the value that the agents
computed (`dc_kpi_value`) is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from agent.hubs.model import WHOLE_HUB, Kpi, Registry
from agent.hubs.units import UNITS
from agent.targets.kpis import measure_of
from agent.targets.measure import Measure
from collectors.catalogue import recorded, site
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import Excuse, Signal
from dashboards.signals.source import matcher
from dashboards.signals.total import Total


def _witness(measure: Measure) -> str:
    """Return the series without which a KPI can have no value, so that its panel may be empty."""
    metric = measure.witness or measure.part.metric
    narrowed = measure.narrowed
    matchers = [matcher(narrowed)] if narrowed and narrowed.label in metric.labels else []
    return of(metric, *matchers, scope="hub")


_UNITS: Final = {
    "count": ("locale", 0),  # whole: of 27 584 racks "28 K" would say too little
    "ratio": ("percentunit", 1),
    "s": ("s", 2),
    "bit/s": ("bps", 1),
    "FLOP/s": ("flops", 2),
    "W": ("watt", 1),
    "kg": ("suffix:kg CO₂e", 0),
    "kg/kWh": ("suffix:kg/kWh", 3),
    "l/kWh": ("suffix:l/kWh", 3),
    "yuan": ("currency:¥", 1),
    "yes": ("none", 0),
}


def unit_of(kpi: Kpi) -> tuple[str, int]:
    """Return Grafana's unit id and the decimals for a KPI's base unit.

    A PUE is a plain number, other ratios are shares.
    """
    return ("none", 3) if kpi.key == "pue" else _UNITS[UNITS[kpi.unit].base]


def measured(registry: Registry, key: str, *, hub: str = "", scope: str = "") -> Signal:
    """Return the signal of a KPI's measured value.

    It is of one scope or of all, of one hub's dashboard or of any.
    """
    kpi = registry.kpis[key]
    unit, decimals = unit_of(kpi)
    return Signal(
        key=f"kpi.{key}",
        name=Text("{name}", {"name": kpi.name}),
        description=Text("Measured: {how}.", {"how": kpi.measured}),
        unit=unit,
        decimals=decimals,
        begins=1 if key == "pue" else 0,
        expr=" or ".join(_alternatives(registry, kpi, hub, Total(scope))),
        by_rules=" or ".join(_alternatives(registry, kpi, hub, Total(scope, by_rules=True))),
        plain=_computed(kpi, scope),
        legend="{{hub}} {{scope}}" if not scope else "{{hub}}",
        record=recorded.KPI_VALUE,
        may_be_empty=_excuse(registry, kpi, hub, scope),
    )


def _alternatives(registry: Registry, kpi: Kpi, hub: str, total: Total) -> Iterator[str]:
    """Yield expressions of the KPI's value, the best first.

    They are for a hub with the hubs inside it, from raw series, and as the agents computed it.
    """
    computed = _computed(kpi, total.scope)
    measure = measure_of(kpi)
    if measure is None:
        yield computed
        return
    if total.scope in ("", WHOLE_HUB) and measure.of_a_part:
        whole = Total(WHOLE_HUB, by_rules=total.by_rules)
        yield from (
            _inside(registry, kpi, parent, whole)
            for parent in _asking(registry, kpi)
            if hub in ("", parent)
        )
    raw = total.of(measure, kpi.key)
    if measure.listed:
        # Telemetry sees some chips, the inventory lists others. Both may be counts of a part, so
        # the larger is nearer. If two gateways list one site, their counts must not be added.
        once = f"{computed} unless on (hub) {_LISTED_TWICE} or max {computed.partition(' ')[2]}"
        both = (
            f'label_replace({part}, "from", "{source}", "", "")'
            for part, source in ((raw, "raw"), (once, "agents"))
        )
        yield f"max by (hub, scope) ({' or '.join(both)})"
        return
    yield raw
    if measure.all_or_none:  # an agent that sees a part must not stand in for the whole
        computed = f"({computed} {total.unless_missing(measure, kpi.key)})"
    yield computed


_LISTED_TWICE: Final = (
    "(count by (hub, site) (count by (hub, site, instance)"
    f" ({of(site.SITE_INFO, scope='hub')})) > 1)"
)
"""The sites that several gateways list, each as a whole."""


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
    measure = measure_of(kpi)
    if measure is None:
        return ""
    whole = total.of(measure, kpi.key)
    if measure.all_or_none:
        whole += f" {total.unless_missing(measure, kpi.key).replace('on (hub, scope)', 'on ()')}"
    whole = whole.replace("<hub>", hubs_inside(registry, parent))
    how = "sum" if measure.count else "max"
    asked = of(site.TARGET_INFO, scope="hub")
    return (
        f'(label_replace({how} by (scope) ({whole}), "hub", "{parent}", "", "") and on (hub)'
        f" {asked})"
    )


def _excuse(registry: Registry, kpi: Kpi, hub: str, scope: str) -> Excuse:
    measure = measure_of(kpi)
    if measure is None:
        return Excuse(reason="this KPI is registered, not measured")
    witness = _witness(measure)
    if scope not in ("", WHOLE_HUB):
        member = of(site.SITE_SCOPE, f'scope="{scope}"', scope="hub")
        witness = f"{witness} and on (hub, site) {member}"
    elif hub and measure.of_a_part:
        witness = witness.replace("<hub>", hubs_inside(registry, hub))
    return Excuse(reason="nothing that this KPI is measured by is reported", unless=witness)


def hubs_inside(registry: Registry, parent: str) -> str:
    """Return a matcher of a hub and the hubs inside it."""
    keys = sorted(
        key for key in registry.hubs if any(hub.key == parent for hub in registry.lineage(key))
    )
    return f'hub=~"{"|".join(keys)}"'


def all_measured(kpis: Mapping[str, Kpi]) -> Signal:
    """Return the signal of every KPI's value: recorded, or as the agents computed it."""
    alternatives = [f"max by (hub, kpi, scope) ({recorded.KPI_VALUE}{{<hub>}})"]
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
