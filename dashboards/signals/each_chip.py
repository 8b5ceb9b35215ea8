"""Signals of chips one by one: the columns of a table of those that are warmest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from collectors.base import Metric
from collectors.catalogue import node
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import Signal
from dashboards.signals.chip import CHIP, CHIP_TEMPERATURE, NO_CHIPS, answering, each, memory

MANY: Final = 40
"""How many chips a table names at most."""


def _hottest(values: Callable[[str], str]) -> str:
    """Return a value of the chips that answer and are warmest at the end of the range."""
    temperature = each(of(node.ACCELERATOR_TEMPERATURE) + " @ end()")
    warm = f"topk({MANY}, {answering(temperature)})"
    return f"{answering(values(''))} and on ({CHIP}) {warm}"


def _column(
    key: str,
    name: Text,
    description: Text,
    unit: str,
    metric: Metric,
    **more: Any,
) -> Signal:
    return Signal(
        key=key,
        name=name,
        description=description,
        unit=unit,
        expr=_hottest(lambda at: each(of(metric) + at)),
        plain=each(of(metric)),
        legend="{{node}} {{accelerator}}",
        may_be_empty=NO_CHIPS,
        **more,
    )


EACH_TEMPERATURE: Final = _column(
    "chip.each_temperature",
    Text("Temperature"),
    Text("Temperature of a chip."),
    "celsius",
    node.ACCELERATOR_TEMPERATURE,
    decimals=0,
    steps=CHIP_TEMPERATURE.steps,
)
EACH_UTILIZATION: Final = _column(
    "chip.each_utilization",
    Text("Busy"),
    Text("Share of time a chip computed."),
    "percentunit",
    node.ACCELERATOR_UTILIZATION,
    least=0,
    most=1,
    decimals=0,
)
EACH_POWER: Final = _column(
    "chip.each_power",
    Text("Power", context="drawn"),
    Text("What a chip draws."),
    "watt",
    node.ACCELERATOR_POWER,
    least=0,
)
EACH_MEMORY: Final = Signal(
    key="chip.each_memory",
    name=Text("Memory", context="of a chip"),
    description=Text("Share of a chip's memory in use."),
    unit="percentunit",
    expr=_hottest(memory),
    plain=memory(),
    legend="{{node}} {{accelerator}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
    may_be_empty=NO_CHIPS,
)

SIGNALS: Final = (EACH_TEMPERATURE, EACH_UTILIZATION, EACH_POWER, EACH_MEMORY)
