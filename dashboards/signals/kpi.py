"""Signals of the KPIs that telemetry can measure, for a hub and its scopes.

How a KPI is measured stands in `agent.targets.kpis`; here its PromQL is written. A scope is the
whole hub or a named group of sites (`dc_site_scope`), because a limit stated for one centre is not
the hub's. Where the raw series are not in this database, the value that the agents computed
(`dc_kpi_value`) stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from agent.hubs.model import WHOLE_HUB, Kpi, Registry
from agent.hubs.units import UNITS
from agent.targets.kpis import Match, Measure, Part, measure_of
from collectors.catalogue import rack, recorded, site
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import Excuse, Signal
from dashboards.signals.rack import RACK_COUNT

_RECORDED: Final = {rack.RACK_INFO: RACK_COUNT.record}
"""What rules have counted already, by site and state: a hub has tens of thousands of racks."""


class Total:
    """Adds up what each site has, for the whole hub, for one named group, or for both (scope "").

    With `by_rules` it reads what is expensive to count from recorded series.
    """

    def __init__(self, scope: str = "", *, by_rules: bool = False) -> None:
        self.scope, self.by_rules = scope, by_rules

    def of(self, measure: Measure) -> str:
        """Return the PromQL of a KPI's value from raw series, labelled by hub and scope."""
        value = self.per_site(measure.part)
        if measure.weight is not None:
            weight = self.per_site(measure.weight)
            both = self._over(f"({weight} and {value})", "sum")
            return f"{self._over(f'({value} * {weight})', 'sum')} / ({both} > 0)"
        with_it = _selector(measure.only_with) if measure.only_with is not None else ""
        total = self._over(_only_with(value, with_it), measure.over_sites)
        if measure.per is not None:
            per = _only_with(self.per_site(measure.per), with_it)
            total = f"{total} / ({self._over(per, 'sum')} > 0)"
        return total if measure.least is None else f"{total} >= {measure.least:g}"

    def per_site(self, part: Part) -> str:
        """Return the PromQL of a part, labelled by hub and site."""
        value = self._counting(part)
        if not part.none_is_zero:
            return value
        every = replace(part, where=())
        known = self._counting(every) if self._recorded(part) else _largest(_selector(every))
        return f"({value} or {known} * 0)"

    def _counting(self, part: Part) -> str:
        if self._recorded(part):
            matchers = ",".join(("<hub>", *map(_matcher, part.where)))
            return f"sum by (hub, site) ({_RECORDED[part.metric]}{{{matchers}}})"
        if part.per_site == "max":
            return _largest(_selector(part))
        things = f"max by ({', '.join(part.each)}) ({_selector(part)})"
        return f"{part.per_site} by (hub, site) ({things})"

    def _recorded(self, part: Part) -> bool:
        return self.by_rules and part.per_site == "count" and part.metric in _RECORDED

    def _over(self, per_site: str, how: str) -> str:
        """Return the total of an expression labelled by hub and site, labelled by hub and scope."""
        whole = f'label_replace({how} by (hub) ({per_site}), "scope", "{WHOLE_HUB}", "", "")'
        if self.scope == WHOLE_HUB:
            return whole
        named = [f'scope="{self.scope}"'] if self.scope else []
        member = f"max by (hub, site, scope) ({of(site.SITE_SCOPE, *named, scope='hub')})"
        group = f"{how} by (hub, scope) ({member} * on (hub, site) group_left () {per_site})"
        return group if self.scope else f"({whole} or {group})"


def _largest(series: str) -> str:
    return f"max by (hub, site) ({series})"


def _only_with(per_site: str, with_it: str) -> str:
    return f"({per_site} and on (hub, site) {with_it})" if with_it else per_site


def _selector(part: Part) -> str:
    return of(part.metric, *map(_matcher, part.where), scope="hub")


def _matcher(match: Match) -> str:
    """Write a match as PromQL does; a regular expression only where it takes one."""
    if not match.any_case and not match.beginning and len(match.values) == 1:
        return f'{match.label}="{match.values[0]}"'
    anyhow = "(?i)" if match.any_case else ""
    values = "|".join(map(re.escape, match.values)).replace("\\", "\\\\")
    return f'{match.label}=~"{anyhow}{values}{".*" if match.beginning else ""}"'


def _witness(measure: Measure) -> str:
    """Return what must be in the database for a KPI to have a value.

    Without it, an empty panel is honest.
    """
    metric = measure.witness or measure.part.metric
    narrowed = measure.narrowed
    matchers = [_matcher(narrowed)] if narrowed and narrowed.label in metric.labels else []
    return of(metric, *matchers, scope="hub")


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
        expr=" or ".join(_alternatives(registry, kpi, hub, Total(scope))),
        by_rules=" or ".join(_alternatives(registry, kpi, hub, Total(scope, by_rules=True))),
        plain=_computed(kpi, scope),
        legend="{{hub}} {{scope}}" if not scope else "{{hub}}",
        record=recorded.KPI_VALUE,
        may_be_empty=_excuse(registry, kpi, hub, scope),
    )


def _alternatives(registry: Registry, kpi: Kpi, hub: str, total: Total) -> Iterator[str]:
    """Yield the KPI's value, best first.

    Of a hub with its hubs inside, from raw series, or as the agents computed it.
    """
    computed = _computed(kpi, total.scope)
    measure = measure_of(kpi)
    if measure is None:
        yield computed
        return
    if total.scope in ("", WHOLE_HUB) and measure.of_a_part:
        whole = Total(WHOLE_HUB, by_rules=total.by_rules)
        yield from (
            _inside(registry, measure, parent, whole)
            for parent in _asking(registry, kpi)
            if hub in ("", parent)
        )
    raw = total.of(measure)
    if measure.listed:
        # Telemetry sees some chips, the inventory lists others; both are counts of a part, so the
        # larger is nearer.
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


def _inside(registry: Registry, measure: Measure, parent: str, total: Total) -> str:
    """Return the value of a hub together with the hubs inside it, where that hub is asked for."""
    whole = total.of(measure).replace("<hub>", hubs_inside(registry, parent))
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
