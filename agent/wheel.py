"""Whose turn it is: the devices of one interval on a wheel that makes one turn an interval.

Each device has a place on the wheel, by a hash of its name. So devices are spread over the interval
alike at every start. Under overload the wheel turns slower, so the interval stretches evenly over
all devices. What it is behind is made up for, but never more than one turn: older rounds are late.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

from agent.task import Task

_SECTORS: Final = 16
"""Sectors of a turn. The wheel knows for each when it was there last."""
_EARLIEST: Final = 0.5
"""Intervals. After a late round, the next one is left out if it is due within this time."""


def place_of(label: str) -> float:
    """Return where on the wheel a device is, from 0 up to 1; the same at every start."""
    return zlib.crc32(label.encode("utf-8", "replace")) / 2**32


class Wheel:
    """The devices of one interval. All times are monotonic seconds.

    At the start all devices are due, one after another: the first round is as quick as they can be
    admitted.
    """

    def __init__(self, interval: float, tasks: Sequence[Task], now: float) -> None:
        self.interval: Final = interval
        self._places: Final = sorted(
            ((place_of(task.label), task) for task in tasks), key=lambda pair: pair[0]
        )
        self._kinds: Final = Counter(task.collector.name for task in tasks)
        self._missed: Final[dict[str, float]] = dict.fromkeys(self._kinds, 0.0)
        self._since = now
        self._wanted = 1.0
        """Where the wheel would be if nothing were behind, in turns since the start."""
        self.turns = 0
        """How many turns it has made."""
        self._next = 0
        self._sectors = [now] * _SECTORS
        self._sector = -1
        self.stretch = 1.0
        """How long the last turn took, in intervals; 1 while nothing is behind."""

    def __len__(self) -> int:
        return len(self._places)

    def advance(self, now: float) -> None:
        """Turn the wheel on to a time.

        If it is then behind by more than a turn, the excess counts as late rounds of all devices.
        """
        self._wanted += max(0.0, now - self._since) / self.interval
        self._since = now
        missed = self.behind - 1.0
        if missed > 0:
            self._wanted -= missed
            for kind, count in self._kinds.items():
                self._missed[kind] += missed * count
        self._measure(now)

    def due(self, now: float) -> Task | None:
        """Return the device whose turn it is, and go on to the next one; None if none is due."""
        while self._places and self._here <= self._wanted:
            task = self._places[self._next][1]
            self._next += 1
            if self._next == len(self._places):
                self._next = 0
                self.turns += 1
            least = (_EARLIEST + task.left_out) * self.interval
            if not task.gone and now - task.began >= least:
                return task
        return None

    def waits(self) -> float:
        """Return the seconds until the next device is due; 0 if one is due."""
        return max(0.0, -self.behind) * self.interval

    def late(self) -> dict[str, int]:
        """Return the rounds that were left out since the last call, by the collector's name."""
        whole = {kind: int(missed) for kind, missed in self._missed.items() if missed >= 1}
        for kind, count in whole.items():
            self._missed[kind] -= count
        return whole

    @property
    def behind(self) -> float:
        """How long the next device has been due, in intervals; below 0 if it is not due yet."""
        return self._wanted - self._here

    @property
    def _here(self) -> float:
        """Where the next device is, in turns since the start."""
        return self.turns + self._places[self._next][0] if self._places else self._wanted

    def _measure(self, now: float) -> None:
        """Measure `stretch`: how long ago the wheel was in this sector before, in intervals."""
        reached = int(min(self._here, self._wanted) * _SECTORS)
        for sector in range(max(self._sector + 1, reached - _SECTORS + 1), reached + 1):
            took = now - self._sectors[sector % _SECTORS]
            self._sectors[sector % _SECTORS] = now
            self.stretch = max(1.0, took / self.interval)
        self._sector = reached
