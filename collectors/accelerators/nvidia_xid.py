"""The last error (XID) that the driver has told of each GPU, from NVML's events.

Source: "NVML API Reference Guide", event handling; the numbers are in NVIDIA's "XID Errors".
NVML tells each event once, to whoever is registered. So only errors since the library was opened
are known.
"""

from __future__ import annotations

import contextlib
from types import ModuleType
from typing import Any, Final

_XID: Final = 8  # nvmlEventTypeXidCriticalError
_MOST_EVENTS: Final = 1000
"""Events taken in one round."""


class LastXids:
    """Listens for errors of the GPUs it is told of; for the thread that reads them."""

    def __init__(self, nvml: ModuleType) -> None:
        self._nvml = nvml
        self._events: Any = None
        self._last: dict[int, int] = {}
        with contextlib.suppress(nvml.NVMLError):
            self._events = nvml.nvmlEventSetCreate()

    def listen(self, minor: int, handle: object) -> None:
        """Listen for errors of one GPU; one that cannot tell them is left out."""
        if self._events is None or minor in self._last:
            return
        with contextlib.suppress(self._nvml.NVMLError):
            self._nvml.nvmlDeviceRegisterEvents(handle, _XID, self._events)
            self._last[minor] = 0

    def take(self) -> None:
        """Take all events that have come; never waits."""
        if not self._last:
            return
        for _ in range(_MOST_EVENTS):
            try:
                event = self._nvml.nvmlEventSetWait_v2(self._events, 0)
                minor = self._nvml.nvmlDeviceGetMinorNumber(event.device)
            except self._nvml.NVMLError:  # a time-out: no event is left
                return
            if event.eventType == _XID and minor in self._last:
                self._last[minor] = event.eventData

    def of(self, minor: int | None) -> int | None:
        """Return the last error of a GPU, 0 without one; None where it cannot tell."""
        return None if minor is None else self._last.get(minor)

    def close(self) -> None:
        """Free the set of events."""
        events, self._events, self._last = self._events, None, {}
        if events is not None:
            with contextlib.suppress(self._nvml.NVMLError):
                self._nvml.nvmlEventSetFree(events)
