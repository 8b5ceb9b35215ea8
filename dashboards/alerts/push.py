"""Alerts on what agents write and push: spool and ledger, what is given up, and the database."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import agent
from collectors.catalogue.limits import SPOOL_LIMIT
from dashboards.alerts.base import SITE, Alert, Case, series
from dashboards.alerts.limit import percent
from dashboards.language import Text
from dashboards.promql import for_rule, last_known, of
from dashboards.signals import own

_NODE: Final = {**SITE, "instance": "n1"}
_SINK: Final = {**_NODE, "sink": "influxdb"}
_LEDGER_OF: Final = "hub, site, instance"
_EACH: Final = f"{_LEDGER_OF}, sink"


def _spool(values: str) -> dict[str, str]:
    return {
        series(agent.SPOOL_BYTES, _SINK): values,
        series(agent.SPOOL_MAX_BYTES, _SINK): "100x60",
    }


ALERTS: Final = (
    Alert(
        name="SpoolFilling",
        expr=f"{own.SPOOL_FILL.recorded()} > {SPOOL_LIMIT}",
        wait="5m",
        severity="warning",
        summary=Text(
            "The spool of {{ $labels.instance }} is {{ $value | humanizePercentage }} full: bring"
            " the database back, or raise max_bytes.",
        ),
        limit=percent(SPOOL_LIMIT),
        description="When the spool is full, samples are given up and counted.",
        must_fire=Case(series=_spool("85x60"), at="10m", fires=_SINK, value="85%"),
        must_not_fire=Case(series=_spool("75x60"), at="10m"),
    ),
    Alert(
        name="SpoolUnhealthy",
        expr=for_rule(last_known(f"min by ({_EACH})", of(agent.SPOOL_HEALTHY)) + " == 0"),
        wait="2m",
        severity="critical",
        summary=Text(
            "The spool of {{ $labels.instance }} cannot be written: free its disk or fix its"
            " rights; samples wait in memory only.",
        ),
        description="A crash now loses what is in memory.",
        must_fire=Case(
            series={series(agent.SPOOL_HEALTHY, _SINK): "1x2 0x20"}, at="8m", fires=_SINK
        ),
        must_not_fire=Case(series={series(agent.SPOOL_HEALTHY, _SINK): "1x2 0x20"}, at="4m"),
    ),
    Alert(
        name="LedgerUnhealthy",
        expr=for_rule(last_known(f"min by ({_LEDGER_OF})", of(agent.LEDGER_HEALTHY)) + " == 0"),
        wait="2m",
        severity="critical",
        summary=Text(
            "The ledger of {{ $labels.instance }} cannot be written: free its disk or fix its"
            " rights; readings wait in memory only.",
        ),
        description="A crash now loses readings of meters, and PUE stands still.",
        must_fire=Case(
            series={series(agent.LEDGER_HEALTHY, _NODE): "1x2 0x20"}, at="8m", fires=_NODE
        ),
        must_not_fire=Case(series={series(agent.LEDGER_HEALTHY, _NODE): "1x2 0x20"}, at="4m"),
    ),
    Alert(
        name="SamplesGivenUp",
        expr=for_rule(f"sum by ({_EACH}, reason) (increase({of(agent.SINK_DROPPED)}[15m])) > 0"),
        wait="0m",
        severity="warning",
        summary=Text(
            "{{ $labels.instance }} gave up samples ({{ $labels.reason }}): a gap is in the"
            " database; see the runbook for what can be had back.",
        ),
        description=(
            "Each sample given up is counted by reason: quota, memory, corrupt, dead_letter."
        ),
        must_fire=Case(
            series={series(agent.SINK_DROPPED, _SINK, reason="quota"): "0x10 5x10"},
            at="15m",
            fires={**_SINK, "reason": "quota"},
        ),
        must_not_fire=Case(
            series={series(agent.SINK_DROPPED, _SINK, reason="quota"): "7x40"}, at="30m"
        ),
    ),
    Alert(
        name="SinkDown",
        expr=for_rule(last_known(f"min by ({_EACH})", of(agent.SINK_UP)) + " == 0"),
        wait="15m",
        severity="warning",
        summary=Text(
            "{{ $labels.instance }} cannot write to {{ $labels.sink }}: check address, token and"
            " bucket; samples are spooled meanwhile.",
        ),
        description="Nothing is lost until the spool is full.",
        must_fire=Case(series={series(agent.SINK_UP, _SINK): "0x40"}, at="20m", fires=_SINK),
        must_not_fire=Case(series={series(agent.SINK_UP, _SINK): "1x2 0x40"}, at="10m"),
    ),
    Alert(
        name="SinkKeepsDoubles",
        expr=for_rule(last_known(f"min by ({_EACH})", of(agent.SINK_DEDUPLICATES)) + " == 0"),
        wait="10m",
        severity="warning",
        summary=Text(
            "The database behind {{ $labels.sink }} of {{ $labels.instance }} keeps samples twice"
            " that are sent twice: start it with `-dedup.minScrapeInterval=1ms`.",
        ),
        description="After a lost answer samples are sent again; counts and sums are then wrong.",
        must_fire=Case(
            series={series(agent.SINK_DEDUPLICATES, _SINK): "0x40"}, at="15m", fires=_SINK
        ),
        must_not_fire=Case(series={series(agent.SINK_DEDUPLICATES, _SINK): "1x40"}, at="30m"),
    ),
)
