"""The latest readings of all devices, as a round of the racks looks at them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from agent.families import placed
from agent.racks.inlets import is_exhaust
from agent.snapshot import LiveValues
from collectors.base import Metric
from collectors.catalogue.facility import PDU_POWER, PDU_UP, SENSOR_HUMIDITY, SENSOR_TEMPERATURE
from collectors.head import Labels

_SITE, _RACK, _PDU = (PDU_POWER.at(label) for label in ("site", "rack", "pdu"))
_SENSORS_RACK: Final = SENSOR_TEMPERATURE.at("rack")
_is_exhaust: Final = lru_cache(4096)(is_exhaust)
"""For the names that many sensors have: `temperature 1`."""


class Seen(NamedTuple):
    """What a round looks at."""

    watts: Mapping[tuple[str, str], float]
    """By site and PDU."""
    unlisted: Sequence[tuple[Labels, float]]
    """The power of PDUs that are not in the inventory but in a rack, with their label values."""
    inlets: Mapping[str, list[float]]
    """The temperatures at each rack's inlet, degrees Celsius."""
    humidity: Mapping[str, list[float]]
    silent: set[str]
    """The racks with a PDU that does not answer."""
    now: float


def see(snapshot: LiveValues, listed: Container[str], now: float) -> Seen:
    """Look at the latest readings of all devices at once; `listed` are the inventory's PDUs."""
    watts: dict[tuple[str, str], float] = {}
    unlisted: list[tuple[Labels, float]] = []
    for head, _, value in placed(snapshot.family(PDU_POWER)):
        labels = head.values
        watts[labels[_SITE], labels[_PDU]] = value
        if labels[_PDU] not in listed and labels[_RACK]:
            unlisted.append((labels, value))
    up = placed(snapshot.family(PDU_UP))
    return Seen(
        watts=watts,
        unlisted=unlisted,
        inlets=_by_rack(snapshot, SENSOR_TEMPERATURE),
        humidity=_by_rack(snapshot, SENSOR_HUMIDITY),
        silent={head.values[_RACK] for head, _, is_up in up if not is_up},
        now=now,
    )


def _by_rack(snapshot: LiveValues, metric: Metric) -> dict[str, list[float]]:
    """Return the values of the sensors at each rack's inlet: none of those on the warm side."""
    found: dict[str, list[float]] = {}
    for head, rest, value in placed(snapshot.family(metric)):
        rack = head.values[_SENSORS_RACK]
        # The name is that of the device, up to a slash, and that of the sensor behind it.
        if rack and not _is_exhaust(rest[0]) and not (head.begins and is_exhaust(head.begins)):
            found.setdefault(rack, []).append(value)
    return found
