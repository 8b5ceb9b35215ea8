"""Rows of a node's documents (Chassis and its parts), as metrics of the catalogue.

Pure: a function takes any documents and returns rows. Property names are those
of the DMTF's schemas (DSP8010): EnvironmentMetrics, ThermalMetrics, PowerSupply,
PowerSupplyMetrics, Fan, Sensor; Power and Thermal are the old ones. Of a maker's own (`Oem`)
objects only power is read, where the maker kept the schema's name for it and left the schema's
place empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from collectors.base import Metric
from collectors.catalogue import node
from collectors.catalogue.bounds import bounds_of
from collectors.power.redfish.body import gone, inner, links, number, objects, offered, said, text

if TYPE_CHECKING:
    from collectors.power.redfish.body import Document

KWH: Final = 3.6e6
PERCENT: Final = 0.01


class Row(NamedTuple):
    """A reading that a service offers; `value` is None if it has none at present.

    `tail` has the labels after those of the device.
    """

    metric: Metric
    value: float | None
    tail: tuple[str, ...] = ()


def excerpt(
    metric: Metric, document: object, *keys: str, factor: float = 1.0, tail: tuple[str, ...] = ()
) -> Iterator[Row]:
    """Yield the row of a sensor's excerpt (Sensor.SensorExcerpt): an object with a `Reading`.

    It yields nothing if there is no `Reading`.
    """
    found = inner(document, *keys)
    if "Reading" in found:
        yield Row(metric, scaled(number(found["Reading"]), factor), tail)


def scaled(value: float | None, factor: float) -> float | None:
    """Return a value in its base unit; None where there is none, or it is not finite."""
    return None if value is None else number(value * factor)


def environment(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield power, energy and fans of a chassis' EnvironmentMetrics."""
    for document in documents:
        yield from excerpt(node.NODE_POWER, document, "PowerWatts")
        if "EnergykWh" in document:
            yield from excerpt(node.NODE_ENERGY, document, "EnergykWh", factor=KWH)
        else:
            yield from excerpt(node.NODE_ENERGY, document, "EnergyJoules")
        for number_, fan in enumerate(objects(document, "FanSpeedsPercent")):
            yield from _fan(fan, text(fan, "DeviceName") or str(number_))


def _fan(speed: Document, name: str) -> Iterator[Row]:
    yield from excerpt(node.NODE_FAN_SPEED, speed, factor=PERCENT, tail=(name,))
    if "SpeedRPM" in speed:
        yield Row(node.NODE_FAN_RPM, number(speed["SpeedRPM"]), (name,))


