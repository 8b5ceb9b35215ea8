"""Signals of the load of the supply, of what it can still carry, and of the loss of one side.

They use upper bounds, so that a missing reading does not make a load look small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from collectors.base import Metric
from collectors.catalogue import facility, rack
from collectors.catalogue.limits import TRIP_LIMIT
from collectors.catalogue.rack_limits import STANDARD, sites_apart
from dashboards.language import Text
from dashboards.promql import of, while_all_up
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, filling, steps
from dashboards.signals.limited import ByLimits
from dashboards.signals.rack import MANY, RACK_LABELS
from dashboards.signals.rack_limits import SHARE, failover_steps, share

_BREAKER: Final = "hub, site, breaker"
_ROW: Final = "hub, site, row"
_UPPER: Final = 'bound="upper"'
_NO_BREAKER: Final = Excuse(
    reason="the inventory names no breakers", unless=of(rack.BREAKER_COVERAGE)
)
HEADROOM: Final = Text(
    "What may at least be added so that, with a feed or a breaker lost, the others carry all"
    " within {limit}. Below zero it is too late.",
    SHARE,
)


def _highest(metric: Metric) -> str:
    """Keep the series that are highest at the end of the range."""
    each = _upper(metric)
    return f"{each} and topk({MANY}, {each.replace('})', '} @ end())')})"


def _upper(metric: Metric) -> str:
    return f"max by ({_BREAKER}) ({of(metric, _UPPER)})"


def _least(values: Callable[[str], str]) -> str:
    """Keep the series that are lowest at the end of the range."""
    return f"{values('')} and bottomk({MANY}, {values(' @ end()')})"


def _headroom(at: str = "") -> str:
    return f"min by ({RACK_LABELS}) ({of(rack.RACK_HEADROOM, scope='row')}{at})"


BREAKER_LOAD: Final = Signal(
    key="supply.load",
    name=Text("Load of breakers"),
    description=Text(
        "Power over capacity. A silent PDU counts as the most it can draw.",
    ),
    unit="percentunit",
    expr=_highest(rack.BREAKER_LOAD),
    plain=_upper(rack.BREAKER_LOAD),
    legend="{{breaker}}",
    kind="ratio",
    least=0,
    decimals=0,
    steps=filling(TRIP_LIMIT, base=GREEN),
    may_be_empty=_NO_BREAKER,
)
BREAKER_FAILOVER: Final = Signal(
    key="supply.failover",
    name=Text("Load of breakers if their pair is lost"),
    description=Text(
        "What both sides carry over one side's capacity: above {limit} a lost side leaves no room,"
        " above 100 % the other trips as well. "
        "A silent PDU counts as the most it can draw.",
        SHARE,
    ),
    unit="percentunit",
    expr=_highest(rack.BREAKER_FAILOVER_LOAD),
    plain=_upper(rack.BREAKER_FAILOVER_LOAD),
    legend="{{breaker}}",
    kind="ratio",
    least=0,
    decimals=0,
    steps=failover_steps(STANDARD),
    by_limits=ByLimits(words=share, steps=failover_steps, apart=sites_apart),
    may_be_empty=Excuse(
        reason="no breaker of the inventory has a pair", unless=of(rack.BREAKER_FAILOVER_LOAD)
    ),
)
RACK_HEADROOM: Final = Signal(
    key="supply.rack_headroom",
    name=Text("Power that the tightest racks can still take"),
    description=Text(
        "{headroom} Racks behind one breaker share its headroom.", {"headroom": HEADROOM}
    ),
    unit="watt",
    expr=_least(_headroom),
    plain=_headroom(),
    legend="{{rack}}",
    steps=steps((0, ORANGE), (500, GREEN), base=RED),
    by_limits=ByLimits(words=share),
    may_be_empty=Excuse(
        reason="no rack has two feeds of known capacity", unless=of(rack.RACK_HEADROOM)
    ),
)
ROW_HEADROOM: Final = Signal(
    key="supply.row_headroom",
    name=Text("Power that rows can still take"),
    description=Text(
        "What may at least be added to a row's racks at once so that failover holds: rack by"
        " rack, what every breaker on its feeds has left.",
    ),
    unit="watt",
    expr=f"min by ({_ROW}) ({of(rack.ROW_HEADROOM, scope='row')})",
    legend="{{site}} {{row}}",
    may_be_empty=Excuse(reason="no row's racks are heard", unless=of(rack.ROW_POWER)),
)
ROW_POWER: Final = Signal(
    key="row.power",
    name=Text("Power by row"),
    description=Text(
        "Power of each row's racks; absent while a feed is silent.",
    ),
    unit="watt",
    expr=while_all_up(
        f"max by ({_ROW}) ({of(rack.ROW_POWER)})", facility.PDU_UP, f"{_ROW}, rack, pdu", _ROW
    ),
    plain=f"max by ({_ROW}) ({of(rack.ROW_POWER)})",
    legend="{{site}} {{row}}",
    least=0,
    may_be_empty=Excuse(reason="no row is heard whole", unless=of(rack.ROW_POWER)),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
