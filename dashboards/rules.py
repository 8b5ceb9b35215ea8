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
from collectors.catalogue import node, recorded, site
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
from dashboards.signals.target import TARGET


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
    """Rules evaluated one after the other, so that a later one sees what an earlier one made."""

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
            rules=(*_recorded((*power.SIGNALS, *pue.SIGNALS)), *_efficiency()),
        ),
        Group(name="hubgauge-accelerators", rules=tuple(_recorded(chip.SIGNALS))),
        Group(name="hubgauge-agents", rules=tuple(_recorded(own.SIGNALS))),
        Group(name="hubgauge-kpis", rules=(*_kpis(registry), *_targets())),
    ]


def _recorded(signals: Iterable[Signal]) -> Iterator[RecordingRule]:
    for signal in signals:
        if signal.record:
            yield RecordingRule(record=signal.record, expr=signal.rule())


def _efficiency() -> Iterator[RecordingRule]:
    """Yield ITEUsv (ISO/IEC 30134-5): the mean CPU utilisation of a site's nodes.

    It says little where chips do the work.

    It comes from node_cpu_seconds_total of every node scraped or pushed with its site; a site with
    any chip has none.
    """
    chips = of(node.ACCELERATOR_INFO, scope="hub")
    yield RecordingRule(
        record="site:dc_it_equipment_utilization:avg",
        expr=for_rule(f"avg by (hub, site) ({host.CPU.expr}) unless on (hub, site) {chips}"),
    )


def _kpis(registry: Registry) -> Iterator[RecordingRule]:
    """Yield one rule a KPI, so that one alert and one panel serve every hub.

    What only agents can compute is taken over.
    """
    rows = measured(registry.kpis.values())
    for key in rows:
        yield RecordingRule(
            record=recorded.KPI_VALUE, expr=kpi.measured(registry, key).rule(), labels={"kpi": key}
        )
    known = "|".join(rows)
    others = of(site.KPI_VALUE, f'kpi!~"{known}"', scope="hub")
    yield RecordingRule(
        record=recorded.KPI_VALUE, expr=for_rule(f"max by (hub, kpi, scope) ({others})")
    )
    yield RecordingRule(
        record=recorded.KPI_COVERAGE,
        expr=for_rule(f"min by (hub, kpi, scope) ({of(site.KPI_COVERAGE, scope='hub')})"),
    )
    # One agent that counts the whole is enough.
    yield RecordingRule(
        record=recorded.KPI_BOUND,
        expr=for_rule(f"min by (hub, kpi, scope) ({of(site.KPI_BOUND, scope='hub')})"),
    )


def _targets() -> Iterator[RecordingRule]:
    """Yield whether the measured value keeps each limit: 1 or 0, absent if unmeasured."""
    join = "on (hub, kpi, scope) group_left ()"
    compared = [
        f"max by ({TARGET}) ({_limits(op)}) {flipped} bool {join} {recorded.KPI_VALUE}"
        for op, flipped in (("<=", ">="), (">=", "<="), ("=", "=="))
    ]
    yield RecordingRule(record=recorded.TARGET_MET, expr=for_rule(" or ".join(compared)))


def _limits(op: str) -> str:
    return of(site.TARGET_VALUE, f'op="{op}"', scope="hub")
