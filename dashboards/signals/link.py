"""Signals of links between hubs: how far away a peer is, what gets lost, how fast the line is."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import network, site
from collectors.catalogue.limits import LOSS_LIMIT
from collectors.catalogue.link import LINK_LOSS, LINK_PROBE_INFO, LINK_ROUND_TRIP, LINK_SPEED
from dashboards.language import Text
from dashboards.promql import of, rate
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, State, above, filling, steps

_IS_ROUND_TRIP: Final = 'kpi=~"round_trip.*"'
_LIMITS: Final = (
    f"max by (target) ({site.TARGET_VALUE.full_name}{{{_IS_ROUND_TRIP}}} and on (instance)"
    f" {of(LINK_ROUND_TRIP)})"
)
_MEDIAN: Final = 'share="0.5"'
_NO_PROBES: Final = Excuse(
    reason="no round-trip probe is configured at these sites", unless=of(LINK_ROUND_TRIP)
)

ROUND_TRIP: Final = Signal(
    key="link.round_trip",
    name=Text("Round trip by peer"),
    description=Text(
        "Round-trip time to each named peer, by share of the probes.",
    ),
    unit="s",
    expr=f"max by (hub, site, peer, share) ({of(LINK_ROUND_TRIP)})",
    legend="{{site}} → {{peer}} {{share}}",
    least=0,
    may_be_empty=_NO_PROBES,
)
LOSS: Final = Signal(
    key="link.loss",
    name=Text("Probes lost"),
    description=Text(
        "Share of probes to each peer that were not answered: above {limit} it is too much, at"
        " 100 % the peer is out of reach.",
        {"limit": f"{100 * LOSS_LIMIT:g} %"},
    ),
    unit="percentunit",
    expr=f"max by (hub, site, peer) ({of(LINK_LOSS)})",
    legend="{{site}} → {{peer}}",
    kind="ratio",
    least=0,
    most=1,
    steps=steps((above(LOSS_LIMIT), ORANGE), (1.0, RED), base=GREEN),
    may_be_empty=_NO_PROBES,
)
SPEED: Final = Signal(
    key="link.speed",
    name=Text("Speed of the links"),
    description=Text(
        "Speed of each named interface (IF-MIB ifHighSpeed).",
    ),
    unit="bps",
    expr=f"max by (hub, site, device, interface) ({of(LINK_SPEED)})",
    legend="{{device}} {{interface}}",
    least=0,
    may_be_empty=Excuse(reason="no link's speed is read at these sites", unless=of(LINK_SPEED)),
)
_NO_INTERFACES: Final = Excuse(
    reason="no interface is read at these sites", unless=of(network.LINK_UP)
)
_INTERFACE: Final = "hub, site, device, interface"
BITS: Final = 8

ROUND_TRIP_LIMIT: Final = Signal(
    key="link.round_trip_limit",
    name=Text("Stated limit of a round trip"),
    description=Text(
        "The round trips that the hub, or the one it is inside of, stated not to exceed.",
    ),
    unit="s",
    # A limit may be the province's: the agent that probes reports the limits that apply to its
    # site.
    expr=_LIMITS,
    legend="{{target}}",
    may_be_empty=Excuse(reason="no limit of a round trip is stated", unless=_LIMITS),
)
ROUND_TRIP_NOW: Final = Signal(
    key="link.round_trip_now",
    name=Text("Round trip, the median"),
    description=Text("Median of the last minutes' probes to each peer."),
    unit="s",
    expr=f"max by (hub, site, peer) ({of(LINK_ROUND_TRIP, _MEDIAN)})",
    legend="{{site}} {{peer}}",
    least=0,
    may_be_empty=_NO_PROBES,
)
PROBES: Final = Signal(
    key="link.probes",
    name=Text("How it is measured"),
    description=Text(
        "Peers by how their round trip is measured: icmp, tcp or stamp (RFC 8762).",
    ),
    unit="short",
    expr=(
        f"count by (hub, site, method) (max by (hub, site, peer, method) ({of(LINK_PROBE_INFO)}))"
    ),
    legend="{{site}} {{method}}",
    kind="count",
    least=0,
    decimals=0,
    may_be_empty=_NO_PROBES,
)
LINK_UP: Final = Signal(
    key="link.up",
    name=Text("Interfaces that are up"),
    description=Text(
        "Whether each named interface passes packets (ifOperStatus).",
    ),
    unit="none",
    expr=f"max by ({_INTERFACE}) ({of(network.LINK_UP)})",
    legend="{{device}} {{interface}}",
    kind="state",
    states=(
        State(value=0, text=Text("✗ down"), color=RED),
        State(value=1, text=Text("✓ up"), color=GREEN),
    ),
    may_be_empty=_NO_INTERFACES,
)
RECEIVED: Final = Signal(
    key="link.received",
    name=Text("Received"),
    description=Text("Bits received a second, framing included."),
    unit="bps",
    expr=f"max by ({_INTERFACE}) ({rate(network.LINK_RECEIVE)}) * {BITS}",
    legend="↓ {{device}} {{interface}}",
    kind="rate",
    least=0,
    may_be_empty=_NO_INTERFACES,
)
SENT: Final = Signal(
    key="link.sent",
    name=Text("Sent"),
    description=Text("Bits sent a second, framing included."),
    unit="bps",
    expr=f"max by ({_INTERFACE}) ({rate(network.LINK_TRANSMIT)}) * {BITS}",
    legend="↑ {{device}} {{interface}}",
    kind="rate",
    least=0,
    may_be_empty=_NO_INTERFACES,
)
LINK_LOAD: Final = Signal(
    key="link.load",
    name=Text("Load of the links"),
    description=Text("What is sent over what the line can carry."),
    unit="percentunit",
    expr=(
        f"max by ({_INTERFACE}) ({rate(network.LINK_TRANSMIT)}) * {BITS} / max by ({_INTERFACE})"
        f" ({of(LINK_SPEED)})"
    ),
    legend="{{device}} {{interface}}",
    kind="ratio",
    least=0,
    most=1,
    steps=filling(0.95),
    may_be_empty=_NO_INTERFACES,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))
