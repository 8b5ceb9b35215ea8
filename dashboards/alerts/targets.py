"""Alerts on targets: the agents' judgement, since only they know deadlines, partial counts and interim years."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import site
from dashboards.alerts.base import Alert, Case, series
from dashboards.language import Text
from dashboards.promql import for_rule, of
from dashboards.rules import MET
from dashboards.signals.target import TARGET

_TARGET: Final = {"hub": "guian", "target": "guian-pue", "kpi": "pue", "scope": "huawei"}


def _state(name: str) -> str:
    state = f'state="{name}"'
    return for_rule(f"max by ({TARGET}) ({of(site.TARGET_STATE, state, scope='hub')}) == 1")


def _target_state(state: str) -> str:
    return series(site.TARGET_STATE, _TARGET, state=state)


ALERTS: Final = (
    Alert(
        name="HubTargetMissed",
        expr=_state("missed"),
        wait="5m",
        severity="warning",
        summary=Text(
            "{{ $labels.hub }} missed its target {{ $labels.target }}: report it, and register evidence if there is any.",
            "{{ $labels.hub }} 未达成目标 {{ $labels.target }}：请上报，如有证据请登记。",
        ),
        description="The deadline is past and evidence of that time shows that the target was not reached.",
        must_fire=Case(series={_target_state("missed"): "1x30"}, at="10m", fires=_TARGET),
        must_not_fire=Case(series={_target_state("missed"): "0x30", _target_state("met"): "1x30"}, at="10m"),
    ),
    Alert(
        name="HubTargetAtRisk",
        # A gateway that sees only some sites may judge by its part; where the hub's own value keeps the limit, that decides.
        expr=f"{_state('at_risk')} unless on ({TARGET}) {MET} == 1",
        wait="1h",
        severity="warning",
        summary=Text(
            "{{ $labels.hub }} will miss its target {{ $labels.target }} as things go: see the hub's dashboard for distance and pace.",
            "按目前趋势，{{ $labels.hub }} 将无法达成目标 {{ $labels.target }}：请在枢纽看板查看差距与所需进度。",
        ),
        description="What is measured points away from the target: a limit exceeded, or a trend too slow for the deadline.",
        must_fire=Case(series={_target_state("at_risk"): "1x120"}, at="90m", fires=_TARGET),
        must_not_fire=Case(
            series={
                _target_state("at_risk"): "1x120",
                series(site.TARGET_VALUE, _TARGET, op="<="): "1.2x120",
                series(site.KPI_VALUE, {"hub": "guian", "kpi": "pue", "scope": "huawei"}): "1.15x120",
            },
            at="90m",
        ),
    ),
    Alert(
        name="HubTargetUnreported",
        expr=_state("expired_unreported"),
        wait="1h",
        severity="info",
        summary=Text(
            "{{ $labels.hub }}: the deadline of {{ $labels.target }} passed and nothing was measured: register what is known.",
            "{{ $labels.hub }}：目标 {{ $labels.target }} 已到期但无实测：请登记已知数据。",
        ),
        description="A target whose deadline is past keeps its row until somebody says how it ended.",
        must_fire=Case(series={_target_state("expired_unreported"): "1x120"}, at="90m", fires=_TARGET),
        must_not_fire=Case(series={_target_state("unknown"): "1x120"}, at="90m"),
    ),
)
