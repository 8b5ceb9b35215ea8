"""Alerts on hubgauge itself: agents, collectors, and a refused reload."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import agent
from collectors.catalogue.limits import ANSWERING_LIMIT, CLOCK_SECONDS
from dashboards.alerts.base import SITE, Alert, Case, named, series
from dashboards.alerts.limit import fixed, percent
from dashboards.language import Text
from dashboards.promql import for_rule, last_known, metric, of, share

_NODE: Final = {**SITE, "instance": "n1"}
_COLLECTOR: Final = {**_NODE, "collector": "snmp", "device": "ups-1"}
_UP: Final = {**_NODE, "job": "hubgauge"}
_BUILD: Final = for_rule(of(agent.BUILD_INFO))
_EACH: Final = "hub, site, instance"
_SCRAPED: Final = 'up{job="hubgauge"}'
_OFFSET, _SYNCED, _ERROR = (
    metric(f"node_timex_{name}").full_name
    for name in ("offset_seconds", "sync_status", "maxerror_seconds")
)
MANY: Final = 10
"""The share of a site's agents that answer is judged only if there are so many."""


def _answering(number: int) -> dict[str, str]:
    """Return the agents of a site, of which `number` answer."""
    return {
        named("up", {**SITE, "job": "hubgauge"}, instance=f"n{n}"): f"{int(n >= MANY - number)}x20"
        for n in range(MANY)
    }


