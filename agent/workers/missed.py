"""Rounds that no worker begins: the one that has the devices is dead, or is being started again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from agent.workers.remote import Remote


class Missed:
    """Counts the rounds of a worker's devices between its end and the beginning of the next one.

    They are late: it is the agent itself that does not read. All times are in seconds of `clock`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock: Final = clock
        self._rates: dict[str, float] = {}
        """Rounds in a second, by the collector's name."""
        self._missed: dict[str, float] = {}
        self._since: float | None = None
        """Up to when the rounds have been counted; None while the worker reads."""

    def has(self, devices: Iterable[Remote]) -> None:
        """Count the rounds of these devices from now on."""
        self._count()
        self._rates = {}
        for one in devices:
            self._rates[one.name] = self._rates.get(one.name, 0.0) + 1 / one.schedule.interval

    def ended(self) -> None:
        """Note that the worker has ended."""
        self._count()
        self._since = self._clock()

    def began(self) -> None:
        """Note that a worker reads the devices."""
        self._count()
        self._since = None

    def rounds(self) -> Counter[str]:
        """Return the rounds that were missed so far, by the collector's name."""
        self._count()
        return Counter({name: int(missed) for name, missed in self._missed.items() if missed >= 1})

    def _count(self) -> None:
        if self._since is None:
            return
        since, self._since = self._since, self._clock()
        for name, rate in self._rates.items():
            self._missed[name] = self._missed.get(name, 0.0) + rate * (self._since - since)
