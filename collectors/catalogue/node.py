"""Node and chip metrics that are not the kernel's: measured power and accelerators."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType

NODE: Final = ("hub", "site", "row", "rack", "node")
ACCELERATOR: Final = (*NODE, "accelerator")


def _chip(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:  # noqa: A002
    return Metric(namespace="dc", subsystem="accelerator", name=name, type=type, help=help, labels=(*ACCELERATOR, *labels))


NODE_POWER: Final = Metric(
    namespace="dc", subsystem="node", name="power_watts", type="gauge",
    help="Power a node draws, by where it was read: ipmi, redfish, rapl or hwmon.", labels=(*NODE, "source"),
)  # fmt: skip
NODE_ENERGY: Final = Metric(
    namespace="dc", subsystem="node", name="energy_joules_total", type="counter",
    help="Energy a node has drawn, by where it was read.", labels=(*NODE, "source"),
)  # fmt: skip
ACCELERATOR_INFO: Final = _chip("info", "An accelerator chip that is present.", "vendor", "model")
ACCELERATOR_POWER: Final = _chip("power_watts", "Power the chip draws.")
ACCELERATOR_UTILIZATION: Final = _chip("utilization_ratio", "Share of time the chip computed, 0 to 1.")
ACCELERATOR_MEMORY_USED: Final = _chip("memory_used_bytes", "Device memory in use.")
ACCELERATOR_MEMORY_TOTAL: Final = _chip("memory_total_bytes", "Device memory in all.")
ACCELERATOR_TEMPERATURE: Final = _chip("temperature_celsius", "Temperature of the chip.")
ACCELERATOR_PEAK: Final = _chip("peak_flops", "Rated peak, floating-point operations a second, by precision.", "precision")
