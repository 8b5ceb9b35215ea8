"""The labels of a facility device's series.

The operator names the device. Its profile names each reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from collectors.base import Metric, Series
from collectors.catalogue.devices import KINDS
from collectors.head import NAMED_WITHIN, Head, Labels
from collectors.labels import MAX_LABEL_LENGTH, safe_label

Name = tuple[Metric, str, Mapping[str, str]]
"""A series of a device that is not named yet: its metric, the unit (empty: the device itself), and
the labels from the device."""

_SHORT: Final = MAX_LABEL_LENGTH // 4
"""Two texts of fewer characters are not cut as one label."""
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

    def all(self, names: Iterable[Name], rests: Iterable[Labels | None]) -> Sequence[Series]:
        """Return the series of many names, as `series` does; `rests` are those of `rest_of`."""
        heads: dict[tuple[Labels, bool], Head] = {}
        made = []
        for name, rest in zip(names, rests, strict=True):
            metric, unit, labels = name
            if rest is None or (metric.names_within and not self._is_plain):
                made.append(self.series(metric, unit, labels))
                continue
            key = metric.head_labels, metric.names_within
            head = heads.get(key)
            if head is None:
                head = heads[key] = self.series(metric, unit, labels).head
            made.append(metric.placed(head, rest))
        return made

    @property
    def _is_plain(self) -> bool:
        """Whether what stands behind the device's name in a label depends on no part of it."""
        return "/" not in self.name and "name" not in self.labels and len(self.name) < _SHORT

    @staticmethod
    def _value(label: str, name: str, known: Mapping[str, str], labels: Mapping[str, str]) -> str:
        if label in _NAMES:
            return name
        if label == NAMED_WITHIN:
            # A device that is one sensor has only its own name.
            return safe_label(f"{name}/{labels[label]}" if label in labels else name).strip()
        # The value is made safe before the series is interned. Two names that differ only in
        # characters that are not allowed must give one series.
        return safe_label(labels[label]).strip() if label in labels else known.get(label, "")


_NOBODY: Final = Naming(name="", labels={})


def rest_of(name: Name) -> Labels | None:
    """Return the label values behind the head that a series has for whatever device.

    None where the device's own name or the config have a part in them, or the device in the head.
    """
    metric, unit, labels = name
    headed = metric.head_labels
    rest = metric.labels[len(headed) :]
    if unit or NAMED_WITHIN in headed or any(label in labels for label in headed):
        return None
    if any(label in _NAMES or label not in labels for label in rest):
        return None
    if metric.names_within and len(labels[NAMED_WITHIN]) >= _SHORT:
        return None
    return _NOBODY.series(metric, unit, labels).rest
