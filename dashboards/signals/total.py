"""The PromQL of a KPI's row: its value, its coverage, and the sites that are missing from it.

A row of `agent.targets.kpis` says how a KPI is measured; an agent applies the same row to its
snapshot. Here the values of each site come from one gateway: if several report the energies of one
site, one of them is chosen, and both energies of a ratio are its own. A site that was needed once
stays needed, even when it is gone together with all its gateways: `recorded.KPI_NEEDED` remembers
it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.hubs.model import WHOLE_HUB
from agent.targets.kpis import MEASURES
from agent.targets.measure import Measure, Part
from collectors.catalogue import node, rack, recorded, site
from collectors.catalogue.limits import NEEDED_SECONDS
from dashboards.promql import of
from dashboards.signals.chip import CHIPS
from dashboards.signals.rack import RACK_COUNT
from dashboards.signals.source import MEMORY, SOURCE, chosen_source, matcher, selector

_RECORDED: Final = {rack.RACK_INFO: RACK_COUNT.record}
"""Metrics that rules have counted by site and state: a hub has tens of thousands of racks."""
_COUNTED: Final = {**_RECORDED, node.ACCELERATOR_INFO: CHIPS.record}
"""Recorded series that show whether a site has any series of a metric."""


class Total:
    """Adds up what each site has, for the whole hub, for one named group, or for both (scope "").

    With `by_rules` it uses the series that other rules have recorded.
    """

    def __init__(self, scope: str = "", *, by_rules: bool = False) -> None:
        self.scope, self.by_rules = scope, by_rules

    def of(self, measure: Measure, key: str) -> str:
        """Return the PromQL of a KPI's value from raw series, labelled by hub and scope."""
        value = self._value(measure)
        if measure.least is not None:
            value = f"{value} >= {measure.least:g}"
        return f"({value}) {self.unless_missing(measure, key)}" if measure.all_or_none else value

    def unless_missing(self, measure: Measure, key: str) -> str:
        """Return the end of an expression that leaves out hubs and groups with a missing site.

        It is empty for a KPI that needs no sites. A rule uses the count of the rule before it. A
        panel also looks at the sites that are listed now, because its database may have no rules.
        """
        if not measure.needs:
            return ""
        matchers = [f'kpi="{key}"', *([f'scope="{self.scope}"'] if self.scope else [])]
        counted = f"{recorded.KPI_MISSING}{{{','.join(('<hub>', *matchers))}}} > 0"
        if self.by_rules:
            return f"unless on (hub, scope) ({counted})"
        listed = f"({self.needed(measure)} > 0) unless on (hub, site) {self.told(measure)}"
        return f"unless on (hub, scope) ({counted} or {listed})"

    def coverage(self, measure: Measure, key: str) -> str:
        """Return the share of a KPI's energy that was metered; 0 while a site is missing."""
        covered = self._known(measure.coverage)
        weight = self._known(measure.per or measure.weight)
        of_all = self._whole(weight, measure)
        heard = f"({weight} and {covered})"
        if measure.heard is not None:
            heard = f"({of_all} * {self.per_site(measure.heard)})"
        metered = self._over(heard, "sum")
        whole = self._over(of_all, "sum")
        missing = f'max by (hub, scope) ({recorded.KPI_MISSING}{{kpi="{key}"}} > 0) * 0'
        return f"{missing} or {metered} / ({whole} > 0)"

    def told(self, measure: Measure) -> str:
        """Return the sites that report everything that a KPI is computed from."""
        parts = (measure.part, measure.weight, measure.per, measure.only_with)
        told = " and ".join(self.per_site(part) for part in parts if part is not None)
        if not measure.every_thing:
            return f"({told})"
        silent = " or ".join(
            f"max by ({each}) ({selector(part)}) unless on ({each})"
            f" max by ({each}) ({selector(measure.part)})"
            for part in measure.needs
            for each in (", ".join(part.each),)
        )
        return f"({told} unless on (hub, site) ({silent}))"

    def needed(self, measure: Measure) -> str:
        """Return 1 for each site that a KPI needs by the present series, 0 for other listed sites.

        It is labelled by hub, site and scope.
        """
        first = measure.weight or measure.per or measure.part
        parts = [f"({self.per_site(first)} >= bool 0)"]
        parts += [f"({self.per_site(part)} > bool 0)" for part in measure.needs]
        return self._in_scopes(f"({' or '.join(parts)})")

    def remembered(self, measure: Measure, key: str) -> str:
        """Return when each site was last needed, for the rule that remembers it.

        A site that is told anew is in the groups that are told now. It stays one of its whole hub,
        also in the moment in which it is back and its groups alone were recorded.
        """
        before = f'last_over_time({recorded.KPI_NEEDED}{{kpi="{key}"<scope>}}[{MEMORY}])'
        each = f"max by (hub, site, scope) ({before})"
        of_hub = f',scope="{WHOLE_HUB}"'
        return (
            f"{self.needed(measure)} * time()"
            f" or on (hub, site) {each.replace('<scope>', '')}"
            f" or {each.replace('<scope>', of_hub)}"
        )

    def missing(self, measure: Measure, key: str) -> str:
        """Return how many sites are missing from a KPI, for the rule that counts them."""
        known = f'{recorded.KPI_NEEDED}{{kpi="{key}"}} > 0 > time() - {NEEDED_SECONDS}'
        gone = f"count by (hub, scope) ({known} unless on (hub, site) {self.told(measure)})"
        return f"{gone} or count by (hub, scope) ({known}) * 0"

    def per_site(self, part: Part) -> str:
        """Return the PromQL of a part, labelled by hub and site."""
        value = self._counting(part)
        if not part.none_is_zero:
            return value
        every = replace(part, where=())
        known = self._counting(every) if self._recorded(part) else _largest(selector(every))
        return f"({value} or {known} * 0)"

    def _value(self, measure: Measure) -> str:
        if not measure.mean:
            return self._over(self.per_site(measure.part), measure.over_sites)
        # Every site with a weight is needed, so the value is left out if such a site lacks a part.
        known = self._known(measure.per or measure.weight)
        weight = self._whole(known, measure)
        value = self.per_site(measure.part)
        above = f"({value} * {weight})"
        if measure.per is not None:
            above = f"({self._whole(value, measure)} and {known})"
        times = f" * {measure.times:g}" if measure.times != 1 else ""
        return f"{self._over(above, 'sum')} / ({self._over(weight, 'sum')} > 0){times}"

    def _known(self, part: Part | None) -> str:
        return self.per_site(part) if part is not None else ""

    def _whole(self, value: str, measure: Measure) -> str:
        """Return an energy as it would be had all of its site's time been metered."""
        if measure.coverage is None:
            return value
        return f"({value} / ({self.per_site(measure.coverage)} > 0) or {value})"

    def _counting(self, part: Part) -> str:
        if self._recorded(part):
            matchers = ",".join(("<hub>", *map(matcher, part.where)))
            return f"sum by (hub, site) ({_RECORDED[part.metric]}{{{matchers}}})"
        if part.per_site != "max":
            things = f"max by ({', '.join(part.each)}) ({selector(part)})"
            return f"{part.per_site} by (hub, site) ({things})"
        if part.among_sources == "chosen":
            return _largest(f"{selector(part)} and on ({SOURCE}) {self._source()}")
        return f"{part.among_sources} by (hub, site) ({selector(part)})"

    def _recorded(self, part: Part) -> bool:
        return self.by_rules and part.per_site == "count" and part.metric in _RECORDED

    def _source(self) -> str:
        """Return the gateway whose energies count at each site."""
        chosen = f"{recorded.SOURCE}{{<hub>}}"
        return chosen if self.by_rules else f"({chosen} or on (hub, site) {chosen_source()})"

    def _over(self, per_site: str, how: str) -> str:
        """Return the total of an expression labelled by hub and site, labelled by hub and scope."""
        return f"{how} by (hub, scope) ({self._in_scopes(per_site)})"

    def _in_scopes(self, per_site: str) -> str:
        """Return an expression of sites for each scope that a site is in, labelled so."""
        if self.by_rules:
            only = f'scope="{self.scope}"' if self.scope else ""
            return f"({recorded.SCOPES}{{{only}}} * on (hub, site) group_left () {per_site})"
        whole = f'label_replace({per_site}, "scope", "{WHOLE_HUB}", "", "")'
        if self.scope == WHOLE_HUB:
            return whole
        named = [f'scope="{self.scope}"'] if self.scope else []
        member = f"max by (hub, site, scope) ({of(site.SITE_SCOPE, *named, scope='hub')})"
        group = f"{member} * on (hub, site) group_left () {per_site}"
        return f"({group})" if self.scope else f"({whole} or {group})"


