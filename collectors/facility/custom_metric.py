"""Metrics that a profile declares itself, for what the catalogue does not have: `dc_custom_…`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from collectors.base import Metric
from collectors.catalogue.facility import DEVICE
from collectors.facility.units import UNITS, quantity_of

PREFIX: Final = "dc_custom_"
_EXAMPLE: Final = f"{PREFIX}tray_level_ratio"
_NAME: Final = re.compile(rf"{PREFIX}[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LABEL: Final = re.compile(r"[a-z][a-z0-9_]*")
_QUANTITIES: Final = tuple(dict.fromkeys(unit.quantity for unit in UNITS.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomMetric:
    """A metric of a profile's own.

    `unit` is the base unit that its name ends in, such as `celsius`, or `flag` for a state or a
    count. It carries the labels of a device (`device`, `rack`, `row`) and those in `labels`.
    """

    help: str
    unit: str
    type: Literal["gauge", "counter"] = "gauge"
    labels: list[str] = field(default_factory=list)

    def declared(self, name: str) -> Metric:
        """Return the metric of this name; raises ValueError for what no metric can be."""
        if not _NAME.fullmatch(name):
            message = f"expected a name such as {_EXAMPLE}, got {name!r}"
            raise ValueError(message)
        if self.unit not in _QUANTITIES:
            message = f"unit: expected one of {', '.join(_QUANTITIES)}, got {self.unit!r}"
            raise ValueError(message)
        if quantity_of(name) != self.unit:
            message = f"unit: the name must end in _{self.unit}"
            raise ValueError(message)
        if name.endswith("_total") != (self.type == "counter"):
            message = "type: a counter's name ends in _total, and no other's"
            raise ValueError(message)
        if not self.help.strip():
            message = "help: expected a sentence that says what it is"
            raise ValueError(message)
        wrong = [
            one for one in self.labels if not _LABEL.fullmatch(one) or one in (*DEVICE, "name")
        ]
        if wrong or len(set(self.labels)) < len(self.labels):
            message = f"labels: {', '.join(wrong) or 'one'} cannot be a label here, or is twice"
            raise ValueError(message)
        return Metric(
            namespace="dc",
            subsystem="custom",
            name=name.removeprefix(PREFIX),
            type=self.type,
            help=self.help,
            labels=(*DEVICE, *self.labels),
        )
