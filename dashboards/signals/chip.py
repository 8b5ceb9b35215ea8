"""Signals of accelerators and of the power nodes report themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from collectors.catalogue import inventory, node
from dashboards.language import Text
from dashboards.promql import MARKED, marked, of, share, while_up
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, steps
from dashboards.signals.rack import bands

CHIP: Final = "hub, site, node, accelerator"


def each(expr: str) -> str:
    """Return an expression by chip: several agents may see the same one."""
    return f"max by ({CHIP}) ({expr})"


def answering(expr: str) -> str:
    """Return values by chip only of the chips that answer."""
    return while_up(expr, node.ACCELERATOR_UP, CHIP)


def memory(at: str = "") -> str:
    """Return the share of each chip's memory in use; `at` is a modifier such as `@ end()`."""
    return (
        f"{each(of(node.ACCELERATOR_MEMORY_USED) + at)} /"
        f" {each(of(node.ACCELERATOR_MEMORY_TOTAL) + at)}"
    )


def _peak(precisions: str) -> str:
    """Return the sum over a site's chips of their rated peaks at some precisions, by precision."""
    chips = f"max by ({CHIP}, precision) ({of(node.ACCELERATOR_PEAK, precisions)})"
    return f"sum by (hub, site, precision) ({chips})"


_POWER: Final = answering(each(of(node.ACCELERATOR_POWER)))
_UTILIZATION: Final = answering(each(of(node.ACCELERATOR_UTILIZATION)))
_HEALTHY: Final = answering(each(of(node.ACCELERATOR_HEALTHY)))
_THROTTLED: Final = f"max by ({CHIP}, reason) ({of(node.ACCELERATOR_THROTTLED)})"
_USED, _TOTAL = (
    answering(each(of(metric)))
    for metric in (node.ACCELERATOR_MEMORY_USED, node.ACCELERATOR_MEMORY_TOTAL)
)
_NODE: Final = "hub, site, node, source"
_NODES: Final = while_up(f"max by ({_NODE}) ({of(node.NODE_POWER)})", node.NODE_UP, _NODE)
_KIND_NODE: Final = 'kind="node"'
NO_CHIPS: Final = Excuse(
    reason="no accelerator is seen at these sites", unless=of(node.ACCELERATOR_INFO)
)

