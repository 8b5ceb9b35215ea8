"""An event loop whose clock counts only the time in which the loop ran.

A time-out on such a loop is the device's, never ours. Where the process was stopped, starved of CPU
or busy with one callback, the loop could not look at its sockets. That time is not counted, so no
deadline passes in it. After it the loop looks at every socket once before any deadline can pass.
It holds for every deadline that asyncio keeps, those of libraries included.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable
from functools import partial
from typing import Final

PASS_SECONDS: Final = 0.02
"""Seconds. Of one pass through the callbacks that are due, at most this much is counted."""
_OVERSLEPT_SECONDS: Final = 0.05
"""Seconds. If a wait ends later than asked by more than this, the process did not run: none of the
wait is counted."""
PAUSE_SECONDS: Final = 5.0
"""Seconds. A time without a look at the sockets that lasts this long is a pause: the machine may
have been asleep, so answers may be lost. In a shorter time, as on a busy machine, answers wait in
the socket."""


boot_time: Final = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
"""Returns seconds since the machine started, those in which it was suspended included."""


def nothing() -> None:
    """Do nothing: nobody watches the loop."""


class Pulse:
    """When an event loop ran, told by its waits for sockets. All times are seconds of `clock`."""

    def __init__(
        self,
        clock: Callable[[], float] = boot_time,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock: Final = clock
        self._cpu_clock: Final = cpu_clock
        self._looked = clock()
        self._computed = cpu_clock()
        self._longest = self._hardest = 0.0
        self.lost = 0.0
        """Seconds that were not counted, since the start."""
        self.paused_at = float("-inf")
        """When the last pause ended, by `clock`."""
        self.passes = 0
        """How often the loop has looked at its sockets."""
        self.waits = False
        """Whether it waits for them just now."""
        self.arm: Callable[[], None] = nothing
        """Called when a pass through the callbacks begins."""
        self.disarm: Callable[[], None] = nothing
        """Called when it has ended."""

    def now(self) -> float:
        """Return the clock that this pulse is kept by: all seconds, the lost ones too."""
        return self._clock()

    def time(self) -> float:
        """Return the seconds in which the loop ran, from a fixed time on. It never goes back."""
        return min(self._clock(), self._looked + PASS_SECONDS) - self.lost

    def begin_wait(self) -> None:
        """Note that all callbacks that were due have run, and the loop waits for its sockets."""
        self.waits = True
        self.disarm()
        now = self._clock()
        took = now - self._looked
        self._count(took, took - PASS_SECONDS, now)
        self._looked = now
        self._hardest = max(self._hardest, self._cpu_clock() - self._computed)

    def end_wait(self, asked: float | None) -> None:
        """Note that the loop has looked at its sockets, after a wait of at most `asked` seconds."""
        now = self._clock()
        slept = now - self._looked
        over = 0.0 if asked is None else slept - max(0.0, asked)
        # Nobody knows when in the wait the loop stopped. What was asked for is not counted either:
        # so a deadline at its end passes only after the answers that came meanwhile are read.
        self._count(over, slept if over > _OVERSLEPT_SECONDS else 0.0, now)
        self._looked = now
        self._computed = self._cpu_clock()
        self.passes += 1
        self.waits = False
        self.arm()

    def work(self) -> float:
        """Return the most CPU time of one pass through the callbacks since the last call."""
        hardest, self._hardest = self._hardest, 0.0
        return hardest

    def lag(self) -> float:
        """Return the longest time without a look at the sockets since the last call, in seconds."""
        longest, self._longest = self._longest, 0.0
        return longest

    def _count(self, gap: float, lost: float, now: float) -> None:
        self._longest = max(self._longest, gap)
        self.lost += max(0.0, lost)
        if gap >= PAUSE_SECONDS:
            self.paused_at = now


class _WatchedSelector(selectors.DefaultSelector):
    """The system's selector, which tells a pulse when the loop waits."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse: Final = pulse

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for sockets."""
        self._pulse.begin_wait()
        found = super().select(timeout)
        self._pulse.end_wait(timeout)
        return found


class SteadyLoop(asyncio.SelectorEventLoop):
    """The event loop of an agent that reads devices."""

    def __init__(self) -> None:
        self.pulse: Final = Pulse()
        super().__init__(_WatchedSelector(self.pulse))

    def time(self) -> float:
        """Return the time by which all deadlines of this loop are kept."""
        return self.pulse.time()


def pulse_of(loop: asyncio.AbstractEventLoop) -> Pulse:
    """Return the pulse of a steady loop. Any other loop tells nothing, so its lag is never seen."""
    return loop.pulse if isinstance(loop, SteadyLoop) else Pulse(float, float)
