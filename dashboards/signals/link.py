"""Signals of links between hubs: how far away a peer is, what gets lost, how fast the line is."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import site
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, steps

_NO_PROBES: Final = Excuse(reason="no round-trip probe is configured at these sites", unless=of(site.LINK_ROUND_TRIP))

ROUND_TRIP: Final = Signal(
    key="link.round_trip",
    name=Text("Round trip by peer", "往返时延（按对端）"),
    description=Text("Round-trip time to each named peer, by quantile of the probes.", "到各对端的往返时延，按探测分位数统计。"),
    unit="s",
    expr=f"max by (hub, site, peer, quantile) ({of(site.LINK_ROUND_TRIP)})",
    legend="{{site}} → {{peer}} q{{quantile}}",
    least=0,
    may_be_empty=_NO_PROBES,
)
LOSS: Final = Signal(
    key="link.loss",
    name=Text("Probes lost", "探测丢失率"),
    description=Text("Share of probes to each peer that were not answered.", "到各对端的探测中未获应答的比例。"),
    unit="percentunit",
    expr=f"max by (hub, site, peer) ({of(site.LINK_LOSS)})",
    legend="{{site}} → {{peer}}",
    kind="ratio",
    least=0,
    most=1,
    steps=steps((0.01, ORANGE), (0.1, RED), base=GREEN),
    may_be_empty=_NO_PROBES,
)
SPEED: Final = Signal(
    key="link.speed",
    name=Text("Speed of the links", "链路速率"),
    description=Text("Speed of each named interface (IF-MIB ifHighSpeed).", "各指定接口的速率（IF-MIB ifHighSpeed）。"),
    unit="bps",
    expr=f"max by (hub, site, device, interface) ({of(site.LINK_SPEED)})",
    legend="{{device}} {{interface}}",
    least=0,
    may_be_empty=Excuse(reason="no link's speed is read at these sites", unless=of(site.LINK_SPEED)),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
