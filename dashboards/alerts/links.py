"""Alerts on links: a peer that is out of reach, and one that loses packets."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.limits import LOSS_LIMIT, SLOW_LINK
from collectors.catalogue.link import LINK_LOSS, LINK_ROUND_TRIP
from dashboards.alerts.base import SITE, Alert, Case, series
from dashboards.alerts.limit import percent
from dashboards.language import Text
from dashboards.promql import for_rule, of
from dashboards.signals import link

_PEER: Final = {**SITE, "peer": "guangzhou"}
_LOSS: Final = for_rule(link.LOSS.expr)


_MEDIAN: Final = 'share="0.5"'
_TRIP: Final = for_rule(f"max by (hub, site, peer) ({of(LINK_ROUND_TRIP, _MEDIAN)})")
_USUAL: Final = for_rule(
    f"max by (hub, site, peer) (avg_over_time({of(LINK_ROUND_TRIP, _MEDIAN)}[1d]))"
)


def _trip(values: str) -> dict[str, str]:
    return {series(LINK_ROUND_TRIP, _PEER, share="0.5"): values}


def _lost(values: str) -> dict[str, str]:
    return {series(LINK_LOSS, _PEER): values}


ALERTS: Final = (
    Alert(
        name="LinkDown",
        expr=f"{_LOSS} == 1",
        wait="5m",
        severity="critical",
        summary=Text(
            "{{ $labels.peer }} is out of reach of {{ $labels.site }}: no probe is answered;"
            " check the line and the peer's filter.",
        ),
        description=(
            "No probe of the last minutes was answered, so there is no round trip, and a latency"
            " target cannot be judged."
        ),
        must_fire=Case(series=_lost("1x20"), at="10m", fires=_PEER),
        must_not_fire=Case(series=_lost("0.9x20"), at="10m"),
    ),
    Alert(
        name="LinkLossy",
        expr=f"{_LOSS} > {LOSS_LIMIT} < 1",
        wait="15m",
        severity="warning",
        summary=Text(
            "{{ $value | humanizePercentage }} of the probes from {{ $labels.site }} to"
            " {{ $labels.peer }} get lost: compare the other peers first.",
        ),
        limit=percent(LOSS_LIMIT),
        description=(
            "One peer that loses points at its line; all of them at this site's own uplink."
        ),
        must_fire=Case(series=_lost("0.1x40"), at="20m", fires=_PEER, value="10%"),
        must_not_fire=Case(series=_lost("0.02x40"), at="20m"),
    ),
    Alert(
        name="LinkSlow",
        # A link is compared with its own last day: only a target states how long it should take,
        # and targets have alerts of their own.
        expr=f"{_TRIP} > {SLOW_LINK} * {_USUAL}",
        wait="15m",
        severity="warning",
        summary=Text(
            "{{ $labels.peer }} takes {{ $value | humanizeDuration }} from {{ $labels.site }},"
            " half as long again as in the last day: look for a detour.",
        ),
        description=(
            "The median round trip is well above the day's mean: a detour after a broken line, or"
            " a queue that is full."
        ),
        must_fire=Case(series=_trip("0.01x120 0.02x40"), at="145m", fires=_PEER, value="20ms"),
        must_not_fire=Case(series=_trip("0.01x120 0.012x40"), at="145m"),
    ),
)
