"""How many outlets, banks and sensors a simulated device has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collectors.facility.snmp.reading import Reading
from simulator.measures import OUTLETS

_MOST: Final[Mapping[str, int]] = {
    "outlet": OUTLETS,
    "bank": 2,
    "sensor": 1,
    "battery": 1,
    "location": 1,
    "fan": 2,
    "compressor": 1,
}


class Counts:
    """The outlets, banks and sensors that are laid out, by name, and whether there is room."""

    def __init__(self, prefer: Reading | None) -> None:
        """`prefer` is the reading that a device is for: there is always room for its labels."""
        self._prefer: Final = prefer
        self._placed: Final[dict[tuple[str, str], set[str]]] = {}

    def take(self, reading: Reading, labels: Mapping[str, str]) -> bool:
        """Count what labels name; False where there is no room for another one of the kind."""
        for label, most in _MOST.items():
            if label in labels:
                placed = self._placed.setdefault(_place(reading, label), set())
                extra = {self._prefer.labels.get(label, "")} if self._prefer else set()
                if labels[label] not in placed | extra and len(placed - extra) >= most:
                    return False
                placed.add(labels[label])
        return True

    def are_full(self, reading: Reading) -> bool:
        """Tell whether a reading with one label finds no room for another name of it."""
        (label, *others) = reading.labels
        most = _MOST.get(label)
        if not most or others:
            return False
        return len(self._placed.get(_place(reading, label), ())) >= most


def _place(reading: Reading, label: str) -> tuple[str, str]:
    """Return what counts names together: for outlets and banks a metric, else a reading."""
    return reading.metric, "" if label in ("outlet", "bank") else repr(reading)
