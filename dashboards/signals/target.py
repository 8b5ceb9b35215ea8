"""Signals of targets: the stated value, the deadline, and the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent.hubs.model import Kpi
from agent.hubs.units import shown_name, shown_size
from agent.targets.model import State as Condition
from agent.targets.wording import STATE_NAMES, SYMBOLS
from collectors.catalogue import recorded, site
from dashboards.language import SOURCE, Language, Text
from dashboards.promql import of
from dashboards.signals.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    RED,
    SKY,
    Excuse,
    Signal,
    State,
    steps,
)
from dashboards.signals.kpi import all_measured

TARGET: Final = "hub, target, kpi, scope"

_COLORS: Final[dict[Condition, str]] = {
    "stated_only": SKY,
    "met": GREEN,
    "on_track": BLUE,
    "unknown": GREY,
    "expired_unreported": PINK,
    "at_risk": ORANGE,
    "missed": RED,
}
STATES: Final = {
    name: State(
        value=code,
        text=Text("{mark} {state}", {"mark": SYMBOLS[name], "state": STATE_NAMES[name]}),
        color=color,
    )
    for code, (name, color) in enumerate(_COLORS.items())
}
"""The states a target can be in, by the label value agents give them, each with a word and a mark
beside its colour; the more urgent, the higher its number, so that tables sort by it."""


_DANGER: Final = 'state=~"at_risk|missed"'
_POLICY: Final = 'kind="policy"'
_NOT_MEASURED: Final = Excuse(
    reason="nothing that the hub stated is measured", unless=of(site.KPI_VALUE, scope="hub")
)


def _state(*of_targets: str) -> str:
    """Return the number of the state of each target, or of those that have some labels."""
    return " or ".join(
        f"max by ({TARGET})"
        f" ({of(site.TARGET_STATE, *of_targets, _in_state(name), scope='hub')} == 1)"
        f" * {state.value}"
        for name, state in STATES.items()
    )


def _in_state(name: str) -> str:
    return f'state="{name}"'


def _told_targets(*matchers: str) -> str:
    """Return 1 for each target that agents tell of, for all or for those that have some labels."""
    return f"(max by ({TARGET}) ({of(site.TARGET_INFO, *matchers, scope='hub')}) > bool 0)"


_STATE: Final = _state()
_IS_POLICY: Final = f"on (hub, target) {of(site.TARGET_INFO, _POLICY, scope='hub')}"
"""National policy is kept apart from what a hub itself stated."""

STATE: Final = Signal(
    key="target.state",
    name=Text("State of the targets"),
    description=Text(
        "How each stated figure stands, judged by the agents from measured values, registered"
        " observations and deadlines.",
    ),
    unit="none",
    expr=f"({_STATE}) unless {_IS_POLICY}",
    legend="{{target}}",
    kind="state",
    states=tuple(STATES.values()),
)
EACH_STATE: Final = replace(
    STATE,
    key="target.each_state",
    name=Text("State"),
    description=Text(
        "How each stated figure stands, national policy included.",
    ),
    expr=_STATE,
)
POLICY_STATE: Final = replace(
    STATE,
    key="target.policy_state",
    name=Text("State of national policy"),
    description=Text(
        "How the hub stands against national policy, which the hub itself did not state.",
    ),
    expr=f"({_STATE}) and {_IS_POLICY}",
    may_be_empty=Excuse(
        reason="no hub asks for the policy layer", unless=of(site.TARGET_INFO, _POLICY, scope="hub")
    ),
)
STATE_COUNT: Final = Signal(
    key="target.state_count",
    name=Text("Targets by state"),
    description=Text("How many of the stated figures are in each state."),
    unit="short",
    expr=(
        f"count by (state) ((max by ({TARGET}, state) ({of(site.TARGET_STATE, scope='hub')}) =="
        f" 1) unless {_IS_POLICY})"
    ),
    legend="{{state}}",
    kind="count",
    least=0,
    decimals=0,
)
IN_DANGER: Final = Signal(
    key="target.in_danger",
    name=Text("Promises in danger"),
    description=Text(
        "Targets that are at risk or missed. None is not calm: of others the deadline may have"
        " passed without a report, or the data may be missing."
    ),
    unit="short",
    expr=(
        f"count by (hub) ((max by ({TARGET}) ({of(site.TARGET_STATE, _DANGER, scope='hub')}) =="
        f" 1) unless {_IS_POLICY})"
        f" or count by (hub) ({of(site.TARGET_STATE, scope='hub')}) * 0"
    ),
    legend="{{hub}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, ORANGE)),
)
LIMIT: Final = Signal(
    key="target.limit",
    name=Text("Limit"),
    description=Text("The stated limit or goal, in base units."),
    unit="short",
    expr=f"max by ({TARGET}, op) ({of(site.TARGET_VALUE, scope='hub')})",
    legend="{{target}}",
)
DEADLINE: Final = Signal(
    key="target.deadline",
    name=Text("Due"),
    description=Text(
        "When the target is due; the later end where the source gives a range.",
    ),
    unit="time:YYYY-MM-DD",
    expr=f"max by ({TARGET}) ({of(site.TARGET_DEADLINE, scope='hub')}) * 1000",
    legend="{{target}}",
    kind="timestamp",
    may_be_empty=Excuse(
        reason="no target of the hub has a deadline", unless=of(site.TARGET_DEADLINE, scope="hub")
    ),
)
OBSERVED: Final = Signal(
    key="target.observed",
    name=Text("Registered"),
    description=Text(
        "A published figure that has no telemetry behind it, in base units.",
    ),
    unit="short",
    expr=f"max by ({TARGET}) ({of(site.OBSERVATION_VALUE, scope='hub')})",
    legend="{{target}}",
)
COVERAGE: Final = Signal(
    key="kpi.coverage",
    name=Text("Coverage"),
    description=Text("Share of the KPI's evidence that was there."),
    unit="percentunit",
    expr=(
        f"{_told_targets()} * on (hub, kpi, scope) group_left ()"
        f" (max by (hub, kpi, scope) ({recorded.KPI_COVERAGE}{{<hub>}})"
        f" or min by (hub, kpi, scope) ({of(site.KPI_COVERAGE, scope='hub')}))"
    ),
    legend="{{target}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
    may_be_empty=Excuse(
        reason="no stated KPI needs metering",
        unless=(
            f"{of(site.TARGET_INFO, scope='hub')} * on (hub, kpi, scope) group_left ()"
            f" {of(site.KPI_COVERAGE, scope='hub')}"
        ),
    ),
)


def state_per_target(kpis: Mapping[str, Kpi], language: Language = SOURCE) -> Signal:
    """Return the signal of each target's state, with the unit of its KPI as a label."""
    by_unit: dict[str, list[str]] = {}
    for kpi in kpis.values():
        by_unit.setdefault(shown_name(kpi.unit, language) or NO_UNIT, []).append(kpi.key)
    expr = f"({EACH_STATE.expr})"
    for unit, keys in by_unit.items():
        expr = f'label_replace({expr}, "unit", "{unit}", "kpi", "{"|".join(keys)}")'
    return replace(EACH_STATE, expr=expr, plain=EACH_STATE.expr)


