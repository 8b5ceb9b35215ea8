"""Recording rules, generated from the signals: `level:metric:operation`.

Alerts and federation read the recorded names; panels read the signals' own expressions, so that
they also answer from a database that is only pushed to. Both are the same text, written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.hubs.model import Registry
from agent.targets.kpis import measured
from agent.targets.measure import Measure
from collectors.catalogue import node, recorded, site
from collectors.catalogue.limits import MIN_COVERAGE
from dashboards.promql import for_rule, of
from dashboards.signals import (
    breaker,
    chip,
    host,
    host_panels,
    kpi,
    own,
    power,
    pue,
    rack,
    rack_limits,
)
from dashboards.signals.base import Signal
from dashboards.signals.source import chosen_source, remembered_category
from dashboards.signals.target import TARGET
from dashboards.signals.total import Total, scopes, scopes_told


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRule:
    """A series made from others at every evaluation."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Return the rule as Prometheus's rule file has it."""
        return {"record": self.record, "expr": self.expr} | (
            {"labels": dict(self.labels)} if self.labels else {}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated in order, so that a later one can use series of an earlier one."""

    name: str
    rules: tuple[RecordingRule, ...]

    def json(self) -> dict[str, Any]:
        """Return the group as Prometheus's rule file has it."""
        return {"name": self.name, "rules": [rule.json() for rule in self.rules]}


def recording_groups(registry: Registry) -> list[Group]:
    """Return all recording rules; KPIs and targets last, in one group and in that order."""
    return [
        Group(name="hubgauge-nodes", rules=tuple(_recorded((*host.SIGNALS, *host_panels.SIGNALS)))),
        Group(
            name="hubgauge-racks",
            rules=tuple(_recorded((*rack.SIGNALS, *rack_limits.SIGNALS, *breaker.SIGNALS))),
        ),
        Group(
            name="hubgauge-power",
            rules=(*_recorded((*power.SIGNALS, *pue.SIGNALS)), *_source(), *_efficiency()),
        ),
        Group(name="hubgauge-accelerators", rules=tuple(_recorded(chip.SIGNALS))),
        Group(name="hubgauge-agents", rules=tuple(_recorded(own.SIGNALS))),
        Group(name="hubgauge-kpis", rules=(*_kpis(registry), *_targets(registry))),
    ]


def _recorded(signals: Iterable[Signal]) -> Iterator[RecordingRule]:
    for signal in signals:
        if signal.record:
            yield RecordingRule(record=signal.record, expr=signal.rule())


def _source() -> Iterator[RecordingRule]:
    """Yield the rules that choose the gateway whose energies count at each site."""
    chosen = f"{chosen_source(by_rules=True)} * 0 + 1"
    yield RecordingRule(record=recorded.SOURCE, expr=for_rule(chosen))
    yield RecordingRule(record=recorded.PUE_CATEGORY, expr=for_rule(remembered_category()))


def _efficiency() -> Iterator[RecordingRule]:
    """Yield ITEUsv (ISO/IEC 30134-5): the mean CPU utilisation of a site's nodes, 0 to 1.

    It is computed from node_cpu_seconds_total of every node that has a label of its site. It says
    little where chips do the work, so a site with any chip has no value.
    """
    chips = of(node.ACCELERATOR_INFO, scope="hub")
    yield RecordingRule(
        record="site:dc_it_equipment_utilization:avg",
        expr=for_rule(f"avg by (hub, site) ({host.CPU.expr}) unless on (hub, site) {chips}"),
    )


def _kpis(registry: Registry) -> Iterator[RecordingRule]:
    """Yield one rule for each KPI, so that one alert and one panel serve every hub.

    The values of KPIs that only agents can compute are copied.
    """
    rows = measured(registry.kpis.values())
    total = Total(by_rules=True)
    yield RecordingRule(record=recorded.SCOPES_TOLD, expr=for_rule(scopes_told()))
    yield RecordingRule(record=recorded.SCOPES, expr=for_rule(scopes()))
    for key, row in rows.items():
        yield from _needed_sites(total, row, key)
        yield RecordingRule(
            record=recorded.KPI_VALUE, expr=kpi.measured(registry, key).rule(), labels={"kpi": key}
        )
    known = "|".join(rows)
    others = of(site.KPI_VALUE, f'kpi!~"{known}"', scope="hub")
    yield RecordingRule(
        record=recorded.KPI_VALUE, expr=for_rule(f"max by (hub, kpi, scope) ({others})")
    )
    for key, row in rows.items():
        if row.coverage is not None:
            told = of(site.KPI_COVERAGE, f'kpi="{key}"', scope="hub")
            yield RecordingRule(
                record=recorded.KPI_COVERAGE,
                expr=for_rule(f"{total.coverage(row, key)} or min by (hub, scope) ({told})"),
                labels={"kpi": key},
            )
    covered = "|".join(key for key, row in rows.items() if row.coverage is not None)
    others = of(site.KPI_COVERAGE, f'kpi!~"{covered}"', scope="hub")
    yield RecordingRule(
        record=recorded.KPI_COVERAGE, expr=for_rule(f"min by (hub, kpi, scope) ({others})")
    )
    yield RecordingRule(record=recorded.KPI_BOUND, expr=for_rule(_bound(rows)))


def _needed_sites(total: Total, row: Measure, key: str) -> Iterator[RecordingRule]:
    """Yield the rules that remember which sites a KPI needs, and count those that are missing."""
    if row.needs:
        for record, expr in (
            (recorded.KPI_NEEDED, total.remembered(row, key)),
            (recorded.KPI_MISSING, total.missing(row, key)),
        ):
            yield RecordingRule(record=record, expr=for_rule(expr), labels={"kpi": key})


def _bound(rows: Mapping[str, Measure]) -> str:
    """Return 1 if a KPI's value is of a part of its hub, else 0.

    For 0, one agent is enough: one whose inventory lists all sites that the value comes from, or,
    for a count, one that counts the whole hub. A sum over things that take along what they had
    counted is always of a part.
    """
    partial = "|".join(key for key, row in rows.items() if row.partial)
    of_sites = "|".join(key for key, row in rows.items() if row.needs)
    values = f'{recorded.KPI_VALUE}{{kpi=~"{of_sites}"}}'
    listed = f"({of(site.SITES_LISTED, scope='hub')} == 1)"
    agents = f"min by (hub, kpi, scope) ({of(site.KPI_BOUND, scope='hub')})"
    return (
        f'{recorded.KPI_VALUE}{{kpi=~"{partial}"}} * 0 + 1'
        f" or ({recorded.KPI_MISSING} > bool 0) == 1 or {values} * 0 and on (hub) {listed}"
        f" or {agents} or {values} * 0 + 1"
    )


def _targets(registry: Registry) -> Iterator[RecordingRule]:
    """Yield the rule that compares each measured value with its limit: 1 kept, 0 not kept.

    There is no value if neither can be shown. A value of a part, or of an annual KPI with too
    little coverage, cannot show that a limit is kept. If a goal is a lower limit, a count or a
    fastest link of a part can show that it is reached, but not that it is missed.
    """
    join = "on (hub, kpi, scope)"
    rows = measured(registry.kpis.values())
    means = "|".join(key for key, row in rows.items() if row.mean)
    part = f"{recorded.KPI_BOUND} == 1"
    floor = f'{recorded.KPI_BOUND}{{kpi!~"{means}"}} == 1'
    mean = f'{recorded.KPI_BOUND}{{kpi=~"{means}"}} == 1'
    short = f"{recorded.KPI_COVERAGE} < {MIN_COVERAGE}"
    compared = []
    for op, flipped, unproven, unbroken in (
        ("<=", ">=", f"{part} or {short}", ""),
        (">=", "<=", f"{mean} or {short}", floor),
        ("=", "==", f"{part} or {short}", ""),
    ):
        kept = (
            f"max by ({TARGET}) ({_limits(op)}) {flipped} bool {join} group_left ()"
            f" {recorded.KPI_VALUE}"
        )
        shown = f"(({kept}) == 1 unless {join} ({unproven}))"
        broken = f"(({kept}) == 0{f' unless {join} ({unbroken})' if unbroken else ''})"
        compared += [shown, broken]
    yield RecordingRule(record=recorded.TARGET_MET, expr=for_rule(" or ".join(compared)))


def _limits(op: str) -> str:
    return of(site.TARGET_VALUE, f'op="{op}"', scope="hub")