def scopes_told() -> str:
    """Return when each gateway last reported its sites' groups, for the rule that remembers it."""
    by = "hub, site, scope, instance"
    return (
        f"max by ({by}) ({of(site.SITE_SCOPE, scope='hub')}) * 0 + time()"
        f" or max by ({by}) (last_over_time({recorded.SCOPES_TOLD}[{MEMORY}]))"
    )


def scopes() -> str:
    """Return 1 for each scope of a site: its named groups, and the hub as a whole.

    Groups that were reported by a gateway that is gone still count: no other may report them.
    """
    metrics = {part.metric: part for row in MEASURES for part in (row.part, *row.needs)}
    known = [
        f"max by (hub, site) ({_COUNTED.get(metric) or of(metric, scope='hub')})"
        for metric in metrics
    ]
    whole = f"({' or '.join(known)}) * 0 + 1"
    there = of(site.SITES_LISTED, scope="hub")
    gone = f"{recorded.SCOPES_TOLD} > time() - {NEEDED_SECONDS} unless on (hub, instance) {there}"
    return (
        f"max by (hub, site, scope) ({of(site.SITE_SCOPE, scope='hub')})"
        f" or max by (hub, site, scope) (({gone}) * 0 + 1)"
        f' or label_replace({whole}, "scope", "{WHOLE_HUB}", "", "")'
    )


def _largest(series: str) -> str:
    return f"max by (hub, site) ({series})"
