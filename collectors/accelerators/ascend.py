"""Huawei Ascend chips, read by `npu-smi info`, which comes with the driver."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.accelerators import npu_details
from collectors.accelerators.chip import ChipReader
from collectors.accelerators.devices import has_device
from collectors.accelerators.npu_smi import parse
from collectors.base import NoData, Reading, Schedule, Unreachable
from collectors.command import Command

if TYPE_CHECKING:
    from collectors.accelerators.chip import Chip, Chips, Value

log = logging.getLogger(__name__)

VENDOR: Final = "Huawei"
_SHARE: Final = 0.9
"""The part of a round's time after which no further detail is asked, so that the rest counts."""
_MAX_BYTES: Final = 2**20
_FOLDERS: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/local/Ascend/driver/tools")
_LIBRARIES: Final = (
    "/usr/local/Ascend/driver/lib64",
    "/usr/local/Ascend/driver/lib64/common",
    "/usr/local/Ascend/driver/lib64/driver",
)


class Ascend(ChipReader):
    """Reads every Ascend chip of this node by one run of npu-smi, and by more for details."""

    name: ClassVar[str] = "accelerators"

    def __init__(
        self,
        chips: Chips,
        *,
        devices: Path,
        command: str,
        schedule: Schedule,
        details: bool = False,
    ) -> None:
        super().__init__(chips)
        self.device = "ascend"
        self.schedule = schedule
        self._devices, self._program, self._details = devices, command, details
        self._commands: dict[tuple[str, ...], Command] = {}

    async def collect(self) -> Sequence[Reading]:
        """Read all chips; raises NoData on a node where no chip has been seen."""
        self._chips.begin()
        if not has_device(self._devices, "davinci"):
            if self._chips.seen:
                raise Unreachable("the driver's device files are gone")
            raise NoData("no Ascend device")
        end = time.monotonic() + self.schedule.timeout * _SHARE
        chips = parse(await self._says((), self.schedule.timeout))
        if self._details:
            chips = [await self._detailed(chip, end) for chip in chips]
        return self._chips.readings(chips)

    async def _detailed(self, chip: Chip, end: float) -> Chip:
        """Return a chip with its details; without those for which the round has no time left."""
        more: list[Value] = []
        for query in npu_details.QUERIES:
            left = end - time.monotonic()
            if left <= 0:
                self._chips.dropped["no_detail"] += 1
                break
            try:
                said = await self._says(("-t", query, *chip.asked_by), left)
            except Unreachable as error:
                self._chips.dropped["no_detail"] += 1
                log.debug("%s of %s: %s", query, chip.name, error)
                break
            more += npu_details.parse(query, said)
        return replace(chip, values=(*chip.values, *more))

    async def _says(self, words: tuple[str, ...], timeout: float) -> str:
        if words not in self._commands:
            self._commands[words] = self._find(words)
        return (await self._commands[words].output(timeout)).decode("utf-8", "replace")

    def _find(self, words: tuple[str, ...]) -> Command:
        environment = _environment()
        found = shutil.which(self._program, path=environment["PATH"])
        if found is None:
            raise Unreachable(
                f"there are Ascend devices but no {self._program}: install the driver's tools, or"
                " scrape the NPU exporter"
            )
        return Command((found, "info", *words), max_bytes=_MAX_BYTES, environment=environment)


def _environment() -> dict[str, str]:
    """Return an environment in which npu-smi finds its libraries and speaks English."""
    path = os.environ.get("PATH", os.defpath)
    libraries = os.environ.get("LD_LIBRARY_PATH", "")
    return {
        "PATH": os.pathsep.join((path, *_FOLDERS)),
        "LD_LIBRARY_PATH": os.pathsep.join(part for part in (libraries, *_LIBRARIES) if part),
        "LC_ALL": "C",
    }
