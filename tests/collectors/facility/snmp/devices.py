"""Devices of the config, and the readings of a round."""

from __future__ import annotations

from collectors.base import Reading
from collectors.facility.snmp.config import DeviceConfig
from tests.support import HANGS

APC = "1.3.6.1.4.1.318.1.1.26"


SYSTEM = {
    "1.3.6.1.2.1.1.1.0": b"a PDU",
    "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.318.1.3.4.6",
    "1.3.6.1.2.1.1.3.0": 1000,
}


PDU = {
    **SYSTEM,
    f"{APC}.4.3.1.1.1": 1,
    f"{APC}.4.3.1.2.1": 1,
    f"{APC}.4.3.1.5.1": 114,
    f"{APC}.4.3.1.9.1": 35128,
}


POWER, ENERGY = "dc_pdu_power_watts", "dc_pdu_energy_joules_total"


def shown(readings: list[Reading]) -> dict[str, float]:
    """Return readings by metric and the labels that a test cares for."""
    keep = ("pdu", "phase", "bank", "outlet", "name")
    found = {}
    for series, value in readings:
        labels = [
            text
            for label, text in zip(series.labels, series.values, strict=True)
            if label in keep and text
        ]
        found["/".join([series.metric.full_name, *labels])] = value
    return found


def named(address: str, **options: object) -> DeviceConfig:
    """Return the config of a PDU called A07-A, which may be slow unless options say otherwise."""
    return DeviceConfig(address=address, pdu="A07-A", **{"timeout": HANGS} | options)
