"""Signals of the supply: breakers, their pairs and phases, and rows that fill up.

Alerts use the lower bounds of breakers' loads, so that they fire only for a load that is surely too
high.
"""

from __future__ import annotations

from typing import Final

from collectors.catalogue import facility, pdu_parts, rack
from collectors.catalogue.limits import FULL_DAYS, IMBALANCE_LIMIT
from dashboards.language import Text
from dashboards.promql import of, while_up
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, above, steps
from dashboards.signals.rack import MANY, RACK_LABELS

DAY: Final = 86_400

BREAKER_LABELS: Final = "hub, site, breaker"
ROW_LABELS: Final = "hub, site, row"
_LOWER, _EXPECTED = ('bound="lower"', 'bound="expected"')
_NO_BREAKER: Final = Excuse(
    reason="the inventory names no breakers", unless=of(rack.BREAKER_COVERAGE)
)


def _imbalance(at: str = "") -> str:
    return f"max by ({BREAKER_LABELS}) ({of(rack.BREAKER_IMBALANCE)}{at})"


def _full() -> str:
    """Return the days until each row is full; those of the past are 0."""
    return (
        f"clamp_min((min by ({ROW_LABELS}, kind) ({of(rack.ROW_FULL, _EXPECTED, scope='row')}) -"
        f" time()) / {DAY}, 0)"
    )


BREAKER_LOAD_EACH: Final = Signal(
    key="breaker.load_each",
    name=Text("Load of breakers, at least"),
    description=Text(
        "Power over capacity, or the fullest phase over the rated current where that is more; a"
        " silent PDU counts as nothing.",
    ),
    unit="percentunit",
    expr=(
        f"max by ({BREAKER_LABELS}) ({of(rack.BREAKER_LOAD, _LOWER)} or"
        f" {of(rack.BREAKER_PHASE_LOAD, _LOWER)})"
    ),
    legend="{{breaker}}",
    kind="ratio",
    record="breaker:dc_breaker_load_ratio:max",
    may_be_empty=_NO_BREAKER,
)
BREAKER_FAILOVER_EACH: Final = Signal(
    key="breaker.failover_each",
    name=Text("Load of breakers if their pair is lost, at least"),
    description=Text(
        "What both sides carry over one side's capacity; a silent PDU counts as nothing.",
    ),
    unit="percentunit",
    expr=f"max by ({BREAKER_LABELS}) ({of(rack.BREAKER_FAILOVER_LOAD, _LOWER)})",
    legend="{{breaker}}",
    kind="ratio",
    record="breaker:dc_breaker_failover_load_ratio:max",
    may_be_empty=Excuse(
        reason="no breaker of the inventory has a pair", unless=of(rack.BREAKER_FAILOVER_LOAD)
    ),
)
BREAKER_COVERAGE: Final = Signal(
    key="breaker.coverage",
    name=Text("Breakers by how much behind them is heard"),
    description=Text(
        "Share of the feeds behind a breaker whose PDU is heard; the lowest.",
    ),
    unit="percentunit",
    expr=f"bottomk({MANY}, min by ({BREAKER_LABELS}) ({of(rack.BREAKER_COVERAGE)}))",
    legend="{{breaker}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
    steps=steps((0.9, ORANGE), (1.0, GREEN), base=RED),
    may_be_empty=_NO_BREAKER,
)
BREAKER_IMBALANCE: Final = Signal(
    key="breaker.imbalance",
    name=Text("Phase imbalance of breakers"),
    description=Text(
        "Largest deviation of a phase's current from the mean of three, over that mean; where the"
        " load is a tenth of the rating or more.",
    ),
    unit="percentunit",
    expr=(
        f"{_imbalance()} and topk({MANY}, {_imbalance(' @ end()')})"
        f" unless (min by ({BREAKER_LABELS}) ({of(rack.BREAKER_COVERAGE)}) < 1)"
    ),
    plain=_imbalance(),
    legend="{{breaker}}",
    kind="ratio",
    least=0,
    decimals=0,
    steps=steps((above(IMBALANCE_LIMIT), ORANGE), base=GREEN),
    may_be_empty=Excuse(
        reason="no breaker whose PDUs all tell their phases is loaded enough to be uneven",
        unless=of(rack.BREAKER_IMBALANCE),
    ),
)
BREAKER_IMBALANCE_EACH: Final = Signal(
    key="breaker.imbalance_each",
    name=BREAKER_IMBALANCE.name,
    description=BREAKER_IMBALANCE.description,
    unit="percentunit",
    expr=_imbalance(),
    legend="{{breaker}}",
    kind="ratio",
    record="breaker:dc_breaker_phase_imbalance_ratio:max",
    may_be_empty=BREAKER_IMBALANCE.may_be_empty,
)
PDU_NEAR_TRIP: Final = Signal(
    key="breaker.pdu_load",
    name=Text("PDU phases and banks by load"),
    description=Text(
        "The fullest phase or bank of each PDU over its rating, as the PDU itself says.",
    ),
    unit="percentunit",
    expr=(
        f"max by ({RACK_LABELS}, pdu) ({of(pdu_parts.PDU_BANK_LOAD)} or"
        f" {of(facility.PDU_PHASE_LOAD)})"
    ),
    legend="{{pdu}}",
    kind="ratio",
    record="pdu:dc_pdu_circuit_load_ratio:max",
    may_be_empty=Excuse(
        reason="no PDU tells the load of its phases or banks", unless=of(facility.PDU_PHASE_LOAD)
    ),
)
_PDU_IMBALANCE: Final = f"max by ({RACK_LABELS}, pdu) ({of(facility.PDU_PHASE_IMBALANCE)})"
PDU_IMBALANCE: Final = Signal(
    key="breaker.pdu_imbalance",
    name=Text("Phase imbalance of PDUs"),
    description=BREAKER_IMBALANCE.description,
    unit="percentunit",
    expr=f"topk({MANY}, {while_up(_PDU_IMBALANCE, facility.PDU_UP, f'{RACK_LABELS}, pdu')})",
    plain=_PDU_IMBALANCE,
    legend="{{pdu}}",
    kind="ratio",
    least=0,
    decimals=0,
    may_be_empty=Excuse(
        reason="no loaded PDU has three phases", unless=of(facility.PDU_PHASE_IMBALANCE)
    ),
)
ROW_FULL: Final = Signal(
    key="row.full",
    name=Text("Days until a row is full"),
    description=Text(
        "At the pace of the last half year: in space, in power, and in what one side can carry. A"
        " row that does not grow, or is known for "
        "less than two weeks, has no day; the range of 80 % is in dc_row_full_timestamp_seconds.",
    ),
    unit="d",
    expr=f"bottomk({MANY}, {_full()})",
    legend="{{site}} {{row}} {{kind}}",
    least=0,
    decimals=0,
    # The alert compares whole days, and whole days are shown.
    steps=steps((FULL_DAYS - 0.5, ORANGE), (2 * FULL_DAYS - 0.5, GREEN), base=RED),
    may_be_empty=Excuse(reason="no row is known for two weeks and grows", unless=_full()),
)
ROW_FULL_EACH: Final = Signal(
    key="row.full_each",
    name=ROW_FULL.name,
    description=ROW_FULL.description,
    unit="d",
    expr=_full(),
    legend="{{row}} {{kind}}",
    may_be_empty=ROW_FULL.may_be_empty,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
