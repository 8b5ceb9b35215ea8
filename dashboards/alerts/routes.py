"""What Alertmanager does with the alerts: receivers, grouping and inhibition.

One failure is one message: alerts are grouped by hub and site, and an alert inhibits those that
follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.hubs.model import Registry
from agent.receivers import template
from agent.receivers.alertmanager import MOST, ways_of
from agent.receivers.model import AlertingSection
from dashboards.alerts import ALERTS
from dashboards.alerts.base import Severity

Json = dict[str, Any]

SITE: Final = ("hub", "site")
RACK: Final = (*SITE, "rack")
BREAKER: Final = (*SITE, "breaker")
AGENT: Final = (*SITE, "instance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An alert that explains others of the same place: they are not sent while it is active.

    Without `effects` it explains all others. `same` are the labels that make up the place.
    """

    cause: str
    effects: tuple[str, ...] = ()
    same: tuple[str, ...]


_POLLED_BY_AGENT: Final = (
    "MeterSilent",
    "PduSilent",
    "SitePdusSilent",
    "DeviceSilentLong",
    "DeviceNeverAnswered",
    "SitePueCoverageLow",
    "LinkDown",
    "LinkLossy",
    "LinkSlow",
)
"""Alerts about devices and links that an agent polls: without the agent they are not polled."""

CAUSES: Final = (
    Cause(cause="HubGone", same=("hub",)),
    Cause(
        cause="SitePdusSilent",
        effects=(
            "PduSilent",
            "RackFailoverTight",
            "RackFailoverLost",
            "DeviceSilentLong",
            "DeviceNeverAnswered",
            "CollectorFailing",
            "SitePueCoverageLow",
        ),
        same=SITE,
    ),
    Cause(
        cause="SiteAgentsDown",
        effects=(
            "AgentDown",
            "AgentSilent",
            "NodesMissing",
            *_POLLED_BY_AGENT,
            "AcceleratorDown",
        ),
        same=SITE,
    ),
    Cause(
        cause="AgentDown",
        effects=_POLLED_BY_AGENT,
        same=SITE,
    ),
    Cause(
        cause="AgentDown",
        effects=(
            "CollectorFailing",
            "AgentLate",
            "WorkerRestarted",
            "SinkDown",
            "SpoolFilling",
            "SpoolUnhealthy",
            "LedgerUnhealthy",
            "SamplesGivenUp",
            "ConfigReloadFailed",
        ),
        same=AGENT,
    ),
    Cause(
        cause="AgentSilent", effects=("CollectorFailing", "SinkDown", "SpoolFilling"), same=AGENT
    ),
    Cause(
        cause="UpsOnBattery",
        effects=("PueBudgetBurnFast", "SitePueInconsistent", "MeterSilent"),
        same=SITE,
    ),
    Cause(cause="MeterSilent", effects=("SitePueCoverageLow", "SitePueInconsistent"), same=SITE),
    Cause(cause="RackTooHot", effects=("RackHot",), same=RACK),
    Cause(cause="RackFailoverLost", effects=("RackFailoverTight",), same=RACK),
    Cause(cause="BreakerFailoverLost", effects=("BreakerFailoverTight",), same=BREAKER),
    Cause(cause="BreakerNearTrip", effects=("BreakerLoadHigh",), same=BREAKER),
    Cause(
        cause="SitePueInconsistent", effects=("PueBudgetBurnFast", "PueBudgetBurnSlow"), same=SITE
    ),
    Cause(cause="HubTargetAtRisk", effects=("HubTargetPaceLost",), same=("hub", "target")),
)
"""Failures, and the alerts that follow from each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How alerts of one severity are sent: to whom, after which wait, and how often again."""

    receiver: str
    group_wait: str
    group_interval: str
    repeat_interval: str
    group_by: tuple[str, ...] = SITE


