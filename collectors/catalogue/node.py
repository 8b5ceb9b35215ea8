"""Node and chip metrics that are not the kernel's: measured power and accelerators."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType

NODE: Final = ("hub", "site", "row", "rack", "node")
ACCELERATOR: Final = (*NODE, "accelerator")


def _chip(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc",
        subsystem="accelerator",
        name=name,
        type=type,
        help=help,
        labels=(*ACCELERATOR, *labels),
    )


def _node(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc",
        subsystem="node",
        name=name,
        type=type,
        help=help,
        labels=(*NODE, "source", *labels),
    )


NODE_POWER: Final = _node(
    "power_watts", "Power a node draws, by where it was read: ipmi, redfish, rapl or hwmon."
)
NODE_ENERGY: Final = _node(
    "energy_joules_total", "Energy a node has drawn, by where it was read.", type="counter"
)
NODE_INLET: Final = _node(
    "inlet_temperature_celsius", "Temperature of the air a node takes in, at its warmest sensor."
)
NODE_EXHAUST: Final = _node(
    "exhaust_temperature_celsius", "Temperature of the air a node gives out, at its warmest sensor."
)
NODE_FAN_SPEED: Final = _node(
    "fan_speed_ratio", "Speed of a node's fan as a share of its highest, 0 to 1.", "fan"
)
NODE_FAN_RPM: Final = _node("fan_speed_rpm", "Speed of a node's fan, turns a minute.", "fan")
NODE_SUPPLY_POWER: Final = _node(
    "supply_power_watts", "Power one of a node's power supplies draws.", "supply"
)
NODE_SUPPLY_VOLTAGE: Final = _node(
    "supply_voltage_volts", "Voltage at the input of one of a node's power supplies.", "supply"
)
NODE_SUPPLY_HEALTHY: Final = _node(
    "supply_healthy",
    "1 if a power supply that is there works and says it is well, else 0.",
    "supply",
)
NODE_READING_MISSING: Final = _node(
    "reading_missing",
    "1 while the node's management controller answers and gives no such reading, by reason.",
    "reading",
    "reason",
)
NODE_UP: Final = _node(
    "up", "1 if the node's management controller answered in the last round, else 0."
)

ACCELERATOR_INFO: Final = _chip(
    "info", "An accelerator chip that is present.", "vendor", "model", "uuid", "bus"
)
ACCELERATOR_UP: Final = _chip(
    "up", "1 while the chip answers, 0 when one that was seen before does not."
)
ACCELERATOR_HEALTHY: Final = _chip(
    "healthy", "1 where the chip's driver calls it healthy, 0 for any alarm."
)
ACCELERATOR_POWER: Final = _chip(
    "power_watts",
    "Power the chip draws; where only a card of several chips is metered, the card's, told of its"
    " first chip alone.",
)
ACCELERATOR_ENERGY: Final = _chip(
    "energy_joules_total", "Energy the chip has drawn since its driver was loaded.", type="counter"
)
ACCELERATOR_UTILIZATION: Final = _chip(
    "utilization_ratio", "Share of time the chip computed, 0 to 1."
)
ACCELERATOR_USED: Final = _chip(
    "used_seconds_total",
    "Utilization times time since the agent began to count, restarts included: 1 is a second of the"
    " whole chip.",
    type="counter",
)
ACCELERATOR_MEMORY_USED: Final = _chip("memory_used_bytes", "Device memory in use.")
ACCELERATOR_MEMORY_TOTAL: Final = _chip("memory_total_bytes", "Device memory in all.")
ACCELERATOR_MEMORY_RESERVED: Final = _chip(
    "memory_reserved_bytes",
    "Device memory the driver keeps for itself; not part of the memory in use.",
)
ACCELERATOR_INSTANCE_MEMORY_USED: Final = _chip(
    "instance_memory_used_bytes",
    "Device memory in use by one instance of a chip that is split (MIG).",
    "instance",
)
ACCELERATOR_INSTANCE_MEMORY_TOTAL: Final = _chip(
    "instance_memory_total_bytes",
    "Device memory of one instance of a chip that is split (MIG).",
    "instance",
)
ACCELERATOR_TEMPERATURE: Final = _chip("temperature_celsius", "Temperature of the chip.")
ACCELERATOR_THROTTLED: Final = _chip(
    "throttled", "1 while the chip runs slower for a reason: power, thermal, hardware.", "reason"
)
ACCELERATOR_ECC_ERRORS: Final = _chip(
    "ecc_errors_total",
    "Memory errors over the chip's life: corrected, uncorrected.",
    "kind",
    type="counter",
)
ACCELERATOR_POWER_LIMIT: Final = _chip(
    "power_limit_watts", "Power that the chip's driver lets it draw at most."
)
ACCELERATOR_CLOCK: Final = _chip(
    "clock_hertz", "Present clock of the chip's cores (sm) or of its memory (memory).", "clock"
)
ACCELERATOR_MEMORY_TEMPERATURE: Final = _chip(
    "memory_temperature_celsius", "Temperature of the chip's memory."
)
ACCELERATOR_ENGINE: Final = _chip(
    "engine_utilization_ratio",
    "Share of time a part of the chip was busy, 0 to 1: memory (copies), encoder, decoder, video"
    " (both in one), jpeg.",
    "engine",
)
ACCELERATOR_PCIE_TRANSMIT: Final = _chip(
    "pcie_transmit_bytes_per_second", "Bytes a second the chip sends over PCIe at present."
)
ACCELERATOR_PCIE_RECEIVE: Final = _chip(
    "pcie_receive_bytes_per_second", "Bytes a second the chip receives over PCIe at present."
)
ACCELERATOR_PCIE_REPLAYS: Final = _chip(
    "pcie_replays_total", "Packets that were sent again over PCIe.", type="counter"
)
ACCELERATOR_LINK_TRANSMIT: Final = _chip(
    "link_transmit_bytes_total",
    "Bytes the chip has sent over all its links to other chips (NVLink).",
    type="counter",
)
ACCELERATOR_LINK_RECEIVE: Final = _chip(
    "link_receive_bytes_total",
    "Bytes the chip has received over all its links to other chips (NVLink).",
    type="counter",
)
ACCELERATOR_LINK_TRANSMIT_RATE: Final = _chip(
    "link_transmit_bytes_per_second",
    "Bytes a second the chip sends to other chips (NVLink) at present.",
)
ACCELERATOR_LINK_RECEIVE_RATE: Final = _chip(
    "link_receive_bytes_per_second",
    "Bytes a second the chip receives from other chips (NVLink) at present.",
)
ACCELERATOR_LINK_RATE: Final = _chip(
    "link_bytes_per_second",
    "Bytes a second that pass its links to other chips (NVLink) at present, both ways together.",
)
ACCELERATOR_LINK_ERRORS: Final = _chip(
    "link_errors_total",
    "Errors of all its links to other chips: crc_flit, crc_data, replay, recovery.",
    "kind",
    type="counter",
)
ACCELERATOR_REMAPPED_ROWS: Final = _chip(
    "remapped_rows",
    "Rows of memory that were replaced by spare ones, by the errors they had: corrected,"
    " uncorrected.",
    "kind",
)
ACCELERATOR_REMAP_FAILED: Final = _chip(
    "row_remap_failed", "1 where a row of memory could not be replaced: the chip is to be changed."
)
ACCELERATOR_REMAP_PENDING: Final = _chip(
    "row_remap_pending", "1 where a row of memory is replaced at the chip's next reset."
)
ACCELERATOR_LAST_XID: Final = _chip(
    "last_xid",
    "Number (XID) of the last error that the driver told of this chip; 0 where it told none.",
)
ACCELERATOR_PEAK: Final = _chip(
    "peak_flops",
    "Rated dense peak, operations a second, by precision; from the maker's data sheet, not"
    " measured.",
    "precision",
)
