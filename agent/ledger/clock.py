"""A wall clock that is trusted again only when it has run evenly for an hour.

A clock that steps (a dead battery, a typing mistake, the first answer of NTP) may step back a
minute later. Until it has run evenly for an hour, or is back where it was, nobody can say which
of the two times was wrong. So nothing is dated meanwhile. What was heard is dated afterwards, by
the monotonic clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_UNNOTICED: Final = 1.0
"""Seconds: a smaller step matters to nobody, and a clock may drift so much between two checks."""

_AT_ONCE: Final = 300.0
"""Seconds: a step up to this is a correction, and trusted at once."""

_EVEN_FOR: Final = 3600.0


class TrustedClock:
    """The trusted time.

    Without a monotonic clock, as in a test that sets the time by hand, the wall clock is trusted.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] | None = None
    ) -> None:
        self._wall = wall
        self._monotonic = time.monotonic if monotonic is None and wall is time.time else monotonic
        self._offset = self._tried = 0.0 if self._monotonic is None else wall() - self._monotonic()
        self._since: float | None = None

    @property
    def can_see_steps(self) -> bool:
        """Whether there is a monotonic clock to compare with."""
        return self._monotonic is not None

    @property
    def count(self) -> float:
        """Seconds of the monotonic clock."""
        return 0.0 if self._monotonic is None else self._monotonic()

    @property
    def is_trusted(self) -> bool:
        """Whether the wall clock was trusted at the last check."""
        return self._since is None

    def now(self) -> float:
        """Return the trusted time, in seconds since the epoch."""
        return self._wall() if self._monotonic is None else self._monotonic() + self._offset

    def at(self, count: float) -> float:
        """Return the time at which the monotonic clock stood at `count`."""
        return count + self._offset

    def check(self) -> float:
        """Compare both clocks; return by how many seconds the trusted time has moved by it."""
        if self._monotonic is None:
            return 0.0
        count = self._monotonic()
        offset = self._wall() - count
        if abs(offset - self._offset) <= _AT_ONCE:
            return self._trust(offset)
        if self._since is None or abs(offset - self._tried) > _AT_ONCE:
            self._since = count
        self._tried = offset
        return self._trust(offset) if count - self._since >= _EVEN_FOR else 0.0

    def _trust(self, offset: float) -> float:
        moved = offset - self._offset
        self._offset, self._since = offset, None
        return moved if abs(moved) > _UNNOTICED else 0.0


class Steps:
    """Tells by how much the wall clock has stepped: what is dated by it keeps its age by that.

    Without a monotonic clock, as in a test that sets the time by hand, no step is seen.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] | None = None
    ) -> None:
        self._wall = wall
        self._monotonic = time.monotonic if monotonic is None and wall is time.time else monotonic
        self._offset = self._now()

    def moved(self) -> float:
        """Return by how many seconds the wall clock has stepped since the last call; 0 for none."""
        offset = self._now()
        moved = offset - self._offset
        if abs(moved) <= _UNNOTICED:
            return 0.0
        self._offset = offset
        return moved

    def _now(self) -> float:
        return 0.0 if self._monotonic is None else self._wall() - self._monotonic()
