"""The steepest and the flattest rises of a register near each of its readings."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import Final

from agent.ledger.energy import HOUR_MS

NEAR: Final = 30
NEAR_MS: Final = 6 * HOUR_MS
"""A rise is judged by the readings within this many milliseconds before and after it, and by at
least this many readings on either side."""

SUPPORT: Final = 3
"""A rise is supported if this many other rises near by are as steep: a load lasts, a leap does
not."""


class NearRates:
    """Keeps the rises near one reading in order of size, and goes from each reading to the next.

    `times` are those of a register's readings in order, in milliseconds. `rates` are the watts at
    which it rose up to each; those that are not above 0 are no rises. Readings may be asked for in
    any order. From one to the next costs little; from one to a far one costs what lies between.
    """

    def __init__(self, times: Sequence[int], rates: Sequence[float]) -> None:
        self._times, self._rates = times, rates
        self._at: int | None = None
        self._first = self._last = 0
        self._ordered: list[float] = []
        """The rises up to the readings from `_first` to just before `_last`."""

    def steep(self, n: int) -> float | None:
        """Return the watts to which enough other rises near the reading `n` come up; or None."""
        self._go_to(n)
        own, count = self._rates[n], len(self._ordered)
        if count - (own > 0) < SUPPORT:
            return None
        found = self._ordered[-SUPPORT]
        return self._ordered[-SUPPORT - 1] if own >= found else found

    def flat(self, n: int) -> float | None:
        """Return the watts up to which enough other rises near the reading `n` are; or None."""
        self._go_to(n)
        own, count = self._rates[n], len(self._ordered)
        if count - (own > 0) < SUPPORT:
            return None
        found = self._ordered[SUPPORT - 1]
        return self._ordered[SUPPORT] if 0 < own <= found else found

    def _go_to(self, n: int) -> None:
        """Let what is near the reading `n` be what is in order."""
        if n == self._at:
            return
        time = self._times[n]
        first = min(max(0, n - NEAR), bisect_left(self._times, time - NEAR_MS))
        last = min(max(n + NEAR + 1, bisect_right(self._times, time + NEAR_MS)), len(self._times))
        if first >= self._last or last <= self._first:
            self._ordered = sorted(rate for rate in self._rates[first:last] if rate > 0)
        else:
            self._take_out(self._first, first)
            self._take_out(last, self._last)
            self._put_in(first, self._first)
            self._put_in(self._last, last)
        self._at, self._first, self._last = n, first, last

    def _put_in(self, first: int, last: int) -> None:
        for rate in self._rates[first:last]:
            if rate > 0:
                insort(self._ordered, rate)

    def _take_out(self, first: int, last: int) -> None:
        for rate in self._rates[first:last]:
            if rate > 0:
                del self._ordered[bisect_left(self._ordered, rate)]
