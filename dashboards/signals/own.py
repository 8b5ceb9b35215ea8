"""Signals of hubgauge itself: agents, collectors, spool, sinks, ledger."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import agent, facility
from collectors.catalogue.limits import SPOOL_LIMIT
from dashboards.language import Text
from dashboards.promql import of, rate, sample
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, State, steps

_NO_PUSH: Final = Excuse(
    reason="no agent pushes, so there is no spool", unless=of(agent.SPOOL_MAX_BYTES)
)
_EACH: Final = "hub, site, instance"

AGENTS: Final = Signal(
    key="agent.count",
    name=Text("Agents reporting", "在报告的代理"),
    description=Text(
        "Agents whose metrics arrive, by version.", "正在上报指标的代理数量，按版本统计。"
    ),
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
    name=Text("Data", "数据来源"),
    description=Text(
        "Whether any of these agents reads simulated devices.", "是否有代理在读取模拟设备。"
    ),
    unit="none",
    expr=f"max by (hub) ({of(agent.SIMULATED, scope='hub')})",
    record="hub:hubgauge_simulated:max",
    legend="{{hub}}",
    kind="state",
    may_be_empty=Excuse(
        reason="no agent reports for this hub", unless=of(agent.SIMULATED, scope="hub")
    ),
    states=(
        State(value=0, text=Text("● measured", "● 实测"), color=GREEN),
        State(value=1, text=Text("◇ SIMULATED", "◇ 模拟数据"), color=ORANGE),
    ),
)
COLLECTORS_OK: Final = Signal(
    key="collector.success",
    name=Text("Collectors that succeed", "采集成功率"),
    description=Text(
        "Share of collectors whose last round succeeded.", "最近一轮采集成功的采集器占比。"
    ),
    unit="percentunit",
    expr=f"avg by (hub, site, collector) ({of(agent.COLLECTOR_SUCCESS)})",
    legend="{{site}} {{collector}}",
    kind="ratio",
    record="site:hubgauge_collector_success:avg",
    least=0,
    most=1,
    steps=steps((0.95, ORANGE), (1.0, GREEN), base=RED),
)
COLLECTOR_DURATION: Final = Signal(
    key="collector.duration",
    name=Text("Slowest collectors", "最慢的采集器"),
    description=Text(
        "How long the slowest device's last round took, by collector.",
        "各采集器中最慢设备最近一轮的耗时。",
    ),
    unit="s",
    expr=f"max by (hub, site, collector) ({of(agent.COLLECTOR_DURATION)})",
    legend="{{site}} {{collector}}",
    least=0,
)
COLLECTOR_ERRORS: Final = Signal(
    key="collector.errors",
    name=Text("Failed rounds", "采集失败"),
    description=Text("Rounds that failed a second, by reason.", "每秒失败的采集轮次，按原因统计。"),
    unit="ops",
    expr=f"sum by (hub, site, collector, reason) ({rate(agent.COLLECTOR_ERRORS)})",
    legend="{{collector}} {{reason}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(
        reason="no collector has failed since its agent started", unless=of(agent.COLLECTOR_ERRORS)
    ),
)
SAMPLES_DROPPED: Final = Signal(
    key="collector.dropped",
    name=Text("Readings not taken", "未采用的读数"),
    description=Text(
        "Readings a second that were refused: sentinel values, not finite, above the limit of a device.",
        "每秒被拒绝的读数：哨兵值、非有限值、超出设备上限。",
    ),
    unit="ops",
    expr=f"sum by (hub, site, collector, reason) ({rate(agent.SAMPLES_DROPPED)})",
    legend="{{collector}} {{reason}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(
        reason="no reading was refused since the agents started", unless=of(agent.SAMPLES_DROPPED)
    ),
)
SERIES: Final = Signal(
    key="agent.series",
    name=Text("Series", "时间序列数"),
    description=Text("Live series in the agents' snapshots.", "各代理快照中的有效时间序列数。"),
    unit="short",
    expr=f"sum by (hub, site) ({of(agent.SERIES)})",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
)
SCRAPE_DURATION: Final = Signal(
    key="agent.scrape_duration",
    name=Text("Time to answer a request", "请求应答时间"),
    description=Text(
        "Mean time an agent takes to answer a request, by path.",
        "代理应答请求的平均时间，按路径统计。",
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
    name=Text("Spool", "缓存占用率"),
    description=Text(
        "Bytes waiting for the database, as a share of the spool's quota.",
        "等待写入数据库的字节数占缓存配额的比例。",
    ),
    unit="percentunit",
    expr=f"max by ({_EACH}, sink) ({of(agent.SPOOL_BYTES)}) / max by ({_EACH}, sink) ({of(agent.SPOOL_MAX_BYTES)} > 0)",
    legend="{{instance}}",
    kind="ratio",
    record="instance:hubgauge_spool_fill:ratio",
    least=0,
    most=1,
    steps=steps((SPOOL_LIMIT, ORANGE), (1.0, RED), base=GREEN),
    may_be_empty=_NO_PUSH,
)
SENT: Final = Signal(
    key="sink.sent",
    name=Text("Samples sent", "已发送样本"),
    description=Text("Samples a second that the database took.", "数据库每秒接收的样本数。"),
    unit="cps",
    expr=f"sum by (hub, site, sink) ({rate(agent.SINK_SENT)})",
    legend="{{site}} {{sink}}",
    kind="rate",
    least=0,
    may_be_empty=_NO_PUSH,
)
SINK_DROPPED: Final = Signal(
    key="sink.dropped",
    name=Text("Samples given up", "已放弃样本"),
    description=Text(
        "Samples a second that were given up, by reason; each is counted and none goes silently.",
        "每秒放弃的样本数，按原因统计；逐一计数，绝不静默丢弃。",
    ),
    unit="cps",
    expr=f"sum by (hub, site, sink, reason) ({rate(agent.SINK_DROPPED)})",
    legend="{{site}} {{reason}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(
        reason="no sample was given up since the agents started", unless=of(agent.SINK_DROPPED)
    ),
)
LEDGER_READINGS: Final = Signal(
    key="ledger.readings",
    name=Text("Meter readings taken", "台账读数"),
    description=Text(
        "Meter readings a second that the energy ledger took.", "能耗台账每秒采纳的电表读数。"
    ),
    unit="ops",
    expr=f"sum by (hub, site) ({rate(agent.LEDGER_READINGS)})",
    legend="{{site}}",
    kind="rate",
    least=0,
    may_be_empty=Excuse(reason="no agent here reads meters", unless=of(facility.METER_UP)),
)

LEDGER_REJECTED: Final = Signal(
    key="ledger.rejected",
    name=Text("Meter readings not taken", "台账未采纳的读数"),
    description=Text(
        "Meter readings a second that the ledger did not take, by reason.",
        "台账每秒未采纳的电表读数，按原因统计。",
    ),
    unit="ops",
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
    name=Text("Energy registers that fell", "电能寄存器回退"),
    description=Text(
        "Registers that fell within the last day, by what it was: a wrap loses nothing, a reset loses what came before it unread.",
        "最近一天内回退的电能寄存器：翻转不丢失电量，清零会丢失未读部分。",
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
    name=Text("Oldest sample that waits", "最旧的待发样本"),
    description=Text("Age of the oldest batch in the spool.", "缓存中最旧批次的等待时间。"),
    unit="s",
    expr=f"time() - min by ({_EACH}) ({of(agent.SPOOL_OLDEST)} > 0)",
    legend="{{instance}}",
    least=0,
    may_be_empty=Excuse(reason="nothing waits in a spool", unless=of(agent.SPOOL_OLDEST)),
)
SINK_UP: Final = Signal(
    key="sink.up",
    name=Text("Writes to the database", "写入数据库"),
    description=Text(
        "Whether the last write of each agent was taken.", "各代理最近一次写入是否成功。"
    ),
    unit="none",
    expr=f"min by ({_EACH}, sink) ({of(agent.SINK_UP)})",
    legend="{{instance}} {{sink}}",
    kind="state",
    states=(
        State(value=0, text=Text("✗ refused", "✗ 失败"), color=RED),
        State(value=1, text=Text("✓ taken", "✓ 正常"), color=GREEN),
    ),
    may_be_empty=_NO_PUSH,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
