"""Metrics of links: how far a peer is, and how fast a line is."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue.site import SITE

LINK_ROUND_TRIP: Final = Metric(
    namespace="dc",
    subsystem="link",
    name="round_trip_seconds",
    type="gauge",
    help=(
        "Round-trip time to a named peer, by share of the last minutes' probes; absent where"
        " none was answered."
    ),
    labels=(*SITE, "peer", "share"),
)
LINK_LOSS: Final = Metric(
    namespace="dc",
    subsystem="link",
    name="loss_ratio",
    type="gauge",
    help="Share of the last minutes' probes to a named peer that were not answered, 0 to 1.",
    labels=(*SITE, "peer"),
)
LINK_PROBE_INFO: Final = Metric(
    namespace="dc",
    subsystem="link",
    name="probe_info",
    type="gauge",
    help="How a peer's round trip is measured: icmp, tcp or stamp.",
    labels=(*SITE, "peer", "method"),
)
LINK_SPEED: Final = Metric(
    namespace="dc",
    subsystem="link",
    name="speed_bits_per_second",
    type="gauge",
    help="Speed of a link, ifHighSpeed of IF-MIB.",
    labels=(*SITE, "device", "interface"),
)
