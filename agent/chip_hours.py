"""How long accelerators were used: utilisation times time, kept on disk over restarts.

A chip tells its utilisation of a moment, not for how long it computed. So each reading stands for
the time since the round before; where a round is missing, nothing is counted for it. That is an
estimate from samples, and never more than was seen.

A value is told only after it is on disk. So the counter never falls, neither after a crash nor
after a power cut: at most a minute of use is lost.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from agent.snapshot import LiveValues
from collectors.base import Reading, Schedule, Series
from collectors.catalogue.node import ACCELERATOR_USED, ACCELERATOR_UTILIZATION

log = logging.getLogger(__name__)

FILE: Final = "chip-hours.json"
SAVE_SECONDS: Final = 60.0
_ROUNDS: Final = 3
"""A round that is later than so many intervals stands for no time: nobody looked meanwhile."""

_Chip = tuple[str, str, str]
"""Site, node and accelerator: a chip stays itself when its rack is named otherwise."""
_SITE: Final = ACCELERATOR_UTILIZATION.at("site")
_NODE: Final = ACCELERATOR_UTILIZATION.at("node")
_NAME: Final = ACCELERATOR_UTILIZATION.at("accelerator")


class ChipHours:
    """Adds up the use of every chip that the snapshot has, whatever reads it."""

    name: ClassVar[str] = "chip_hours"
    reads: ClassVar[str] = "accelerators"
    """The collectors whose readings it adds up."""
    device = ""

    def __init__(
        self,
        snapshot: LiveValues,
        path: Path,
        *,
        interval: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.schedule: Final = Schedule(interval=interval, max_samples=100_000)
        self._snapshot, self._path, self._clock = snapshot, path, clock
        self._used: dict[_Chip, float] | None = None
        self._told: Mapping[_Chip, float] = {}
        self._before: frozenset[_Chip] = frozenset()
        self._time = self._next_save = -math.inf
        self._warned = False

    async def collect(self) -> Sequence[Reading]:
        """Add the time since the last round, and tell what is on disk."""
        if self._used is None:
            self._used = await asyncio.to_thread(self._read)
            self._told = dict(self._used)
        used = self._used
        now = self._clock()
        elapsed = now - self._time
        live = {
            _chip(series): (series.values, share)
            for series, share in self._snapshot.family(ACCELERATOR_UTILIZATION).items()
        }
        for chip, (_, share) in live.items():
            seen = chip in self._before and elapsed <= _ROUNDS * self.schedule.interval
            used[chip] = used.get(chip, 0.0) + (share * elapsed if seen else 0.0)
        self._before, self._time = frozenset(live), now
        if live and now >= self._next_save:
            self._next_save = now + SAVE_SECONDS
            await self._save(dict(used))
        told = self._told
        return [
            (ACCELERATOR_USED.series(*labels), told[chip])
            for chip, (labels, _) in live.items()
            if chip in told
        ]

    async def _save(self, used: Mapping[_Chip, float]) -> None:
        try:
            await asyncio.to_thread(self._write, used)
        except OSError as error:
            if not self._warned:
                log.warning(
                    "%s: cannot be written: %s; hours of accelerators are not told",
                    self._path,
                    error.strerror or error,
                )
            self._warned = True
        else:
            self._told, self._warned = used, False

    def _write(self, used: Mapping[_Chip, float]) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as file:
            json.dump([[*chip, seconds] for chip, seconds in used.items()], file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _read(self) -> dict[_Chip, float]:
        """Read what was counted before; nothing where there is no file, or one that is broken."""
        try:
            rows = json.loads(self._path.read_bytes())
            return {(str(a), str(b), str(c)): float(seconds) for a, b, c, seconds in rows}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            log.warning("%s: former hours cannot be read: %s", self._path, error)
            return {}


def _chip(series: Series) -> _Chip:
    return series.values[_SITE], series.values[_NODE], series.values[_NAME]
