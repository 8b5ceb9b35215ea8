"""A wall clock that is believed again only when it has run evenly: what a step of it is worth is known afterwards.

A clock that leaps (a battery that died, a hand that slipped, a first answer of NTP) may leap back a minute later. Until it
has run evenly for an hour, or is back where it was, nobody can say which of the two times was the wrong one; so nothing is
dated meanwhile, and what was heard is dated once that is known, by a clock that only ever counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_UNNOTICED: Final = 1.0
"""Seconds of a step that matters to nobody, and what a clock may drift between two looks."""

_AT_ONCE: Final = 300.0
"""A step up to so many seconds is a correction, and believed at once."""

_EVEN_FOR: Final = 3600.0


class SteadyClock:
    """The believed time. Without a counting clock beside it, as in a test that sets the time by hand, the wall clock is."""

    def __init__(
        self, wall: Callable[[], float] = time.time, counting: Callable[[], float] | None = None
    ) -> None:
        self._wall = wall
        self._counting = time.monotonic if counting is None and wall is time.time else counting
        self._offset = self._tried = 0.0 if self._counting is None else wall() - self._counting()
        self._since: float | None = None

    @property
    def watches(self) -> bool:
        """Whether steps can be told at all."""
        return self._counting is not None

    @property
    def count(self) -> float:
        """Seconds of the clock that only counts."""
        return 0.0 if self._counting is None else self._counting()

    @property
    def steady(self) -> bool:
        """Whether the wall clock is believed at present, by the last look at it."""
        return self._since is None

    def now(self) -> float:
        """Return the believed time, in seconds since the epoch."""
        return self._wall() if self._counting is None else self._counting() + self._offset

    def at(self, count: float) -> float:
        """Return the time at which the counting clock stood at `count`."""
        return count + self._offset

    def look(self) -> float:
        """Look at both clocks; returns by how many seconds the believed time was moved by it."""
        if self._counting is None:
            return 0.0
        count = self._counting()
        offset = self._wall() - count
        if abs(offset - self._offset) <= _AT_ONCE:
            return self._believe(offset)
        if self._since is None or abs(offset - self._tried) > _AT_ONCE:
            self._since = count
        self._tried = offset
        return self._believe(offset) if count - self._since >= _EVEN_FOR else 0.0

    def _believe(self, offset: float) -> float:
        moved = offset - self._offset
        self._offset, self._since = offset, None
        return moved if abs(moved) > _UNNOTICED else 0.0
