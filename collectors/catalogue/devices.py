"""The kinds of devices that are polled, and the metrics that a device's profile may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from collectors.base import Metric, Series
from collectors.catalogue import (
    cooling,
    dcplant,
    facility,
    generator,
    metrics_of,
    network,
    pdu_parts,
    sensor,
    transfer,
    ups,
)

Kind = Literal["pdu", "ups", "cooling", "ats", "dcplant", "generator", "meter", "device"]
Point = Literal[
    "utility",
    "generator",
    "renewable",
    "ups_input",
    "ups_output",
    "pdu_output",
    "it_input",
    "cooling",
    "lighting",
    "other",
    "reused",
    "water",
]
"""Where in a site a meter measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind:
    """A kind of device: the label that names one, and the metric that says whether it answers."""

    label: str
    up: Metric


KINDS: Final[Mapping[Kind, DeviceKind]] = {
    "pdu": DeviceKind(label="pdu", up=facility.PDU_UP),
    "ups": DeviceKind(label="ups", up=ups.UPS_UP),
    "cooling": DeviceKind(label="unit", up=cooling.COOLING_UP),
    "ats": DeviceKind(label="ats", up=transfer.ATS_UP),
    "dcplant": DeviceKind(label="dcplant", up=dcplant.DCPLANT_UP),
    "generator": DeviceKind(label="generator", up=generator.GENERATOR_UP),
    "meter": DeviceKind(label="meter", up=facility.METER_UP),
    "device": DeviceKind(label="device", up=facility.DEVICE_UP),
}
"""Every kind of device. `device` is any other: a monitoring unit, a switch."""


def up_of(series: Series, up: Metric) -> Series | None:
    """Return the series of an up metric for the device of a series; None if it has none."""
    if not set(up.labels) <= set(series.labels):
        return None
    return up.series(*(series.label(name) for name in up.labels))


_SLOW: Final = (
    {"limit"},
    {"rating"},
    {"rated"},
    {"outlet", "energy"},
    {"run"},
    {"size"},
    {"resettable"},
    {"test"},
)


def moves_slowly(name: str) -> bool:
    """Tell by a metric's name whether its value is a limit, a rating or a slow counter.

    Those may be read less often than loads and states: what is configured at the device, the
    energy of single outlets, registers that users set back, what the last battery test found,
    running hours, sizes.
    """
    words = set(name.split("_"))
    return any(slow <= words for slow in _SLOW)


SECTIONS: Final = (facility, pdu_parts, sensor, ups, cooling, transfer, dcplant, generator)
"""The modules that declare the metrics of devices."""

METRICS: Final[tuple[Metric, ...]] = (*metrics_of(*SECTIONS), *network.INTERFACE)
"""The metrics that a device's profile may use."""
