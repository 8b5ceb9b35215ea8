"""A BMC's power by DCMI, and this node's own BMC by the kernel's IPMI device."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from collectors.base import BadReply, Context, NoData, Reading, Schedule, Unreachable
from collectors.catalogue import node as catalogue
from collectors.power.dcmi import GET_POWER_READING, parse_power_reading, why_not
from collectors.power.ipmitool import UNSUPPORTED, CompletionCode, run

LOCAL_DEVICE: Final = Path("/dev/ipmi0")
_PATIENCE: Final = 3600.0
"""Seconds after which a node's own BMC without DCMI is asked again, because its firmware may have
been updated."""
_NAMED_COMMAND: Final = ("dcmi", "power", "reading")


class Dcmi:
    """Asks one BMC for its power by DCMI.

    It uses the named command if a wrapper refuses the raw one.

    `dropped` counts answers without a value: `deactivated`, `zero` (0 W) and `sentinel`.
    """

    def __init__(self, program: str, arguments: Sequence[str], dropped: Counter[str]) -> None:
        self._program, self._arguments, self._dropped = program, (*arguments,), dropped
        self._command: tuple[str, ...] = GET_POWER_READING

    async def watts(self) -> float | None:
        """Return the power, None where the BMC has no value; raises a CollectError."""
        try:
            output = await self.run(*self._command)
        except BadReply:  # ipmitool, or a wrapper in its place, refuses the command
            if self._command == _NAMED_COMMAND:
                raise
            output = await self.run(*_NAMED_COMMAND)
            self._command = _NAMED_COMMAND
        reading = parse_power_reading(output)
        reason = why_not(reading)
        if reason:
            self._dropped[reason] += 1
            return None
        return float(reading.watts)

    async def run(self, *command: str) -> str:
        """Run one command of ipmitool on this BMC; raises a CollectError."""
        return await run(self._program, (*self._arguments, *command))


class LocalBmc:
    """Reads this node's own BMC by the kernel's IPMI device and ipmitool."""

    name: ClassVar[str] = "power"
    device: Final = "ipmi"

    def __init__(
        self,
        labels: Sequence[str],
        context: Context,
        schedule: Schedule,
        *,
        path: Path = LOCAL_DEVICE,
        program: str = "ipmitool",
    ) -> None:
        self.schedule: Final = schedule
        self.dropped: Counter[str] = Counter()
        self._path, self._program, self._clock = path, program, context.monotonic
        self._dcmi = Dcmi(program, (), self.dropped)
        self._power = catalogue.NODE_POWER.series(*labels, self.device)
        self._not_before = 0.0

    async def collect(self) -> list[Reading]:
        """Read it once.

        Raises NoData where there is no such device, tool or command, else a CollectError.
        """
        if (
            self._clock() < self._not_before
            or not self._path.exists()
            or shutil.which(self._program) is None
        ):
            raise NoData("no IPMI device, no ipmitool, or a BMC without DCMI")
        try:
            async with asyncio.timeout(self.schedule.timeout * 0.95):
                watts = await self._dcmi.watts()
        except TimeoutError:
            raise Unreachable(
                f"{self._path}: no answer within {self.schedule.timeout:g} s"
            ) from None
        except CompletionCode as error:
            if error.code not in UNSUPPORTED:
                raise
            self._not_before = self._clock() + _PATIENCE
            raise NoData(str(error)) from None
        return [] if watts is None else [(self._power, watts)]
