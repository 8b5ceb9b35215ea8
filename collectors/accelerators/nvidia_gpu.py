"""What one NVIDIA GPU says of itself in one round, by NVML.

A figure that a GPU does not support is left out: the utilisation of a GPU that is split (MIG), or
the memory of a GPU that shares it with its CPU (Grace). Source: "NVML API Reference Guide".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from collectors.accelerators.chip import Chip
from collectors.accelerators.nvidia_fields import FIELDS, values_of
from collectors.accelerators.nvidia_xid import LastXids
from collectors.catalogue import node as catalogue

if TYPE_CHECKING:
    from collectors.accelerators.chip import Value

MAX_GPUS: Final = 256
"""The most GPUs of a node, and the most instances of a GPU, that are read."""
_PERCENT: Final = 100.0
_MILLI: Final = 1e-3
_KILO: Final = 1e3
_MEGA: Final = 1e6

# nvmlReturn_t
_UNINITIALIZED, _DRIVER_NOT_LOADED, _GPU_IS_LOST, _RESET_REQUIRED = 1, 9, 15, 16
VERSION_MISMATCH: Final = 18
"""The driver was replaced by another version."""
SESSION_IS_OVER: Final = frozenset({_UNINITIALIZED, _DRIVER_NOT_LOADED, VERSION_MISMATCH})
"""The driver was unloaded or replaced. The library must be opened again."""
_LOST: Final = frozenset({_GPU_IS_LOST, _RESET_REQUIRED})

# nvmlClocksEventReasons
_THROTTLES: Final = {"power": 0x4 | 0x80, "thermal": 0x20 | 0x40, "hardware": 0x8}
"""The bits of each reason for throttling.

`power`: a software power cap or an external power brake. `thermal`: a slowdown by software or by
hardware because of heat. `hardware`: a slowdown by hardware for any reason.
"""
_CLOCKS: Final = {"sm": 1, "memory": 2}  # nvmlClockType_t
_PCIE: Final = {  # nvmlPcieUtilCounter_t; each call measures for 20 ms
    0: catalogue.ACCELERATOR_PCIE_TRANSMIT,
    1: catalogue.ACCELERATOR_PCIE_RECEIVE,
}
_ECC: Final = {"corrected": 0, "uncorrected": 1}  # nvmlMemoryErrorType_t
_AGGREGATE: Final = 1  # nvmlEccCounterType_t: over the GPU's life, not since the driver was loaded
_GPU_SENSOR: Final = 0  # nvmlTemperatureSensors_t


class _Lost(Exception):
    """This GPU no longer answers. Others may still answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """A GPU's memory in bytes. `reserved` is None if the driver counts it as used."""

    total: int
    used: int
    reserved: int | None = None


