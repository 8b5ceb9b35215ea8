"""Places where a Redfish service may keep readings, and the groups of metrics taken from each.

Newer schemas stand before the older ones that they replace, and a reading of the whole chassis
stands before a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from collectors.base import Metric
from collectors.catalogue import facility, node, pdu_parts
from collectors.power.redfish import equipment, rows
from collectors.power.redfish.body import Document
from collectors.power.redfish.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """A kind of document: its path of links, its reader, and its groups of metrics."""

    path: tuple[str, ...]
    rows: Callable[[Sequence[Document], frozenset[str]], Iterable[Row]]
    groups: tuple[str, ...]
    members: bool = False
    """Whether the documents are the members of a collection."""
    part: str = ""
    """The property of each member that links to a document which is read with it."""
    few: bool = False
    """Whether only a few members have wanted readings; rounds then read those one by one."""


GROUPS: Final[Mapping[Metric, str]] = {
    node.NODE_POWER: "power",
    node.NODE_ENERGY: "energy",
    node.NODE_INLET: "inlet",
    node.NODE_EXHAUST: "exhaust",
    node.NODE_FAN_SPEED: "fans",
    node.NODE_FAN_RPM: "fans",
    node.NODE_SUPPLY_POWER: "supplies",
    node.NODE_SUPPLY_VOLTAGE: "supplies",
    node.NODE_SUPPLY_HEALTHY: "supplies",
    facility.PDU_POWER: "power",
    facility.PDU_APPARENT_POWER: "power",
    facility.PDU_POWER_FACTOR: "power",
    facility.PDU_ENERGY: "energy",
    facility.PDU_FREQUENCY: "frequency",
    facility.PDU_PHASE_CURRENT: "phases",
    facility.PDU_PHASE_VOLTAGE: "phases",
    facility.PDU_PHASE_POWER: "phases",
    pdu_parts.PDU_BANK_CURRENT: "branches",
    pdu_parts.PDU_OUTLET_POWER: "outlets",
    pdu_parts.PDU_OUTLET_CURRENT: "outlets",
    pdu_parts.PDU_OUTLET_VOLTAGE: "outlets",
    pdu_parts.PDU_OUTLET_ENERGY: "outlets",
    pdu_parts.PDU_OUTLET_INFO: "outlets",
    facility.SENSOR_TEMPERATURE: "air",
    facility.SENSOR_HUMIDITY: "air",
}
"""The group of each metric: all metrics of a group are taken from the same kind of document."""
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": ("inlet", "exhaust", "air"),
    "fans": ("fans",),
    "supplies": ("supplies",),
    "phases": ("frequency", "phases"),
    "branches": ("branches",),
    "outlets": ("outlets",),
}
"""The groups by their names in the config; power and energy are always read."""
_SUPPLIES: Final = ("PowerSubsystem", "PowerSupplies")
NODE_KINDS: Final = (
    Kind(path=("EnvironmentMetrics",), rows=rows.environment, groups=("power", "energy", "fans")),
    Kind(path=("Power",), rows=rows.control, groups=("power",)),
    Kind(path=_SUPPLIES, rows=rows.supplies, groups=("supplies",), members=True, part="Metrics"),
    Kind(path=("Power",), rows=rows.old_supplies, groups=("supplies",)),
    Kind(
        path=("ThermalSubsystem", "ThermalMetrics"),
        rows=rows.thermal_metrics,
        groups=("inlet", "exhaust"),
    ),
    Kind(path=("ThermalSubsystem", "Fans"), rows=rows.fans, groups=("fans",), members=True),
    Kind(path=("Thermal",), rows=rows.thermal, groups=("inlet", "exhaust", "fans")),
    Kind(
        path=("Sensors",),
        rows=rows.sensors,
        groups=("power", "energy", "inlet", "exhaust"),
        members=True,
        few=True,
    ),
    Kind(path=_SUPPLIES, rows=rows.supply_sum, groups=("power",), members=True, part="Metrics"),
    Kind(path=("Power",), rows=rows.old_supply_sum, groups=("power",)),
)
"""Where a chassis may keep a node's readings, best first."""
EQUIPMENT_KINDS: Final = (
    Kind(path=("Metrics",), rows=equipment.distribution, groups=("power", "energy")),
    Kind(
        path=("Mains",),
        rows=equipment.mains,
        groups=("power", "energy", "frequency", "phases"),
        members=True,
    ),
    Kind(path=("Branches",), rows=equipment.branches, groups=("branches",), members=True),
    Kind(path=("Outlets",), rows=equipment.outlets, groups=("outlets",), members=True),
    Kind(path=("Sensors",), rows=equipment.probes, groups=("air",), members=True, few=True),
    Kind(path=("Metrics",), rows=equipment.climate, groups=("air",)),
)
"""Where power equipment keeps its readings, best first."""


class Place(NamedTuple):
    """Where documents are: single ones, or a collection's members; `part` as in `Kind`."""

    uris: tuple[str, ...] = ()
    collection: str = ""
    part: str = ""


class Source(NamedTuple):
    """One place that is read in each round, and the groups taken from it by each kind."""

    place: Place
    takes: tuple[tuple[Kind, frozenset[str]], ...]
