"""Alerts on links: a peer that is out of reach, and one that loses packets."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import site
from dashboards.alerts.base import SITE, Alert, Case, series
from dashboards.language import Text
from dashboards.promql import for_rule
from dashboards.signals import link

LOSS_LIMIT: Final = 0.05
"""Above this share of lost probes, interactive traffic suffers."""

_PEER: Final = {**SITE, "peer": "guangzhou"}
_LOSS: Final = for_rule(link.LOSS.expr)


def _lost(values: str) -> dict[str, str]:
    return {series(site.LINK_LOSS, _PEER): values}


ALERTS: Final = (
    Alert(
        name="LinkDown",
        expr=f"{_LOSS} == 1",
        wait="5m",
        severity="critical",
        summary=Text(
            "{{ $labels.peer }} is out of reach of {{ $labels.site }}: no probe is answered; check the line and the peer's filter.",
            "{{ $labels.site }} 无法到达 {{ $labels.peer }}：探测全部无应答；请检查线路及对端过滤策略。",
        ),
        description="No probe of the last minutes was answered, so there is no round trip, and a latency target cannot be judged.",
        must_fire=Case(series=_lost("1x20"), at="10m", fires=_PEER),
        must_not_fire=Case(series=_lost("0.9x20"), at="10m"),
    ),
    Alert(
        name="LinkLossy",
        expr=f"{_LOSS} > {LOSS_LIMIT} < 1",
        wait="15m",
        severity="warning",
        summary=Text(
            "{{ $value | humanizePercentage }} of the probes from {{ $labels.site }} to {{ $labels.peer }} get lost: compare the other peers first.",
            "{{ $labels.site }} 到 {{ $labels.peer }} 的探测丢失 {{ $value | humanizePercentage }}：请先与其他对端比较。",
        ),
        description="One peer that loses points at its line; all of them at this site's own uplink.",
        must_fire=Case(series=_lost("0.1x40"), at="20m", fires=_PEER, value="10%"),
        must_not_fire=Case(series=_lost("0.02x40"), at="20m"),
    ),
)
