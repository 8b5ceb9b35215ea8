"""What stands in a rack: devices by rack unit, nodes with their chips, and sensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.inventory.model import Device, Rack
from agent.racks.inlets import is_exhaust
from agent.web.format import natural
from agent.web.views.rack_readings import RackReadings
from collectors.catalogue import facility, node
from collectors.catalogue.rack_limits import RackLimits

Stretch = tuple[int, int]
"""Neighbouring rack units: the first and the last, counted from the bottom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipView:
    """One accelerator chip. None stands for what is not known."""

    accelerator: str
    model: str
    up: float | None
    healthy: float | None
    power_watts: float | None
    utilization_ratio: float | None
    temperature_celsius: float | None
    memory_used_bytes: float | None
    memory_total_bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """One node with its chips. None stands for what is not known."""

    node: str
    power_watts: float | None
    """The largest reading: a node that is read in two ways is one node."""
    power_by_source: Mapping[str, float]
    inlet_temperature_celsius: float | None
    exhaust_temperature_celsius: float | None
    chips: Sequence[ChipView]


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorView:
    """One sensor of a rack. None stands for what is not known."""

    sensor: str
    exhaust: bool
    """Whether it is on the warm side, to which the limits of the inlet do not apply."""
    temperature_celsius: float | None
    humidity_ratio: float | None
    verdict: str
    """How the air compares with the limits of the inlet: recommended, allowable or beyond. It is
    `exhaust` on the warm side, and empty where the temperature is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A device of the inventory, and where it stands."""

    node: str
    position: int | None
    """The lowest rack unit it takes, counted from the bottom."""
    units: int
    agent: bool
    accelerators: int
    model: str
    power_watts: float | None

    @property
    def placed(self) -> bool:
        """Whether the device takes rack units at a known place."""
        return bool(self.position and self.units)

    @property
    def top(self) -> int:
        """The highest rack unit it takes."""
        return (self.position or 0) + self.units - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ElevationView:
    """The devices of a rack with their places, and the free rack units."""

    placed: Sequence[DeviceView]
    """The highest first."""
    elsewhere: Sequence[DeviceView]
    """Devices without a rack unit of their own."""
    free: Sequence[Stretch]
    largest_free_units: int

    @property
    def free_units(self) -> int:
        """How many units are free."""
        return sum(last - first + 1 for first, last in self.free)

    @property
    def places(self) -> list[DeviceView]:
        """The rows of a table: the devices, then the free stretches, whose `node` is empty."""
        free = [
            DeviceView(
                node="",
                position=first,
                units=last - first + 1,
                agent=False,
                accelerators=0,
                model="",
                power_watts=None,
            )
            for first, last in reversed(self.free)
        ]
        return [*self.placed, *self.elsewhere, *free]


def elevation(listed: Rack | None, nodes: Sequence[NodeView]) -> ElevationView | None:
    """Return the places of a rack; None if the inventory does not list its devices."""
    if listed is None or listed.devices is None:
        return None
    drawn = {one.node: one.power_watts for one in nodes}
    devices = [_device(one, drawn.get(one.node)) for one in listed.devices]
    placed = sorted(
        (one for one in devices if one.placed), key=lambda one: one.position or 0, reverse=True
    )
    taken = {unit for one in placed for unit in range(one.position or 0, one.top + 1)}
    free = list(_stretches(u for u in range(1, listed.height_units + 1) if u not in taken))
    return ElevationView(
        placed=placed,
        elsewhere=[one for one in devices if not one.placed],
        free=free,
        largest_free_units=max((last - first + 1 for first, last in free), default=0),
    )


def _device(one: Device, watts: float | None) -> DeviceView:
    return DeviceView(
        node=one.node,
        position=one.position,
        units=one.units,
        agent=one.agent,
        accelerators=one.accelerators,
        model=" ".join(filter(None, (one.vendor, one.model))),
        power_watts=watts,
    )


def _stretches(units: Iterable[int]) -> Iterator[Stretch]:
    """Yield neighbouring units together, as the first and the last of each stretch."""
    first = last = 0
    for unit in units:
        if first and unit == last + 1:
            last = unit
            continue
        if first:
            yield first, last
        first = last = unit
    if first:
        yield first, last


_SENSOR: Final = (
    (facility.SENSOR_TEMPERATURE, "temperature_celsius"),
    (facility.SENSOR_HUMIDITY, "humidity_ratio"),
)
_AIR: Final = ((node.NODE_INLET, "inlet"), (node.NODE_EXHAUST, "exhaust"))
_CHIP: Final = (
    (node.ACCELERATOR_UP, "up"),
    (node.ACCELERATOR_HEALTHY, "healthy"),
    (node.ACCELERATOR_POWER, "power_watts"),
    (node.ACCELERATOR_UTILIZATION, "utilization_ratio"),
    (node.ACCELERATOR_TEMPERATURE, "temperature_celsius"),
    (node.ACCELERATOR_MEMORY_USED, "memory_used_bytes"),
    (node.ACCELERATOR_MEMORY_TOTAL, "memory_total_bytes"),
)


def verdict(celsius: float | None, limits: RackLimits, *, exhaust: bool) -> str:
    """Return how a sensor's air compares with the limits of its rack's inlet."""
    if celsius is None:
        return ""
    if exhaust:
        return "exhaust"
    if celsius > limits.inlet_allowable_celsius:
        return "beyond"
    return "allowable" if celsius > limits.inlet_recommended_celsius else "recommended"


def sensors(readings: RackReadings, limits: RackLimits) -> list[SensorView]:
    """Return the sensors of a rack."""
    return [
        SensorView(
            sensor=name,
            exhaust=is_exhaust(name),
            verdict=verdict(row["temperature_celsius"], limits, exhaust=is_exhaust(name)),
            **row,
        )
        for (name,), row in readings.table(_SENSOR, "sensor").items()
    ]


def nodes(readings: RackReadings, listed: Rack | None) -> list[NodeView]:
    """Return the nodes that have readings: the inventory's first, in its order, then the others."""
    power: dict[str, dict[str, float]] = {}
    for series, watts in readings.of(node.NODE_POWER).items():
        power.setdefault(series.label("node"), {})[series.label("source")] = watts
    air = {name: row for (name,), row in readings.table(_AIR, "node").items()}
    chips = _chips(readings)
    read = {*power, *chips, *air}
    stated = [one.node for one in (listed.devices or ())] if listed is not None else []
    names = dict.fromkeys((*stated, *sorted(read, key=natural)))
    return [
        NodeView(
            node=name,
            power_watts=max(power[name].values()) if name in power else None,
            power_by_source=power.get(name, {}),
            inlet_temperature_celsius=air.get(name, {}).get("inlet"),
            exhaust_temperature_celsius=air.get(name, {}).get("exhaust"),
            chips=chips.get(name, []),
        )
        for name in names
        if name in read
    ]


def _chips(readings: RackReadings) -> dict[str, list[ChipView]]:
    """Return the chips by node."""
    models = {
        (series.label("node"), series.label("accelerator")): " ".join(
            filter(None, (series.label("vendor"), series.label("model")))
        )
        for series in readings.of(node.ACCELERATOR_INFO)
    }
    found: dict[str, list[ChipView]] = {}
    for (name, chip), row in readings.table(_CHIP, "node", "accelerator").items():
        one = ChipView(accelerator=chip, model=models.get((name, chip), ""), **row)
        found.setdefault(name, []).append(one)
    return found
