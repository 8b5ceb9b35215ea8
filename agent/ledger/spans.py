"""At how many joules energy registers begin again at 0, as the devices' profiles say it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from collectors.base import Collector, Series

_NAMES: Final = ("pdu", "meter")


def spans_of(collectors: Iterable[Collector]) -> Callable[[Series], float | None]:
    """Return a lookup of register widths, in joules; None for a register of which no device says it.

    A device is found by its name and asked every time for its `register_spans`, since it may know its registers only once it
    has been discovered. Units linked behind it are called `name/2`, or as its `linked_names` say.
    """
    devices: dict[str, list[Any]] = {}
    for collector in collectors:
        if hasattr(collector, "register_spans"):
            for name in (collector.device, *getattr(collector, "linked_names", ())):
                devices.setdefault(name, []).append(collector)

    def span(series: Series) -> float | None:
        name = next((series.label(label) for label in _NAMES if label in series.labels), "")
        for device in devices.get(name) or devices.get(name.rpartition("/")[0]) or ():
            known: Mapping[Series, float] = device.register_spans
            if (found := known.get(series)) is not None:
                return found
        return None

    return span