CHIPS: Final = Signal(
    key="chip.count",
    name=Text("Accelerators by vendor"),
    description=Text(
        "Accelerator chips that telemetry sees, by vendor and model.",
    ),
    unit="short",
    expr=(
        f"count by (hub, site, vendor, model) (max by ({CHIP}, vendor, model)"
        f" ({of(node.ACCELERATOR_INFO)}))"
    ),
    legend="{{site}} {{vendor}} {{model}}",
    kind="count",
    record="site:dc_accelerator_info:count",
    least=0,
    decimals=0,
    may_be_empty=NO_CHIPS,
)
CHIP_UTILIZATION: Final = Signal(
    key="chip.utilization",
    name=Text("Accelerator utilisation"),
    description=Text("Mean share of time the chips computed."),
    unit="percentunit",
    expr=f"avg by (hub, site) ({_UTILIZATION})",
    plain=f"avg by (hub, site) ({each(of(node.ACCELERATOR_UTILIZATION))})",
    legend="{{site}}",
    kind="ratio",
    record="site:dc_accelerator_utilization_ratio:avg",
    least=0,
    most=1,
    may_be_empty=NO_CHIPS,
)
CHIP_POWER: Final = Signal(
    key="chip.power",
    name=Text("Accelerator power"),
    description=Text(
        "Sum of what the chips that answer draw. With ≥ it is a part: a chip is silent or does not"
        " tell its power.",
    ),
    unit="watt",
    expr=marked(
        f"sum by (hub, site) ({_POWER})",
        f"count by (hub, site) (max by ({CHIP}) ({of(node.ACCELERATOR_UP)}))"
        f" > count by (hub, site) ({_POWER})",
        "hub, site",
        "site",
    ),
    plain=f"sum by (hub, site) (max by ({CHIP}) ({of(node.ACCELERATOR_POWER)}))",
    by_rules=f"sum by (hub, site) ({_POWER})",
    legend=MARKED,
    record="site:dc_accelerator_power_watts:sum",
    least=0,
    may_be_empty=NO_CHIPS,
)
CHIP_TEMPERATURE: Final = Signal(
    key="chip.temperature",
    name=Text("Hottest accelerators"),
    description=Text("Temperature of the ten hottest chips."),
    unit="celsius",
    expr=answering(
        f"{each(of(node.ACCELERATOR_TEMPERATURE))}"
        f" and topk(10, {each(of(node.ACCELERATOR_TEMPERATURE) + ' @ end()')})"
    ),
    plain=each(of(node.ACCELERATOR_TEMPERATURE)),
    legend="{{node}} {{accelerator}}",
    decimals=0,
    begins=30,
    ends=95,
    steps=steps((80, ORANGE), (90, RED), base=GREEN),
    may_be_empty=NO_CHIPS,
)
NODE_POWER: Final = Signal(
    key="node.power",
    name=Text("Power the nodes report"),
    description=Text(
        "Sum of the nodes' power by where it was read. Sources measure different things and must"
        " not be added up: RAPL is the CPUs only. With ≥ it is a part of the site's nodes.",
    ),
    unit="watt",
    expr=marked(
        f"sum by (hub, site, source) ({_NODES})",
        f"count by (hub, site, source) ({_NODES}) < on (hub, site) group_left ()"
        f" sum by (hub, site) ({of(inventory.EXPECTED, _KIND_NODE)})",
        "hub, site, source",
        "source",
        into="named_source",
    ),
    plain=f"sum by (hub, site, source) (max by ({_NODE}) ({of(node.NODE_POWER)}))",
    legend="{{site}} {{named_source}}",
    least=0,
    may_be_empty=Excuse(reason="no node reports its own power", unless=of(node.NODE_POWER)),
)
CHIP_HEALTHY: Final = Signal(
    key="chip.healthy",
    name=Text("Healthy accelerators"),
    description=Text(
        "Share of the chips that answer and that their driver calls healthy.",
    ),
    unit="percentunit",
    # A silent chip is not healthy: else the share would rise when a bad chip stops answering.
    expr=(
        share("hub, site", f"{_HEALTHY} or {each(of(node.ACCELERATOR_UP))} == 0")
        + f" and on (hub, site) {of(node.ACCELERATOR_HEALTHY)}"
    ),
    plain=f"avg by (hub, site) ({each(of(node.ACCELERATOR_HEALTHY))})",
    legend="{{site}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=1,
    steps=steps((0.99, ORANGE), (1.0, GREEN), base=RED),
    may_be_empty=Excuse(
        reason="no chip's driver tells of its health", unless=of(node.ACCELERATOR_HEALTHY)
    ),
)
CHIP_SILENT: Final = Signal(
    key="chip.silent",
    name=Text("Silent accelerators"),
    description=Text("Chips that were seen before and do not answer."),
    unit="short",
    expr=f"sum by (hub, site) (1 - {each(of(node.ACCELERATOR_UP))})",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, ORANGE), base=GREEN),
    may_be_empty=NO_CHIPS,
)
CHIP_MEMORY: Final = Signal(
    key="chip.memory",
    name=Text("Accelerator memory in use"),
    description=Text(
        "Device memory in use over all there is, of all chips together.",
    ),
    unit="percentunit",
    expr=f"sum by (hub, site) ({_USED}) / sum by (hub, site) ({_TOTAL})",
    plain=(
        f"sum by (hub, site) ({each(of(node.ACCELERATOR_MEMORY_USED))})"
        f" / sum by (hub, site) ({each(of(node.ACCELERATOR_MEMORY_TOTAL))})"
    ),
    legend="{{site}}",
    kind="ratio",
    least=0,
    most=1,
    may_be_empty=NO_CHIPS,
)
CHIP_PEAK: Final = Signal(
    key="chip.peak",
    name=Text("Rated peak of the chips"),
    description=Text(
        "Rated dense peak of all chips by precision, from the maker's data sheet; precisions must"
        " not be added up.",
    ),
    unit="flops",
    expr=_peak('precision!~"int.*"'),
    legend="{{site}} {{precision}}",
    least=0,
    decimals=1,
    may_be_empty=NO_CHIPS,
)
CHIP_INTEGER_PEAK: Final = replace(
    CHIP_PEAK,
    key="chip.integer_peak",
    name=Text("Rated peak with integers"),
    description=Text(
        "Rated dense peak of all chips with integers, from the maker's data sheet, in operations a"
        " second: they are not of floating point.",
    ),
    unit="si:OPS",
    expr=_peak('precision=~"int.*"'),
    may_be_empty=Excuse(
        reason="no chip states a peak with integers",
        unless=of(node.ACCELERATOR_PEAK, 'precision=~"int.*"'),
    ),
)
CHIP_DISTRIBUTION: Final = Signal(
    key="chip.distribution",
    name=Text("Chips by utilisation"),
    description=Text(
        "How many chips are busy for which tenth of the time: a band near 0 % is bought and idle.",
    ),
    unit="short",
    expr=bands(f"({_UTILIZATION})"),
    legend="{{tenth}}",
    kind="count",
    least=0,
    decimals=0,
    may_be_empty=NO_CHIPS,
)
CHIP_THROTTLED: Final = Signal(
    key="chip.throttled",
    name=Text("Throttled chips"),
    description=Text("Chips that run slower than they could, by reason."),
    unit="short",
    expr=f"sum by (hub, site, reason) ({answering(_THROTTLED)})",
    plain=f"sum by (hub, site, reason) ({_THROTTLED})",
    legend="{{site}} {{reason}}",
    kind="count",
    least=0,
    decimals=0,
    may_be_empty=Excuse(
        reason="no chip tells whether it is throttled", unless=of(node.ACCELERATOR_THROTTLED)
    ),
)
CHIP_ECC: Final = Signal(
    key="chip.ecc",
    name=Text("Memory errors of the chips"),
    description=Text(
        "Memory errors in the last hour: corrected ones foretell, uncorrected ones cost work.",
    ),
    unit="short",
    expr=(
        f"sum by (hub, site, kind) (max by ({CHIP}, kind)"
        f" (increase({of(node.ACCELERATOR_ECC_ERRORS)}[1h])))"
    ),
    legend="{{site}} {{kind}}",
    kind="count",
    least=0,
    may_be_empty=Excuse(
        reason="no chip counts memory errors", unless=of(node.ACCELERATOR_ECC_ERRORS)
    ),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
