"""Alerts on targets, as the agents judge them.

Only the agents know deadlines, partial counts and interim years.
"""

from __future__ import annotations

from typing import Final

from collectors.catalogue import recorded, site
from collectors.catalogue.limits import PACE_LIMIT
from dashboards.alerts.base import Alert, Case, series
from dashboards.alerts.limit import percent
from dashboards.language import Text
from dashboards.promql import for_rule, of
from dashboards.signals.target import TARGET

_TARGET: Final = {"hub": "guian", "target": "guian-pue", "kpi": "pue", "scope": "huawei"}


_HUAWEI: Final = {"hub": "guian", "kpi": "pue", "scope": "huawei"}
_VALUE: Final = series(site.KPI_VALUE, {"hub": "guian", "kpi": "pue", "scope": "hub"})


def _state(name: str) -> str:
    state = f'state="{name}"'
    return for_rule(f"max by ({TARGET}) ({of(site.TARGET_STATE, state, scope='hub')}) == 1")


def _pace(name: str) -> str:
    pace = f'pace="{name}"'
    return for_rule(f"max by ({TARGET}) ({of(site.TARGET_PACE, pace, scope='hub')})")


def _paces(kept: str) -> dict[str, str]:
    return {
        series(site.TARGET_PACE, _TARGET, pace="required"): "0.01x120",
        series(site.TARGET_PACE, _TARGET, pace="kept"): kept,
    }


def _target_state(state: str) -> str:
    return series(site.TARGET_STATE, _TARGET, state=state)


def gone(matchers: str = "") -> str:
    """Return the hubs that had KPI values within the hour and have none now."""
    values = f"{recorded.KPI_VALUE}{matchers}"
    return f"max by (hub) (last_over_time({values}[1h])) unless max by (hub) ({values})"


ALERTS: Final = (
    Alert(
        name="HubTargetMissed",
        expr=_state("missed"),
        wait="5m",
        severity="warning",
        summary=Text(
            "{{ $labels.hub }} missed its target {{ $labels.target }}: report it, and register"
            " evidence if there is any.",
        ),
        description=(
            "The deadline is past and evidence of that time shows that the target was not reached."
        ),
        must_fire=Case(series={_target_state("missed"): "1x30"}, at="10m", fires=_TARGET),
        must_not_fire=Case(
            series={_target_state("missed"): "0x30", _target_state("met"): "1x30"}, at="10m"
        ),
    ),
    Alert(
        name="HubTargetAtRisk",
        # A gateway that sees only some sites judges by its part. If the value of the whole hub
        # keeps the limit, there is no alert.
        expr=f"{_state('at_risk')} unless on ({TARGET}) {recorded.TARGET_MET} == 1",
        wait="1h",
        severity="warning",
        summary=Text(
            "{{ $labels.hub }} will miss its target {{ $labels.target }} at its present pace: see"
            " the hub's dashboard for distance and pace.",
        ),
        description=(
            "What is measured points away from the target: a limit exceeded, or a trend too slow"
            " for the deadline."
        ),
        must_fire=Case(series={_target_state("at_risk"): "1x120"}, at="90m", fires=_TARGET),
        must_not_fire=Case(
            series={
                _target_state("at_risk"): "1x120",
                series(site.TARGET_VALUE, _TARGET, op="<="): "1.2x120",
                series(site.KPI_VALUE, _HUAWEI): "1.15x120",
                series(site.KPI_BOUND, _HUAWEI): "0x120",
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
            "{{ $labels.hub }}: the deadline of {{ $labels.target }} passed and nothing was"
            " measured: register what is known.",
        ),
        description=(
            "A target whose deadline is past keeps its row until somebody says how it ended."
        ),
        must_fire=Case(
            series={_target_state("expired_unreported"): "1x120"}, at="90m", fires=_TARGET
        ),
        must_not_fire=Case(series={_target_state("unknown"): "1x120"}, at="90m"),
    ),
    Alert(
        name="HubTargetPaceLost",
        expr=f"{_pace('kept')} / ({_pace('required')} > 0) < {PACE_LIMIT}",
        wait="1h",
        severity="info",
        summary=Text(
            "{{ $labels.hub }} keeps {{ $value | humanizePercentage }} of the pace that"
            " {{ $labels.target }} needs: see the forecast on its page.",
        ),
        limit=percent(PACE_LIMIT),
        description=(
            "Over the last months, less was added each day than must be added each day until the"
            " deadline."
        ),
        must_fire=Case(series=_paces("0.005x120"), at="90m", fires=_TARGET, value="50%"),
        must_not_fire=Case(series=_paces("0.0095x120"), at="90m"),
    ),
    Alert(
        name="HubGone",
        # Above all for a Prometheus that federates hubs (dashboards.federation).
        expr=gone(),
        wait="2m",
        severity="critical",
        summary=Text(
            "Nothing is known of {{ $labels.hub }} any more: is its Prometheus up, and can it be"
            " reached from here?",
        ),
        description=(
            "All KPIs of the hub are gone at once: its Prometheus, the line to it, or all of its"
            " agents. They are missing, not zero."
        ),
        must_fire=Case(series={_VALUE: "1.2x10 _x60"}, at="20m", fires={"hub": "guian"}),
        must_not_fire=Case(series={_VALUE: "1.2x60"}, at="20m"),
    ),
)
