"""NVIDIA GPUs, read by NVML, the driver's library, through nvidia-ml-py (`pynvml`).

`pynvml` is imported when the first device file of the driver is found.

A lost GPU does not stop the reading of the others. Source: "NVML API Reference Guide".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from collectors.accelerators.chip import Chip, ChipReader
from collectors.accelerators.devices import has_device
from collectors.accelerators.nvidia_gpu import MAX_GPUS, SESSION_IS_OVER, VERSION_MISMATCH, Gpu
from collectors.accelerators.nvidia_xid import LastXids
from collectors.base import BadReply, NoData, Reading, Refused, Schedule, Unreachable

if TYPE_CHECKING:
    from collectors.accelerators.chip import Chips

VENDOR: Final = "NVIDIA"
_NO_PERMISSION, _LIBRARY_NOT_FOUND = 4, 12  # nvmlReturn_t


class Nvidia(ChipReader):
    """Reads every NVIDIA GPU of this node.

    It blocks, so the runner runs it in a thread, and only in one thread at a time.

    The library stays open between rounds. Without a persistence daemon, opening it wakes every GPU
    and takes seconds.
    """

    name: ClassVar[str] = "accelerators"

    def __init__(self, chips: Chips, *, devices: Path, schedule: Schedule) -> None:
        super().__init__(chips)
        self.device = "nvidia"
        self.schedule = schedule
        self._devices = devices
        self._nvml: Any = None
        self._xids: LastXids | None = None

    def collect(self) -> Sequence[Reading]:
        """Read all GPUs; raises NoData on a node where no GPU has been seen."""
        self._chips.begin()
        if not has_device(self._devices, "nvidia"):
            self.close()
            if self._chips.seen:
                raise Unreachable("the driver's device files are gone")
            raise NoData("no NVIDIA device")
        if self._nvml is None or self._xids is None:
            self._nvml = _opened()
            self._xids = LastXids(self._nvml)
        nvml = self._nvml
        try:
            self._xids.take()
            chips = list(_gpus(nvml, self._xids))
        except nvml.NVMLError as error:
            self.close()
            raise _failure(error) from None
        if chips and not any(chip.up for chip in chips):
            self.close()  # after a reset of all GPUs, the open handles may no longer work
        return self._chips.readings(chips)

    def close(self) -> None:
        """Close the library."""
        nvml, self._nvml = self._nvml, None
        xids, self._xids = self._xids, None
        if xids is not None:
            xids.close()
        if nvml is not None:
            with contextlib.suppress(nvml.NVMLError):
                nvml.nvmlShutdown()


def _opened() -> Any:
    try:
        import pynvml
    except ImportError:
        raise Unreachable(
            "there are NVIDIA devices but no nvidia-ml-py: install hubgauge[nvidia]"
        ) from None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise _failure(error) from None
    return pynvml


def _failure(error: Any) -> Unreachable | Refused | BadReply:
    if error.value == _LIBRARY_NOT_FOUND:
        return Unreachable(
            "there are NVIDIA devices but no libnvidia-ml.so.1; in a container, the NVIDIA runtime"
            " provides it"
        )
    if error.value == VERSION_MISMATCH:
        return Unreachable(
            "the driver was replaced by another version: restart the agent to load the new library"
        )
    if error.value == _NO_PERMISSION:
        return Refused("NVML: no permission")
    return Unreachable(f"NVML: {error}")


def _gpus(nvml: Any, xids: LastXids) -> Iterator[Chip]:
    """Yield every GPU of the node; raises NVMLError only if the library itself has failed."""
    for index in range(min(nvml.nvmlDeviceGetCount(), MAX_GPUS)):
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
        except nvml.NVMLError as error:
            if error.value in SESSION_IS_OVER:
                raise
            continue  # lost, or without permission; Chips reports a known GPU as down
        yield Gpu(nvml, handle, xids).chip(index)