ALERTS: Final = (
    Alert(
        name="AgentDown",
        # The last known value does not count here: an agent that is no longer scraped may be gone
        # on purpose, such as a pod that was replaced. If its metrics end, AgentSilent fires.
        expr='up{job="hubgauge"} == 0',
        wait="5m",
        severity="critical",
        summary=Text(
            "The agent {{ $labels.instance }} of {{ $labels.site }} does not answer: look at its"
            " host, then at `systemctl status hubgauge`.",
        ),
        description=(
            "Prometheus cannot scrape the agent; everything it reads is missing meanwhile, not"
            " zero."
        ),
        must_fire=Case(series={named("up", _UP): "1x2 0x20"}, at="10m", fires=_UP),
        must_not_fire=Case(series={named("up", _UP): "1x2 0x20"}, at="5m"),
    ),
    Alert(
        name="SiteAgentsDown",
        expr=(
            f"{share('hub, site', _SCRAPED)} < {ANSWERING_LIMIT}"
            f" and count by (hub, site) ({_SCRAPED}) >= {MANY}"
        ),
        wait="3m",
        severity="critical",
        summary=Text(
            "Only {{ $value | humanizePercentage }} of the agents of {{ $labels.site }} answer:"
            " look for one cause: power, network, or a bad rollout.",
        ),
        limit=percent(ANSWERING_LIMIT),
        description=(
            "Many agents gone at once is one failure; single agents are not reported while it"
            " lasts."
        ),
        must_fire=Case(
            series=_answering(MANY - 2),
            at="10m",
            fires=SITE,
            value="80%",
        ),
        must_not_fire=Case(
            series=_answering(MANY - 1) | {named("up", {**_UP, "site": "s2"}): "0x20"}, at="10m"
        ),
    ),
    Alert(
        name="AgentSilent",
        # For agents that push and are not scraped: they sent within the hour, and do not now.
        expr=(
            f"max by ({_EACH}) (last_over_time({_BUILD}[1h])) unless max by ({_EACH}) ({_BUILD})"
            f" unless on ({_EACH}) up"
        ),
        wait="5m",
        severity="critical",
        summary=Text(
            "Nothing arrives from the agent {{ $labels.instance }} of {{ $labels.site }}: is it"
            " running, and does its spool grow?",
        ),
        description=(
            "It pushed within the last hour and stopped. What it spools meanwhile arrives when"
            " the way is open again."
        ),
        must_fire=Case(
            series={series(agent.BUILD_INFO, _NODE): "1x10 _x60"}, at="40m", fires=_NODE
        ),
        must_not_fire=Case(series={series(agent.BUILD_INFO, _NODE): "1x60"}, at="40m"),
    ),
    Alert(
        name="CollectorFailing",
        # The few that fail are picked before they are grouped: a gateway of a whole hub has tens of
        # thousands that do not.
        expr=for_rule(
            f"max by ({_EACH}, collector, device)"
            f" (last_over_time({of(agent.COLLECTOR_SUCCESS)}[1h]) == 0)"
        ),
        wait="10m",
        severity="warning",
        summary=Text(
            "Collector {{ $labels.collector }} {{ $labels.device }} fails on"
            " {{ $labels.instance }}: the agent's log names the reason once.",
        ),
        description=(
            "Every round of this collector has failed for ten minutes; what it reads is missing."
        ),
        must_fire=Case(
            series={series(agent.COLLECTOR_SUCCESS, _COLLECTOR): "0x30"}, at="20m", fires=_COLLECTOR
        ),
        must_not_fire=Case(
            series={series(agent.COLLECTOR_SUCCESS, _COLLECTOR): "0x5 1x2 0x5"}, at="12m"
        ),
    ),
    Alert(
        name="AgentLate",
        expr=for_rule(f"sum by ({_EACH}) (increase({of(agent.LATE_ROUNDS)}[5m])) > 0"),
        wait="10m",
        severity="warning",
        summary=Text(
            "The agent {{ $labels.instance }} of {{ $labels.site }} cannot keep up with its"
            " devices: give it a longer interval, less `detail`, more `workers`, or share its"
            " devices out (`shard`).",
        ),
        description=(
            "Rounds are late because the agent itself is too slow, not because of its devices."
            " Values are older than the interval, or missing."
        ),
        must_fire=Case(
            series={series(agent.LATE_ROUNDS, _NODE, collector="snmp"): "0x3 0+40x30"},
            at="20m",
            fires=_NODE,
        ),
        # A stop of half a minute, such as a machine that is moved, makes rounds late once.
        must_not_fire=Case(
            series={series(agent.LATE_ROUNDS, _NODE, collector="snmp"): "0x3 4000x30"}, at="20m"
        ),
    ),
    Alert(
        name="WorkerRestarted",
        expr=for_rule(f"sum by ({_EACH}) (increase({of(agent.WORKER_RESTARTS)}[15m])) > 0"),
        wait="0m",
        severity="warning",
        summary=Text(
            "A worker process of the agent {{ $labels.instance }} of {{ $labels.site }} ended, or"
            " stood still, and was started again: the agent's log says why.",
        ),
        description="The cause is not in its devices. Each restart costs them one round.",
        must_fire=Case(
            series={series(agent.WORKER_RESTARTS, _NODE, worker="1"): "0x10 1x10"},
            at="14m",
            fires=_NODE,
        ),
        must_not_fire=Case(
            series={series(agent.WORKER_RESTARTS, _NODE, worker="1"): "3x60"}, at="40m"
        ),
    ),
    Alert(
        name="ConfigReloadFailed",
        expr=for_rule(last_known(f"min by ({_EACH})", of(agent.CONFIG_RELOAD_SUCCESS)) + " == 0"),
        wait="5m",
        severity="warning",
        summary=Text(
            "{{ $labels.instance }} refused its new config, or a file of devices, and runs on the"
            " old one: `hubgauge check` names file and line.",
        ),
        description=(
            "A restart would fail, or leave out the devices of that file; mend it before then."
        ),
        must_fire=Case(
            series={series(agent.CONFIG_RELOAD_SUCCESS, _NODE): "0x20"}, at="10m", fires=_NODE
        ),
        must_not_fire=Case(
            series={series(agent.CONFIG_RELOAD_SUCCESS, _NODE): "1x2 0x20"}, at="5m"
        ),
    ),
    Alert(
        name="ClocksOff",
        expr=(
            f"count by (hub, site) (abs({_OFFSET}) > {CLOCK_SECONDS} or {_SYNCED} == 0 and on"
            f" (hub, site, instance) {_ERROR} >= 16)"
        ),
        wait="15m",
        severity="warning",
        summary=Text(
            "{{ $value }} nodes of {{ $labels.site }} have a wrong clock or none to follow: check"
            " chrony or NTP there before trusting times.",
        ),
        limit=fixed(f"{CLOCK_SECONDS:g} s"),
        description=(
            "A reading has the time of the agent that took it: a gateway with a wrong clock counts"
            " energy in the wrong hour."
        ),
        must_fire=Case(series={named(_OFFSET, _NODE): "0.2x40"}, at="20m", fires=SITE, value="1"),
        must_not_fire=Case(
            series={
                named(_OFFSET, _NODE): "0.001x40",
                named(_SYNCED, _NODE): "0x40",
                named(_ERROR, _NODE): "0.2x40",
            },
            at="20m",
        ),
    ),
)