NO_UNIT: Final = "–"
"""What stands for the unit of a figure that has none: a ratio such as a PUE, or yes and no."""


def _sizes(kpis: Mapping[str, Kpi], language: Language) -> str:
    """Return how much in base units is one of the unit that people read, for each target.

    The board has its figures in the same units (`agent.hubs.units`).
    """
    by_size: dict[float, list[str]] = {}
    for kpi in kpis.values():
        by_size.setdefault(shown_size(kpi.unit, language), []).append(kpi.key)
    by_size.pop(1.0, None)
    others = "|".join(key for keys in by_size.values() for key in keys)
    parts = [_told_targets(f'kpi!~"{others}"')]
    for size, keys in by_size.items():
        named = f'kpi=~"{"|".join(keys)}"'
        parts.append(f"{_told_targets(named)} * {size:g}")
    return f"({' or '.join(parts)})"


def state_of(target: str) -> Signal:
    """Return the signal of one target's state.

    A panel of a promise that is not measured shows its state. If it showed the limit, that would
    look like a figure that was reached.
    """
    return replace(STATE, key="target.state_of", expr=_state(f'target="{target}"'))


def measured_per_target(kpis: Mapping[str, Kpi], language: Language = SOURCE) -> Signal:
    """Return the signal of the measured value beside each target, labelled like the target."""
    signal = all_measured(kpis)
    return replace(
        signal,
        key="target.measured",
        description=Text("The measured value of each KPI, in its unit."),
        unit="none",
        legend="{{target}}",
        expr=f"({signal.expr}) / on (hub, kpi, scope) group_right () {_sizes(kpis, language)}",
        may_be_empty=_NOT_MEASURED,
    )


def observed_per_target(kpis: Mapping[str, Kpi], language: Language = SOURCE) -> Signal:
    """Return the signal of the published figure of each target, in its unit."""
    return replace(
        OBSERVED,
        key="target.observed_in_unit",
        description=Text("A published figure that has no telemetry behind it, in its unit."),
        unit="none",
        expr=f"({OBSERVED.expr}) / on ({TARGET}) {_sizes(kpis, language)}",
    )


def share_of_limit(kpis: Mapping[str, Kpi]) -> Signal:
    """Return the signal of measured value over limit, which can be compared across units.

    The operator decides whether more than 1 is good or bad.
    """
    limit = f"max by ({TARGET}, op) ({of(site.TARGET_VALUE, scope='hub')})"
    return Signal(
        key="target.share",
        name=Text("Measured / limit"),
        description=Text(
            "Measured value over the stated limit: a goal (>=) wants at least 100 %, a limit (<=)"
            " at most.",
        ),
        unit="percentunit",
        expr=f"1 / ({limit} != 0) * on (hub, kpi, scope) group_left () ({all_measured(kpis).expr})",
        legend="{{target}} {{op}}",
        kind="ratio",
        may_be_empty=_NOT_MEASURED,
        decimals=1,
    )


SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
