"""A node's power from the energy registers of its processors.

See Documentation/power/powercap/powercap.rst.

The registers count microjoules and wrap around at `max_energy_range_uj`, at full load every few
minutes. The zones `package-N` measure the processors. Zones nested in them are not added:
`core` and `uncore` are parts of a package, and `dram` is there on some machines only; `node_rapl_*`
has them one by one. `psys` is the whole platform where the board's maker wired it, and contains the
packages; where it is not wired, it stands still or counts less than they do, and is not used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from collectors.base import BadReply, Context, NoData, Reading, Refused, Schedule, Unreachable
from collectors.catalogue import node as catalogue
from collectors.host.kernel import KernelFiles, number
from collectors.host.rapl import zones_of

_MICRO: Final = 1e6
# A package may appear twice, by a second path to its registers (-mmio): one path is used.
_WAYS: Final = (re.compile(r"intel-rapl:\d+"), re.compile(r"intel-rapl-mmio:\d+"))
_PLATFORM: Final = "psys"
_MEMORY: Final = "dram"
_MOST_WATTS: Final = {"package": 1000.0, _MEMORY: 500.0, _PLATFORM: 20_000.0}
"""More than one such zone can draw. A larger step means that a register was reset, not wrapped."""


class _Zone(NamedTuple):
    path: str
    kind: str
    span: float


class Step(NamedTuple):
    """The node's energy since the last round, in joules, and how long that was.

    The energy is None where it is unknown.
    """

    joules: float | None
    elapsed: float


class Registers:
    """Reads the packages and the platform, all of them or none, so that no sum lacks a part.

    `dropped` counts rounds without a value: `gap` (the last round is so long ago that a register
    may have wrapped twice), `reset` (a register jumped) and `frozen` (a package's register stood
    still: a processor that runs draws power, so its 0 W would be none).
    """

    def __init__(self, context: Context, files: KernelFiles, *, with_memory: bool = False) -> None:
        """`with_memory` adds the zones `dram`, where the machine has them."""
        self.dropped: Final[Counter[str]] = Counter()
        self._with_memory: Final = with_memory
        self._files, self._base = files, f"{context.sys}/class/powercap"
        self._clock: Callable[[], float] = context.monotonic
        self._zones: Sequence[_Zone] = ()
        self._before: Mapping[str, float] = {}
        self._time = 0.0

    def step(self) -> Step:
        """Read once; energy from the second round on.

        Raises NoData, Refused, Unreachable or BadReply.
        """
        if not self._zones:
            self._zones = self._find()
        try:
            now, time = {zone.path: self._read(zone) for zone in self._zones}, self._clock()
        except FileNotFoundError:
            self._zones = ()  # the driver was unloaded; look again next time
            raise NoData("its zones are gone") from None
        except PermissionError:
            raise Refused(
                f"{self._base}/*/energy_uj: permission denied; only root may read it unless a"
                " udev rule says otherwise"
            ) from None
        except OSError as error:
            raise Unreachable(f"{self._base}: {error.strerror or error}") from None
        before, elapsed = self._before, time - self._time
        self._before, self._time = now, time
        if before.keys() != now.keys() or elapsed <= 0:
            return Step(None, elapsed)
        return Step(self._moved(before, now, elapsed), elapsed)

    def _read(self, zone: _Zone) -> float:
        return number(self._files.read(f"{zone.path}/energy_uj"), zone.path)

    def _moved(
        self, before: Mapping[str, float], now: Mapping[str, float], elapsed: float
    ) -> float | None:
        """Return the node's energy between two rounds, in joules.

        None where it is unknown.
        """
        sums = dict.fromkeys(_MOST_WATTS, 0.0)
        for zone in self._zones:
            most = _MOST_WATTS[zone.kind] * elapsed * _MICRO
            if zone.span and most > zone.span:
                self.dropped["gap"] += 1
                return None
            moved = advance(before[zone.path], now[zone.path], zone.span)
            if moved is None or moved > most:
                self.dropped["reset"] += 1
                return None
            if not moved and zone.kind == "package":
                self.dropped["frozen"] += 1
                return None
            sums[zone.kind] += moved
        return max(sums["package"] + sums[_MEMORY], sums[_PLATFORM]) / _MICRO

    def _find(self) -> list[_Zone]:
        """Choose the zones to add up; raises NoData where there is none."""
        known = list(zones_of(self._files, self._base))
        chosen = next(
            (
                found
                for way in _WAYS
                if (found := [zone for zone in known if way.fullmatch(zone.folder)])
            ),
            [],
        )
        zones = [
            _Zone(f"{self._base}/{zone.folder}", "package", self._span(zone.folder))
            for zone in chosen
            if zone.name.startswith("package")
        ]
        packages = {zone.folder for zone in chosen if zone.name.startswith("package")}
        # One socket measures the platform: zones `psys-1` and up of other sockets stand still, or
        # show the same.
        platform = [zone for zone in chosen if zone.name.startswith(_PLATFORM)][:1]
        if self._with_memory:
            zones += [
                _Zone(f"{self._base}/{zone.folder}", _MEMORY, self._span(zone.folder))
                for zone in known
                if zone.name == _MEMORY and zone.folder.rpartition(":")[0] in packages
            ]
        zones += [
            _Zone(f"{self._base}/{zone.folder}", _PLATFORM, self._span(zone.folder))
            for zone in platform
        ]
        if not zones:
            raise NoData("no RAPL package")
        return zones

    def _span(self, folder: str) -> float:
        """Return the microjoules at which a register wraps around; 0 if unknown."""
        try:
            return number(self._files.read(f"{self._base}/{folder}/max_energy_range_uj"), folder)
        except (OSError, BadReply):
            return 0.0


class NodeRapl:
    """A node's power and energy by its registers; `dropped` is theirs."""

    name: ClassVar[str] = "power"
    device: Final = "rapl"

    def __init__(
        self, labels: Sequence[str], context: Context, schedule: Schedule, files: KernelFiles
    ) -> None:
        self.schedule: Final = schedule
        self._registers: Final = Registers(context, files)
        self._power = catalogue.NODE_POWER.series(*labels, self.device)
        self._energy = catalogue.NODE_ENERGY.series(*labels, self.device)
        self._joules = 0.0

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many rounds had no value since the start, by reason."""
        return self._registers.dropped

    def collect(self) -> list[Reading]:
        """Read once; power from the second round on.

        Raises NoData, Refused, Unreachable or BadReply.
        """
        joules, elapsed = self._registers.step()
        if joules is None:
            return [(self._energy, self._joules)]
        self._joules += joules
        return [(self._energy, self._joules), (self._power, joules / elapsed)]


def advance(before: float, now: float, span: float) -> float | None:
    """Return the difference of a register that wraps around at `span`.

    None where it fell and cannot have wrapped.
    """
    if now >= before:
        return now - before
    return span - before + now if before <= span else None
