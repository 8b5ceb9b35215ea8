"""Signals of hubgauge itself: agents, collectors, spool, sinks, ledger."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import agent, facility
from collectors.catalogue.limits import SPOOL_LIMIT
from dashboards.language import Text
from dashboards.promql import of, rate, sample, seen_twice, share
from dashboards.signals.base import (
    ANSWERING_STEPS,
    GREEN,
    ORANGE,
    RED,
    Excuse,
    Signal,
    State,
    above,
    steps,
)

_NO_PUSH: Final = Excuse(
    reason="no agent pushes, so there is no spool", unless=of(agent.SPOOL_MAX_BYTES)
)
_EACH: Final = "hub, site, instance"

AGENTS: Final = Signal(
    key="agent.count",
    name=Text("Agents reporting"),
    description=Text("Agents whose metrics arrive, by version."),
    unit="short",
    expr=f"count by (hub, site, version) ({of(agent.BUILD_INFO)})",
    legend="{{site}} {{version}}",
    kind="count",
    record="site:hubgauge_build_info:count",
    least=0,
    decimals=0,
)
SIMULATED: Final = Signal(
    key="agent.simulated",
    name=Text("Data"),
    description=Text("Whether any of these agents reads simulated devices."),
    unit="none",
    expr=f"max by (hub) ({of(agent.SIMULATED, scope='hub')})",
    record="hub:hubgauge_simulated:max",
    legend="{{hub}}",
    kind="state",
    may_be_empty=Excuse(
        reason="no agent reports for this hub", unless=of(agent.SIMULATED, scope="hub")
    ),
    states=(
        State(value=0, text=Text("● measured"), color=GREEN),
        State(value=1, text=Text("◇ SIMULATED"), color=ORANGE),
    ),
)
COLLECTORS_OK: Final = Signal(
    key="collector.success",
    name=Text("Collectors that succeed"),
    description=Text("Share of collectors whose last round succeeded."),
    unit="percentunit",
    expr=share("hub, site, collector", of(agent.COLLECTOR_SUCCESS)),
    plain=f"avg by (hub, site, collector) ({of(agent.COLLECTOR_SUCCESS)})",
    legend="{{site}} {{collector}}",
    kind="ratio",
    record="site:hubgauge_collector_success:avg",
    least=0,
    most=1,
    steps=ANSWERING_STEPS,
)
COLLECTOR_DURATION: Final = Signal(
    key="collector.duration",
    name=Text("Slowest collectors"),
    description=Text(
        "How long the slowest device's last round took, by collector.",
    ),
    unit="s",
    expr=f"max by (hub, site, collector) ({of(agent.COLLECTOR_DURATION)})",
    legend="{{site}} {{collector}}",
    least=0,
)
COLLECTOR_ERRORS: Final = Signal(
    key="collector.errors",
    name=Text("Failed rounds"),
    description=Text("Rounds that failed a second, by reason."),
    unit="suffix:/s",
    expr=f"sum by (hub, site, collector, reason) ({rate(agent.COLLECTOR_ERRORS)})",
    legend="{{collector}} {{reason}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(
        reason="no collector has failed since its agent started",
        unless=seen_twice(agent.COLLECTOR_ERRORS),
    ),
)
SAMPLES_DROPPED: Final = Signal(
    key="collector.dropped",
    name=Text("Readings not taken"),
    description=Text(
        "Readings a second that were refused: sentinel values, not finite, outside what can be, 0"
        " beside a load, above the limit of a device.",
    ),
    unit="suffix:/s",
    expr=f"sum by (hub, site, collector, reason) ({rate(agent.SAMPLES_DROPPED)})",
    legend="{{collector}} {{reason}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(
        reason="no reading was refused since the agents started",
        unless=seen_twice(agent.SAMPLES_DROPPED),
    ),
)
SERIES: Final = Signal(
    key="agent.series",
    name=Text("Series"),
    description=Text("Live series in the agents' snapshots."),
    unit="short",
    expr=f"sum by (hub, site) ({of(agent.SERIES)})",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
)
SCRAPE_DURATION: Final = Signal(
    key="agent.scrape_duration",
    name=Text("Time to answer a request"),
    description=Text(
        "Mean time an agent takes to answer a request, by path.",
    ),
    unit="s",
    expr=(
        f"sum by (hub, site, path) (rate({sample(agent.SCRAPE_DURATION, '_sum')}[<rate>]))"
        f" / sum by (hub, site, path) (rate({sample(agent.SCRAPE_DURATION, '_count')}[<rate>]) > 0)"
    ),
    legend="{{site}} {{path}}",
    least=0,
    may_be_empty=Excuse(
        reason="no HTTP request was counted in the interval: these agents only push",
        unless=f"{sample(agent.SCRAPE_DURATION, '_count')} > 10",
    ),
)
SPOOL_FILL: Final = Signal(
    key="spool.fill",
    name=Text("Spool"),
    description=Text(
        "Bytes waiting for the database, as a share of the spool's quota.",
    ),
    unit="percentunit",
    expr=(
        f"max by ({_EACH}, sink) ({of(agent.SPOOL_BYTES)}) / max by ({_EACH}, sink)"
        f" ({of(agent.SPOOL_MAX_BYTES)} > 0)"
    ),
    legend="{{instance}}",
    kind="ratio",
    record="instance:hubgauge_spool_fill:ratio",
    least=0,
    most=1,
    steps=steps((above(SPOOL_LIMIT), ORANGE), (1.0, RED), base=GREEN),
    may_be_empty=_NO_PUSH,
)
SENT: Final = Signal(
    key="sink.sent",
    name=Text("Samples sent"),
    description=Text("Samples a second that the database took."),
    unit="suffix:/s",
    expr=f"sum by (hub, site, sink) ({rate(agent.SINK_SENT)})",
    legend="{{site}} {{sink}}",
    kind="rate",
    least=0,
    may_be_empty=_NO_PUSH,
)
SINK_DROPPED: Final = Signal(
    key="sink.dropped",
    name=Text("Samples given up"),
    description=Text(
        "Samples a second that were given up, by reason; each is counted and none goes silently.",
    ),
    unit="suffix:/s",
    expr=f"sum by (hub, site, sink, reason) ({rate(agent.SINK_DROPPED)})",
    legend="{{site}} {{reason}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(
        reason="no sample was given up since the agents started",
        unless=seen_twice(agent.SINK_DROPPED),
    ),
)
LEDGER_READINGS: Final = Signal(
    key="ledger.readings",
    name=Text("Meter readings taken"),
    description=Text("Meter readings a second that the energy ledger took."),
    unit="suffix:/s",
    expr=f"sum by (hub, site) ({rate(agent.LEDGER_READINGS)})",
    legend="{{site}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(reason="no agent here reads meters", unless=of(facility.METER_UP)),
)

LEDGER_REJECTED: Final = Signal(
    key="ledger.rejected",
    name=Text("Meter readings not taken"),
    description=Text(
        "Meter readings a second that the ledger did not take, by reason.",
    ),
    unit="suffix:/s",
    expr=f"sum by (hub, site, reason) ({rate(agent.LEDGER_REJECTED)})",
    legend="{{site}} {{reason}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(
        reason="the ledger has refused no reading", unless=of(agent.LEDGER_REJECTED)
    ),
)
LEDGER_EVENTS: Final = Signal(
    key="ledger.events",
    name=Text("Energy registers that fell"),
    description=Text(
        "Registers that fell within the last day, by what it was: a wrap loses nothing, a reset"
        " loses what came before it unread.",
    ),
    unit="short",
    expr=f"sum by (hub, site, event) (increase({of(agent.LEDGER_EVENTS)}[1d]))",
    legend="{{site}} {{event}}",
    kind="count",
    least=0,
    decimals=0,
    may_be_empty=Excuse(reason="no register has fallen", unless=of(agent.LEDGER_EVENTS)),
)
SPOOL_AGE: Final = Signal(
    key="spool.age",
    name=Text("Oldest sample that waits"),
    description=Text("Age of the oldest batch in the spool."),
    unit="s",
    expr=f"time() - min by ({_EACH}) ({of(agent.SPOOL_OLDEST)} > 0)",
    legend="{{instance}}",
    least=0,
    may_be_empty=Excuse(reason="nothing waits in a spool", unless=of(agent.SPOOL_OLDEST)),
)
SINK_UP: Final = Signal(
    key="sink.up",
    name=Text("Writes to the database"),
    description=Text("Whether the last write of each agent was taken."),
    unit="none",
    expr=f"min by ({_EACH}, sink) ({of(agent.SINK_UP)})",
    legend="{{instance}} {{sink}}",
    kind="state",
    states=(
        State(value=0, text=Text("✗ refused"), color=RED),
        State(value=1, text=Text("✓ taken"), color=GREEN),
    ),
    may_be_empty=_NO_PUSH,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
