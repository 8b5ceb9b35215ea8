"""A coroutine of a collector that never yields: it is interrupted, and the event loop goes on.

All collectors that are coroutines share one event loop with the page. One that computes for ever,
or blocks in a call of the kernel, would keep all others and the page from their turn. So the kernel
sends SIGALRM where one pass through the callbacks takes long. A loop that waits for its sockets has
no alarm, so an agent with nothing to do is not woken. The handler runs in the context of the step
that is under way, so it knows whose step it is. It raises Interrupted there when the same step was
met often enough. A process that was stopped, or gets no processor, handles few signals, so it is
not taken for one that stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Coroutine
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Final, Self, TypeVar

from agent.interrupt import Interrupted
from agent.process import resident_bytes, share_one_heap
from agent.steadyloop import Pulse, SteadyLoop, nothing
from agent.threads import MAX_GROWTH, grew

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
"""Seconds from the begin of a pass to the first look at it, and between two looks."""
LOOKS: Final = 6
"""A step is interrupted when it is met this many times in a row: after some 3 seconds."""
_OF_THE_START: Final = 1
"""Passes that are not looked at: in the first one a program reads its config, and nobody waits."""

_runs: Final[ContextVar[str]] = ContextVar("runs", default="")
"""Whose step is under way: the label of a collector, also in the tasks that it has started."""


def begin_step(label: str) -> Token[str]:
    """Say that what runs in this context from here on is a collector's, and may be interrupted."""
    return _runs.set(label)


def end_step(begun: Token[str]) -> None:
    """Say that the step of a collector is over."""
    _runs.reset(begun)


def take_time() -> None:
    """Let the rest of this pass of the loop take as long as it needs: nobody waits for it yet.

    A worker that makes the collectors of tens of thousands of devices takes many seconds.
    """
    _disarm()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One step of one task in one pass of the loop."""

    passed: int
    label: str
    task: int


class Watch:
    """Watches one event loop, between its enter and its exit."""

    def __init__(
        self,
        pulse: Pulse,
        *,
        look_seconds: float = LOOK_SECONDS,
        looks: int = LOOKS,
        max_growth: int = MAX_GROWTH,
    ) -> None:
        self._pulse: Final = pulse
        self._look_seconds: Final = look_seconds
        self._looks: Final = looks
        self._max_growth: Final = max_growth
        self._step: _Step | None = None
        self._met = 0
        self._resident = 0
        self._looks_now = False

    def __enter__(self) -> Self:
        """Begin; only the main thread of a program can, for only it gets signals."""
        signal.signal(signal.SIGALRM, self._look)
        self._pulse.arm, self._pulse.disarm = self._arm, _disarm
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End."""
        self._pulse.arm = self._pulse.disarm = nothing
        _disarm()
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    def _arm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._look_seconds, self._look_seconds)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        """Look at the step under way; it runs on the loop's thread, in the step's context."""
        if self._pulse.waits or self._looks_now or self._pulse.passes <= _OF_THE_START:
            return
        self._looks_now = True  # the next alarm may come while this one is looked at
        try:
            self._look_at(frame)
        finally:
            self._looks_now = False

    def _look_at(self, frame: FrameType | None) -> None:
        task = _current_task()
        step = _Step(passed=self._pulse.passes, label=_runs.get(), task=id(task))
        if step != self._step:
            self._step, self._met, self._resident = step, 1, resident_bytes()
            return
        self._met += 1
        if not step.label:
            if self._met == self._looks:
                # The step may hold the lock of the log, so another thread tells it.
                threading.Thread(target=_tell, args=(_place(frame),), daemon=True).start()
            return
        grown = resident_bytes() - self._resident > self._max_growth
        if self._met < self._looks and not grown:
            return
        self._met, self._resident = 0, resident_bytes()
        did = grew(self._max_growth) if grown else "never yielded"
        raise Interrupted(f"{did}, in {_place(frame)}")


def run_watched(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a steady loop that is watched; return what it returns."""
    share_one_heap()
    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SteadyLoop)
        with Watch(loop.pulse):
            return runner.run(main)


def _current_task() -> asyncio.Task[Any] | None:
    with contextlib.suppress(RuntimeError):  # between two passes no loop runs
        return asyncio.current_task()
    return None


def _disarm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.0)


def _tell(place: str) -> None:
    log.error("the event loop stands still in %s, which is no collector's", place)


def _place(frame: FrameType | None) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "C"
