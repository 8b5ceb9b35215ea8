"""At how many joules energy registers begin again at 0, as the devices' profiles say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agent.ledger.meters import RegisterWidth
from collectors.abilities import HasLinkedNames, HasRegisters
from collectors.base import Collector, Series

_NAMES: Final = ("pdu", "meter")


def register_widths(collectors: Iterable[Collector]) -> RegisterWidth:
    """Return a lookup of register widths, in joules; None for a register whose device is silent.

    A device is found by its name and asked every time for its `register_rollovers`, for it may know
    its registers only once it is discovered. Units linked behind it are called `name/2`, or as its
    `linked_names` say.
    """
    devices: dict[str, list[HasRegisters]] = {}
    for collector in collectors:
        if isinstance(collector, HasRegisters):
            linked = collector.linked_names if isinstance(collector, HasLinkedNames) else ()
            for name in (collector.device, *linked):
                devices.setdefault(name, []).append(collector)

    def width(series: Series) -> float | None:
        name = next((series.label(label) for label in _NAMES if label in series.labels), "")
        for device in devices.get(name) or devices.get(name.rpartition("/")[0]) or ():
            if (found := device.register_rollovers.get(series)) is not None:
                return found
        return None

    return width
