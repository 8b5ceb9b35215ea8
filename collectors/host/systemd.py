"""States of systemd's units, and how often services were restarted. Off by default.

systemd is asked by `systemctl show`, whose output is meant for programs (systemctl(1)). A unit that
systemd only knows by its name, since another one mentions it, is left out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import Reading, Unreachable
from collectors.catalogue.host import units as catalogue
from collectors.command import Command
from collectors.host.declare import HostCollector, Options, Setup

STATES: Final = ("active", "activating", "deactivating", "failed", "inactive")
"""Those that node_exporter tells. A unit that reloads is in none of them."""
_PROPERTIES: Final = "Id,LoadState,ActiveState,Type,NRestarts"
_MAX_BYTES: Final = 16 * 2**20
_MAX_SAID: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemdOptions(Options):
    """Whether to ask systemd for its units at all, and for which."""

    enabled: bool = field(
        default=False, metadata={"help": "ask systemd for the state of its units"}
    )
    units: tuple[str, ...] = field(
        default=("*.service",),
        metadata={"help": "names of units, or patterns as systemctl takes them"},
    )


class Systemd:
    """Asks systemd once a round."""

    name: ClassVar[str] = "systemd"
    device: Final = ""

    def __init__(self, setup: Setup[SystemdOptions]) -> None:
        self.schedule: Final = setup.schedule
        self._units: Final = setup.options.units
        self._command: Command | None = None

    async def collect(self) -> list[Reading]:
        """Read the units once; raises Unreachable where systemd does not answer."""
        if self._command is None:
            self._command = self._made()
        said = await self._command.output(self.schedule.timeout * 0.9)
        text = said.decode("utf-8", "replace")
        found = [reading for unit in parse(text) for reading in _readings(unit)]
        if not found and text.strip():
            raise Unreachable(f"systemctl: {' '.join(text.split())[:_MAX_SAID]}")
        return found

    def _made(self) -> Command:
        program = shutil.which("systemctl")
        if program is None:
            raise Unreachable("systemctl is not installed")
        words = (program, "show", "--all", "--no-pager", f"--property={_PROPERTIES}", "--")
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"}
        return Command((*words, *self._units), max_bytes=_MAX_BYTES, environment=environment)


def parse(text: str) -> Iterator[Mapping[str, str]]:
    """Yield the properties of each unit: lines `Key=value`, and an empty line between two units."""
    for block in text.split("\n\n"):
        pairs = (line.partition("=") for line in block.splitlines() if "=" in line)
        unit = {key: value for key, _, value in pairs}
        if unit.get("Id") and unit.get("LoadState") == "loaded":
            yield unit


def _readings(unit: Mapping[str, str]) -> Iterator[Reading]:
    name = unit["Id"]
    for state in STATES:
        now = float(unit.get("ActiveState") == state)
        yield catalogue.STATE.series(name, state, unit.get("Type", "")), now
    restarts = unit.get("NRestarts", "")
    if restarts.isdecimal():
        yield catalogue.RESTARTS.series(name), float(restarts)


COLLECTOR: Final = HostCollector(
    name="systemd",
    make=Systemd,
    options=SystemdOptions,
    wanted=lambda options: options.enabled,
)