def fans(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the speeds of a FanCollection's members."""
    for fan in documents:
        if not gone(fan):
            yield from _fan(inner(fan, "SpeedPercent"), text(fan, "Id", "Name"))


def thermal_metrics(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the intake and exhaust temperatures of ThermalMetrics."""
    for document in documents:
        for metric, key in ((node.NODE_INLET, "Intake"), (node.NODE_EXHAUST, "Exhaust")):
            summary = list(excerpt(metric, document, "TemperatureSummaryCelsius", key))
            if summary:
                yield from summary
                continue
            listed = objects(document, "TemperatureReadingsCelsius")
            yield from _warmest(
                metric, (one.get("Reading") for one in listed if one.get("PhysicalContext") == key)
            )


def _warmest(metric: Metric, readings: Iterable[object]) -> Iterator[Row]:
    """Yield the warmest of those that can be: a sensor that says 255 does not hide the others."""
    found = [number(one) for one in readings]
    known = [one for one in found if one is not None]
    if found:
        possible = filter(bounds_of(metric).hold, known)
        yield Row(metric, max(possible, default=max(known, default=None)))


_BOARDS: Final = ("", "Chassis", "SystemBoard", "Room", "Front", "Back", "Rear")
_AIR: Final = (
    (node.NODE_INLET, "Intake", re.compile(r"\b(inlet|intake)\b", re.IGNORECASE)),
    (node.NODE_EXHAUST, "Exhaust", re.compile(r"\b(exhaust|outlet)\b", re.IGNORECASE)),
)


def thermal(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the air temperatures and the fans of the old schema Thermal.

    A sensor is at the inlet by its PhysicalContext. If no sensor has that context, its name
    decides, unless it belongs to a part such as a power supply.
    """
    for document in documents:
        sensors = [
            one
            for one in objects(document, "Temperatures")
            if not gone(one) and "ReadingCelsius" in one
        ]
        for metric, context, name in _AIR:
            there = [one for one in sensors if one.get("PhysicalContext") == context] or [
                one
                for one in sensors
                if text(one, "PhysicalContext") in _BOARDS and name.search(text(one, "Name"))
            ]
            yield from _warmest(metric, (one["ReadingCelsius"] for one in there))
        names: set[str] = set()
        for number_, fan in enumerate(objects(document, "Fans")):
            name_ = text(fan, "Name", "FanName", "MemberId") or str(number_)
            if name_ in names:  # some services give all fans the same name
                name_ = f"{name_} {text(fan, 'MemberId') or number_}"
            names.add(name_)
            if not gone(fan):
                yield from _old_fan(fan, name_)


def _old_fan(fan: Document, name: str) -> Iterator[Row]:
    """Yield a fan of the Thermal schema; HPE iLO 4 has the property names of before it (v1.0)."""
    for reading, units in (("Reading", "ReadingUnits"), ("CurrentReading", "Units")):
        if reading not in fan:
            continue
        if fan.get(units) == "RPM":
            yield Row(node.NODE_FAN_RPM, number(fan[reading]), (name,))
        elif fan.get(units) == "Percent":
            yield Row(node.NODE_FAN_SPEED, scaled(number(fan[reading]), PERCENT), (name,))
        return


_PARTS: Final = frozenset(
    {
        "Accelerator",
        "ASIC",
        "Backplane",
        "Battery",
        "CoolingSubsystem",
        "CPU",
        "CPUSubsystem",
        "ExpansionSubsystem",
        "Fan",
        "FPGA",
        "GPU",
        "GPUSubsystem",
        "Memory",
        "MemorySubsystem",
        "NetworkingDevice",
        "PowerSupply",
        "Rectifier",
        "StorageBay",
        "StorageDevice",
        "StorageSubsystem",
        "VoltageRegulator",
    }
)


def control(documents: Sequence[Document], owners: frozenset[str]) -> Iterator[Row]:
    """Yield the power of the PowerControl entry for the whole chassis.

    `owners` are the chassis and the systems in it. Entries are never added up: there may also
    be entries for its processors, its memory, or the whole a second time. Entries of a part (by
    PhysicalContext) are ignored. The first other one whose RelatedItem names an owner is used, else
    the first.
    """
    for document in documents:
        whole = [
            one
            for one in objects(document, "PowerControl")
            if offered(one, "PowerConsumedWatts")
            and not gone(one)
            and text(one, "PhysicalContext") not in _PARTS
        ]
        related = (one for one in whole if owners.intersection(links(one, "RelatedItem")))
        chosen = next(related, whole[0] if whole else None)
        if chosen is not None:
            yield Row(node.NODE_POWER, number(said(chosen, "PowerConsumedWatts")))
        elif offered(
            document, "PowerConsumedWatts"
        ):  # iLO 4 before the schema, and Oem of the whole
            yield Row(node.NODE_POWER, number(said(document, "PowerConsumedWatts")))


def supplies(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the rows of a PowerSupplyCollection's members, each with its Metrics in it.

    Empty bays give no rows.
    """
    for supply in documents:
        name = (text(supply, "Id", "Name"),)
        yield from _health(supply, name)
        if not gone(supply):
            metrics = inner(supply, "Metrics")
            yield from excerpt(node.NODE_SUPPLY_POWER, metrics, "InputPowerWatts", tail=name)
            yield from excerpt(node.NODE_SUPPLY_VOLTAGE, metrics, "InputVoltage", tail=name)


def old_supplies(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the rows of PowerSupplies in the old schema Power."""
    for document in documents:
        for number_, supply in enumerate(objects(document, "PowerSupplies")):
            name = (text(supply, "MemberId") or str(number_),)
            yield from _health(supply, name)
            if not gone(supply):
                for metric, key in (
                    (node.NODE_SUPPLY_POWER, "PowerInputWatts"),
                    (node.NODE_SUPPLY_VOLTAGE, "LineInputVoltage"),
                ):
                    if offered(supply, key):
                        yield Row(metric, number(said(supply, key)), name)


def _health(supply: Document, name: tuple[str, ...]) -> Iterator[Row]:
    status = inner(supply, "Status")
    state, health = status.get("State"), status.get("Health")
    if state == "Absent" or (state is None and health is None):
        return
    yield Row(
        node.NODE_SUPPLY_HEALTHY, 1.0 if not gone(supply) and health in (None, "OK") else 0.0, name
    )


def supply_sum(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield a node's power as the sum of its supplies, if every working one has a reading."""
    yield from _sum(
        (supply, inner(supply, "Metrics", "InputPowerWatts").get("Reading")) for supply in documents
    )


def old_supply_sum(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the same sum for PowerSupplies of the old schema Power."""
    for document in documents:
        yield from _sum(
            (supply, said(supply, "PowerInputWatts"))
            for supply in objects(document, "PowerSupplies")
        )


def _sum(supplies: Iterable[tuple[Document, object]]) -> Iterator[Row]:
    drawn = [number(watts) for supply, watts in supplies if not gone(supply)]
    known = [watts for watts in drawn if watts is not None]
    if known and len(known) == len(drawn):
        yield Row(node.NODE_POWER, number(sum(known)))


def sensors(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield power, energy and air temperatures of the whole chassis from its Sensors."""
    found: dict[Metric, list[float | None]] = {}
    for document in documents:
        kind = None if gone(document) else sensor_kind(document)
        if kind is not None:
            metric, factor = kind
            found.setdefault(metric, []).append(scaled(number(document["Reading"]), factor))
    for metric, values in found.items():
        if metric in (node.NODE_INLET, node.NODE_EXHAUST):
            yield from _warmest(metric, values)
        else:
            yield Row(metric, values[0])


def sensor_kind(document: Document) -> tuple[Metric, float] | None:
    """Return the metric of a whole chassis that a Sensor measures, and its factor to the base unit.

    None for all other sensors.
    """
    if "Reading" not in document or document.get("PhysicalSubContext") not in (None, "Input"):
        return None
    context = document.get("PhysicalContext")
    kind, unit = document.get("ReadingType"), document.get("ReadingUnits")
    if kind == "Temperature" or (kind is None and unit == "Cel"):
        return next(((metric, 1.0) for metric, wanted, _ in _AIR if context == wanted), None)
    if context != "Chassis" or document.get("ElectricalContext") not in (None, "Total"):
        return None
    known = {
        "Power": (node.NODE_POWER, 1.0),
        "EnergykWh": (node.NODE_ENERGY, KWH),
        "EnergyJoules": (node.NODE_ENERGY, 1.0),
    }
    return known.get(kind) if isinstance(kind, str) else None