class Gpu:
    """One GPU in one round."""

    def __init__(self, nvml: Any, handle: object, xids: LastXids) -> None:
        self._nvml, self._handle, self._xids = nvml, handle, xids

    def _ask(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Return the library's answer, or None if this GPU does not support the call.

        Raises _Lost for a lost GPU, and NVMLError if the library itself has failed.
        """
        try:
            return function(*arguments)
        except self._nvml.NVMLError as error:
            if error.value in SESSION_IS_OVER:
                raise
            if error.value in _LOST:
                raise _Lost from None
            return None

    def chip(self, index: int) -> Chip:
        """Read this GPU."""
        nvml, handle = self._nvml, self._handle
        name = f"nvidia{index}"
        try:
            # The number of the device file stays the same when another GPU is lost. The index
            # does not.
            minor = self._ask(nvml.nvmlDeviceGetMinorNumber, handle)
            if minor is not None:
                name = f"nvidia{minor}"
                self._xids.listen(minor, handle)
            pci = self._ask(nvml.nvmlDeviceGetPciInfo, handle)
            return Chip(
                name=name,
                model=_text(self._ask(nvml.nvmlDeviceGetName, handle)),
                uuid=_text(self._ask(nvml.nvmlDeviceGetUUID, handle)),
                bus=_text(pci.busId) if pci is not None else "",
                values=(*self._values(), *self._health(minor), *self._work()),
            )
        except _Lost:
            return Chip(name=name, model="", up=False)

    def _values(self) -> Iterator[Value]:
        nvml, handle = self._nvml, self._handle
        milliwatts = self._ask(nvml.nvmlDeviceGetPowerUsage, handle)
        if milliwatts is not None:
            yield catalogue.ACCELERATOR_POWER, "", milliwatts * _MILLI
        millijoules = self._ask(nvml.nvmlDeviceGetTotalEnergyConsumption, handle)
        if millijoules is not None:
            yield catalogue.ACCELERATOR_ENERGY, "", millijoules * _MILLI
        busy = self._ask(nvml.nvmlDeviceGetUtilizationRates, handle)
        if busy is not None and busy.gpu <= _PERCENT:
            yield catalogue.ACCELERATOR_UTILIZATION, "", busy.gpu / _PERCENT
        if busy is not None and busy.memory <= _PERCENT:
            yield catalogue.ACCELERATOR_ENGINE, "memory", busy.memory / _PERCENT
        yield from self._memory_values()
        celsius = self._ask(nvml.nvmlDeviceGetTemperature, handle, _GPU_SENSOR)
        if celsius is not None:
            yield catalogue.ACCELERATOR_TEMPERATURE, "", float(celsius)
        # The name of this call before driver 535. Newer libraries still have it.
        reasons = self._ask(nvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle)
        if reasons is not None:
            for reason, bits in _THROTTLES.items():
                yield catalogue.ACCELERATOR_THROTTLED, reason, float(bool(reasons & bits))
        for kind, number in _ECC.items():
            errors = self._ask(nvml.nvmlDeviceGetTotalEccErrors, handle, number, _AGGREGATE)
            if errors is not None:
                yield catalogue.ACCELERATOR_ECC_ERRORS, kind, float(errors)
        yield from self._instances()

    def _health(self, minor: int | None) -> Iterator[Value]:
        """Yield what tells whether the GPU must be looked after."""
        nvml, handle = self._nvml, self._handle
        xid = self._xids.of(minor)
        if xid is not None:
            yield catalogue.ACCELERATOR_LAST_XID, "", float(xid)
        # PCIe's counters of bytes (fields 197 and 198) have 32 bits, so a busy H200 passes their
        # end each 80 ms. Nothing is known from two readings of them, and they are not read.
        for direction, metric in _PCIE.items():
            kilobytes = self._ask(nvml.nvmlDeviceGetPcieThroughput, handle, direction)
            if kilobytes is not None:
                yield metric, "", kilobytes * _KILO
        replays = self._ask(nvml.nvmlDeviceGetPcieReplayCounter, handle)
        if replays is not None:
            yield catalogue.ACCELERATOR_PCIE_REPLAYS, "", float(replays)
        rows = self._ask(nvml.nvmlDeviceGetRemappedRows, handle)
        if rows is not None:
            corrected, uncorrected, pending, failed = rows
            yield catalogue.ACCELERATOR_REMAPPED_ROWS, "corrected", float(corrected)
            yield catalogue.ACCELERATOR_REMAPPED_ROWS, "uncorrected", float(uncorrected)
            yield catalogue.ACCELERATOR_REMAP_PENDING, "", float(bool(pending))
            yield catalogue.ACCELERATOR_REMAP_FAILED, "", float(bool(failed))

    def _work(self) -> Iterator[Value]:
        """Yield clocks, limits, and how busy the parts of the GPU are."""
        nvml, handle = self._nvml, self._handle
        limit = self._ask(nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
        if limit:
            yield catalogue.ACCELERATOR_POWER_LIMIT, "", limit * _MILLI
        for clock, number in _CLOCKS.items():
            megahertz = self._ask(nvml.nvmlDeviceGetClockInfo, handle, number)
            if megahertz is not None:
                yield catalogue.ACCELERATOR_CLOCK, clock, megahertz * _MEGA
        for engine, ask in (
            ("encoder", nvml.nvmlDeviceGetEncoderUtilization),
            ("decoder", nvml.nvmlDeviceGetDecoderUtilization),
        ):
            busy = self._ask(ask, handle)
            if busy is not None and busy[0] <= _PERCENT:
                yield catalogue.ACCELERATOR_ENGINE, engine, busy[0] / _PERCENT
        answers = self._ask(nvml.nvmlDeviceGetFieldValues, handle, list(FIELDS))
        if answers is not None:
            yield from values_of(answers)

    def _memory_values(self) -> Iterator[Value]:
        memory = self._memory(self._handle)
        if memory is None or not memory.total:
            return
        yield catalogue.ACCELERATOR_MEMORY_USED, "", float(memory.used)
        yield catalogue.ACCELERATOR_MEMORY_TOTAL, "", float(memory.total)
        if memory.reserved is not None:
            yield catalogue.ACCELERATOR_MEMORY_RESERVED, "", float(memory.reserved)

    def _memory(self, handle: object) -> _Memory | None:
        """Read the memory of a GPU or of a MIG instance.

        Since driver 510, `nvmlDeviceGetMemoryInfo` counts memory reserved by the driver as used.
        `nvmlDeviceGetMemoryInfo_v2` reports it separately, as `nvidia-smi` does. An older driver
        has only the first call, and its figure has no reserved part.
        """
        nvml = self._nvml
        apart = self._ask(nvml.nvmlDeviceGetMemoryInfo, handle, nvml.nvmlMemory_v2)
        if apart is not None:
            return _Memory(total=apart.total, used=apart.used, reserved=apart.reserved)
        old = self._ask(nvml.nvmlDeviceGetMemoryInfo, handle)
        return None if old is None else _Memory(total=old.total, used=old.used)

    def _instances(self) -> Iterator[Value]:
        """Yield the memory of each GPU instance of a split GPU.

        Several compute instances may share the memory of one GPU instance. It counts once.
        """
        nvml, handle = self._nvml, self._handle
        mode = self._ask(nvml.nvmlDeviceGetMigMode, handle)
        if mode is None or mode[0] != 1:
            return
        seen: set[str] = set()
        for index in range(
            min(self._ask(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0, MAX_GPUS)
        ):
            part = self._ask(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index)
            number = None if part is None else self._ask(nvml.nvmlDeviceGetGpuInstanceId, part)
            memory = None if part is None else self._memory(part)
            if number is None or memory is None or str(number) in seen:
                continue
            seen.add(str(number))
            yield catalogue.ACCELERATOR_INSTANCE_MEMORY_USED, str(number), float(memory.used)
            yield catalogue.ACCELERATOR_INSTANCE_MEMORY_TOTAL, str(number), float(memory.total)


def _text(value: object) -> str:
    """Return a text from the library. Older versions give bytes."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""