WAYS: Final[Mapping[Severity, Way]] = {
    "critical": Way(receiver="page", group_wait="30s", group_interval="5m", repeat_interval="4h"),
    "warning": Way(receiver="ticket", group_wait="2m", group_interval="30m", repeat_interval="24h"),
    "info": Way(
        receiver="note",
        group_wait="10m",
        group_interval="6h",
        repeat_interval="168h",
        group_by=("hub",),
    ),
}
_ELSEWHERE: Final = "elsewhere"
HOOK: Final = "http://127.0.0.1:9099"
"""Where the messages go until an operator states receivers: a webhook on the same machine, with a
path for each receiver and hub."""


def alertmanager(
    registry: Registry,
    *,
    hook: str = HOOK,
    ways: Mapping[Severity, Way] = WAYS,
    alerting: AlertingSection | None = None,
) -> Json:
    """Return Alertmanager's config: a route for each hub and severity, and the inhibitions.

    `alerting` names the receivers of an operator's own; without any, `hook` gets the messages.
    Raises ConfigError for a secret that has to be copied and cannot be read.
    """
    _check()
    told = alerting if alerting is not None and alerting.receivers else None
    hubs = [*registry.hubs, _ELSEWHERE]
    return {
        **({"templates": [template.FILE]} if told is not None else {}),
        "route": {
            "receiver": f"{ways['warning'].receiver}-{_ELSEWHERE}",
            "group_by": list(SITE),
            "routes": [
                *(
                    {
                        "matchers": [f'hub="{hub}"'],
                        "receiver": f"{ways['warning'].receiver}-{hub}",
                        "routes": _severities(hub, ways),
                    }
                    for hub in registry.hubs
                ),
                *_severities(_ELSEWHERE, ways),
            ],
        },
        "inhibit_rules": [_inhibition(cause) for cause in CAUSES],
        "receivers": [
            {
                "name": f"{way.receiver}-{hub}",
                **(
                    _hooked(f"{hook}/{way.receiver}/{hub}", resolved=severity != "info")
                    if told is None
                    else ways_of(
                        told,
                        "" if hub == _ELSEWHERE else hub,
                        severity,
                        resolved=severity != "info",
                    )
                ),
            }
            for hub in hubs
            for severity, way in ways.items()
        ],
    }


def untold(registry: Registry, alerting: AlertingSection) -> Mapping[Severity, Sequence[str]]:
    """Return the hubs whose alerts of a severity no receiver gets; empty where there are none."""
    found: dict[Severity, Sequence[str]] = {}
    for severity in WAYS if alerting.receivers else ():
        hubs = [
            hub
            for hub in registry.hubs
            if not any(one.gets(hub, severity) for one in alerting.receivers)
        ]
        if hubs:
            found[severity] = hubs
    return found


def _hooked(url: str, *, resolved: bool) -> Json:
    return {"webhook_configs": [{"url": url, "send_resolved": resolved, "max_alerts": MOST}]}


def _severities(hub: str, ways: Mapping[Severity, Way]) -> Sequence[Json]:
    return [
        {
            "matchers": [f'severity="{severity}"'],
            "receiver": f"{way.receiver}-{hub}",
            "group_by": list(way.group_by),
            "group_wait": way.group_wait,
            "group_interval": way.group_interval,
            "repeat_interval": way.repeat_interval,
        }
        for severity, way in ways.items()
    ]


def _inhibition(cause: Cause) -> Json:
    target = (
        f'alertname=~"{"|".join(cause.effects)}"'
        if cause.effects
        else f'alertname!="{cause.cause}"'
    )
    return {
        "source_matchers": [f'alertname="{cause.cause}"'],
        "target_matchers": [target],
        "equal": list(cause.same),
    }


def _check() -> None:
    """Raise ValueError for an inhibition of an alert that does not exist: it would do nothing."""
    known = {alert.name for alert in ALERTS}
    named = {cause.cause for cause in CAUSES} | {
        effect for cause in CAUSES for effect in cause.effects
    }
    if not named <= known:
        raise ValueError(f"no such alerts: {', '.join(sorted(named - known))}")
