"""What the series of a facility device are called.

The operator names the device; its profile names each reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.base import Metric, Series
from collectors.labels import safe_label

IDENTITY: Final = (
    "hub",
    "site",
    "row",
    "rack",
    "pdu",
    "feed",
    "ups",
    "unit",
    "device",
    "meter",
    "point",
)
"""Labels that say which device it is: they come from the config.

A profile gives all others a metric has.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The label values that come from the config: of the device and of units linked to it."""

    name: str
    labels: Mapping[str, str]
    linked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def series(self, metric: Metric, unit: str, labels: Mapping[str, str]) -> Series:
        """Return the series of a metric; `unit` is empty for the device itself.

        Values from the device are made safe here.
        """
        name = f"{self.name}/{unit}" if unit else self.name
        known = {**self.labels, **self.linked.get(unit, {})} if unit else self.labels
        name = known.get("name") or name
        return metric.series(*(self._value(label, name, known, labels) for label in metric.labels))

    @staticmethod
    def _value(label: str, name: str, known: Mapping[str, str], labels: Mapping[str, str]) -> str:
        if label in ("pdu", "ups", "unit", "device", "meter"):
            return name
        if label == "sensor":
            # A transmitter that is all sensor has its own name only.
            return safe_label(f"{name}/{labels[label]}" if label in labels else name).strip()
        # Made safe before it is interned: two names that differ only in what is not allowed must be
        # one series, not two alike.
        return safe_label(labels[label]).strip() if label in labels else known.get(label, "")
