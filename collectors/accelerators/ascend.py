"""Huawei Ascend chips, read by `npu-smi info`, which comes with the driver."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.accelerators.chip import ChipReader
from collectors.accelerators.command import Command
from collectors.accelerators.devices import has_device
from collectors.accelerators.npu_smi import parse
from collectors.base import NoData, Reading, Schedule, Unreachable

if TYPE_CHECKING:
    from collectors.accelerators.chip import Chips

VENDOR: Final = "Huawei"
_MAX_BYTES: Final = 2**20
_FOLDERS: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/local/Ascend/driver/tools")
_LIBRARIES: Final = (
    "/usr/local/Ascend/driver/lib64",
    "/usr/local/Ascend/driver/lib64/common",
    "/usr/local/Ascend/driver/lib64/driver",
)


class Ascend(ChipReader):
    """Reads every Ascend chip of this node by one run of npu-smi."""

    name: ClassVar[str] = "accelerators"

    def __init__(self, chips: Chips, *, devices: Path, command: str, schedule: Schedule) -> None:
        super().__init__(chips)
        self.device = "ascend"
        self.schedule = schedule
        self._devices, self._program = devices, command
        self._command: Command | None = None

    async def collect(self) -> Sequence[Reading]:
        """Read all chips; raises NoData on a node where no chip has been seen."""
        self._chips.begin()
        if not has_device(self._devices, "davinci"):
            if self._chips.seen:
                raise Unreachable("the driver's device files are gone")
            raise NoData("no Ascend device")
        if self._command is None:
            self._command = self._find()
        printed = await self._command.output(self.schedule.timeout)
        return self._chips.readings(parse(printed.decode("utf-8", "replace")))

    def _find(self) -> Command:
        environment = _environment()
        found = shutil.which(self._program, path=environment["PATH"])
        if found is None:
            raise Unreachable(
                f"there are Ascend devices but no {self._program}: install the driver's tools, or"
                " scrape the NPU exporter"
            )
        return Command((found, "info"), max_bytes=_MAX_BYTES, environment=environment)


def _environment() -> dict[str, str]:
    """Return an environment in which npu-smi finds its libraries and speaks English."""
    path = os.environ.get("PATH", os.defpath)
    libraries = os.environ.get("LD_LIBRARY_PATH", "")
    return {
        "PATH": os.pathsep.join((path, *_FOLDERS)),
        "LD_LIBRARY_PATH": os.pathsep.join(part for part in (libraries, *_LIBRARIES) if part),
        "LC_ALL": "C",
    }
