"""Interfaces of network devices, or of any other that has some: IF-MIB (RFC 2863)."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.link import LINK_SPEED

LINK: Final = LINK_SPEED.labels


def _link(name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()) -> Metric:
    return Metric(
        namespace="dc", subsystem="link", name=name, type=type, help=help, labels=(*LINK, *labels)
    )


LINK_UP: Final = _link("up", "1 if the interface passes packets (ifOperStatus is up), else 0.")
LINK_RECEIVE: Final = _link(
    "receive_bytes_total", "Bytes received, framing included (ifHCInOctets).", "counter"
)
LINK_TRANSMIT: Final = _link(
    "transmit_bytes_total", "Bytes sent, framing included (ifHCOutOctets).", "counter"
)
LINK_INFO: Final = _link(
    "interface_info",
    "1 for every interface, with the alias its operator gave it (ifAlias).",
    labels=("alias",),
)

INTERFACE: Final = (LINK_SPEED, LINK_UP, LINK_RECEIVE, LINK_TRANSMIT, LINK_INFO)
"""What is read of an interface."""
