"""The labels of a facility device's series.

The operator names the device. Its profile names each reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.base import Metric, Series
from collectors.catalogue.devices import KINDS
from collectors.labels import safe_label

_NAMES: Final = frozenset(kind.label for kind in KINDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The label values from the config, for the device and for the units linked to it."""

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
        return metric.new_series(
            *(self._value(label, name, known, labels) for label in metric.labels)
        )

    @staticmethod
    def _value(label: str, name: str, known: Mapping[str, str], labels: Mapping[str, str]) -> str:
        if label in _NAMES:
            return name
        if label == "sensor":
            # A device that is one sensor has only its own name.
            return safe_label(f"{name}/{labels[label]}" if label in labels else name).strip()
        # The value is made safe before the series is interned. Two names that differ only in
        # characters that are not allowed must give one series.
        return safe_label(labels[label]).strip() if label in labels else known.get(label, "")
