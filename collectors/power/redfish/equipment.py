"""Rows of power equipment, with the same metrics as PDUs on SNMP.

PowerDistribution covers rack and floor PDUs, power shelves and transfer switches.

Pure, like `rows`. Schemas: PowerDistributionMetrics, Circuit, Outlet, Sensor (DSP8010).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from collectors.base import Metric
from collectors.catalogue import facility, pdu_parts
from collectors.power.redfish.body import gone, inner, number, text
from collectors.power.redfish.rows import KWH, PERCENT, Row, excerpt

if TYPE_CHECKING:
    from collectors.power.redfish.body import Document

COLLECTIONS: Final = (
    "RackPDUs",
    "FloorPDUs",
    "PowerShelves",
    "TransferSwitches",
    "Switchgear",
    "ElectricalBuses",
)
"""Collections of PowerEquipment with equipment that distributes power."""

_LINES: Final = {
    "Line1": "L1",
    "Line2": "L2",
    "Line3": "L3",
    "Neutral": "N",
    "Line1ToNeutral": "L1",
    "Line2ToNeutral": "L2",
    "Line3ToNeutral": "L3",
    "Line1ToLine2": "L1-L2",
    "Line2ToLine3": "L2-L3",
    "Line3ToLine1": "L3-L1",
}
_PHASES: Final = (
    (facility.PDU_PHASE_CURRENT, "PolyPhaseCurrentAmps", "CurrentAmps"),
    (facility.PDU_PHASE_VOLTAGE, "PolyPhaseVoltage", "Voltage"),
    (facility.PDU_PHASE_POWER, "PolyPhasePowerWatts", ""),
)


def distribution(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield power and energy of the whole equipment from PowerDistributionMetrics."""
    for document in documents:
        yield from _power(document)
        yield from excerpt(facility.PDU_ENERGY, document, "EnergykWh", factor=KWH)


def _power(document: Document) -> Iterator[Row]:
    yield from excerpt(facility.PDU_POWER, document, "PowerWatts")
    found = inner(document, "PowerWatts")
    for metric, key in (
        (facility.PDU_APPARENT_POWER, "ApparentVA"),
        (facility.PDU_POWER_FACTOR, "PowerFactor"),
    ):
        if key in found:
            yield Row(metric, number(found[key]))


def climate(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the temperature and the humidity of PowerDistributionMetrics."""
    for document in documents:
        yield from excerpt(
            facility.SENSOR_TEMPERATURE, document, "TemperatureCelsius", tail=("Metrics",)
        )
        yield from excerpt(
            facility.SENSOR_HUMIDITY, document, "HumidityPercent", factor=PERCENT, tail=("Metrics",)
        )


def mains(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the inlets' phases and frequency, and sums of power and energy.

    A sum needs every inlet. Inlets of a transfer switch are redundant, but each measures only the
    power through itself, so the sum counts nothing twice.
    """
    circuits = [one for one in documents if not gone(one)]
    if len(circuits) == 1:
        yield from distribution(circuits, frozenset())
    elif circuits:
        yield from _sum(facility.PDU_POWER, circuits, "PowerWatts", 1.0)
        yield from _sum(facility.PDU_ENERGY, circuits, "EnergykWh", KWH)
    for first, circuit in enumerate(circuits):
        if not first:
            yield from excerpt(facility.PDU_FREQUENCY, circuit, "FrequencyHz")
        prefix = f"{text(circuit, 'Id', 'Name')}/" if len(circuits) > 1 else ""
        for metric, poly, single in _PHASES:
            yield from _phases(metric, circuit, poly, single, prefix)


def _sum(metric: Metric, circuits: Sequence[Document], key: str, factor: float) -> Iterator[Row]:
    values = [
        row.value for circuit in circuits for row in excerpt(metric, circuit, key, factor=factor)
    ]
    known = [value for value in values if value is not None]
    if values:
        yield Row(metric, number(sum(known)) if len(known) == len(circuits) else None)


def _phases(
    metric: Metric, circuit: Document, poly: str, single: str, prefix: str
) -> Iterator[Row]:
    """Yield each phase of a circuit; a single-phase circuit may have its value on the circuit."""
    lines = inner(circuit, poly)
    rows = [
        row
        for line, name in _LINES.items()
        for row in excerpt(metric, lines, line, tail=(f"{prefix}{name}",))
    ]
    if not rows and single and not text(circuit, "PhaseWiringType").startswith("Three"):
        rows = list(excerpt(metric, circuit, single, tail=(f"{prefix}L1",)))
    yield from rows


def branches(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the current of each branch circuit; of each of its phases where it has several."""
    for circuit in documents:
        if gone(circuit):
            continue
        name = text(circuit, "Id", "Name")
        whole = list(excerpt(pdu_parts.PDU_BANK_CURRENT, circuit, "CurrentAmps", tail=(name,)))
        yield from whole or _phases(
            pdu_parts.PDU_BANK_CURRENT, circuit, "PolyPhaseCurrentAmps", "", f"{name}/"
        )


def outlets(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the readings of each outlet, and the operator's name for it."""
    for outlet in documents:
        if gone(outlet):
            continue
        name = text(outlet, "Id", "Name")
        yield from excerpt(pdu_parts.PDU_OUTLET_POWER, outlet, "PowerWatts", tail=(name,))
        yield from excerpt(pdu_parts.PDU_OUTLET_CURRENT, outlet, "CurrentAmps", tail=(name,))
        yield from excerpt(pdu_parts.PDU_OUTLET_VOLTAGE, outlet, "Voltage", tail=(name,))
        yield from excerpt(
            pdu_parts.PDU_OUTLET_ENERGY, outlet, "EnergykWh", factor=KWH, tail=(name,)
        )
        yield Row(pdu_parts.PDU_OUTLET_INFO, 1.0, (name, text(outlet, "UserLabel", "Name")))


def probes(documents: Sequence[Document], _owners: frozenset[str]) -> Iterator[Row]:
    """Yield the temperature and humidity sensors attached to the equipment."""
    for document in documents:
        if gone(document) or "Reading" not in document:
            continue
        kind, name = document.get("ReadingType"), text(document, "Id", "Name")
        if kind == "Temperature":
            yield Row(facility.SENSOR_TEMPERATURE, number(document["Reading"]), (name,))
        elif kind == "Humidity":
            yield from excerpt(facility.SENSOR_HUMIDITY, document, factor=PERCENT, tail=(name,))
