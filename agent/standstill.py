"""A coroutine of a collector that never yields: it is interrupted, and the event loop goes on.

All collectors that are coroutines share one event loop with the page. One that computes for ever,
or blocks in a call of the kernel, would keep all others and the page from their turn. So a thread
watches the loop. Where one pass through the callbacks takes long, it sends SIGURG to the loop's
thread. The handler runs in the context of the step that is under way, so it knows whose step it is.
It raises Interrupted there when the same step was met often enough. A process that was stopped, or
gets no processor, handles few signals, so it is not taken for one that stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Final, Self, TypeVar

from agent.interrupt import Interrupted
from agent.process import resident_bytes, share_one_heap
from agent.steadyloop import Pulse, SteadyLoop
from agent.threads import MAX_GROWTH, grew

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
"""Seconds between two looks at a loop that may stand still."""
IDLE_LOOKS: Final = 2
"""A loop that waits for its sockets is looked at after so many times that long: a look costs a
node agent as much as a collector."""
LOOKS: Final = 6
"""A step is interrupted when it is met this many times in a row: after some 3 seconds."""

_runs: Final[ContextVar[str]] = ContextVar("runs", default="")
"""Whose step is under way: the label of a collector, also in the tasks that it has started."""


@contextlib.contextmanager
def step_of(label: str) -> Iterator[None]:
    """Say that what runs in this context is a collector's, and may be interrupted."""
    token = _runs.set(label)
    try:
        yield
    finally:
        _runs.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One step of one task in one pass of the loop."""

    passed: int
    label: str
    task: int


class Watch:
    """Watches one event loop from a thread of its own, between its enter and its exit."""

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
        self._ended: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._watch, name="standstill", daemon=True)
        self._loops_thread = 0
        self._step: _Step | None = None
        self._met = 0
        self._resident = 0
        self._stands = ""
        """Where a step stands that is no collector's, until the watching thread has logged it."""

    def __enter__(self) -> Self:
        """Begin; only the main thread of a program can, for only it gets signals."""
        self._loops_thread = threading.get_ident()
        signal.signal(signal.SIGURG, self._look)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End."""
        self._ended.set()
        self._thread.join()
        signal.signal(signal.SIGURG, signal.SIG_IGN)

    def _watch(self) -> None:
        before, waits = -1, False
        while not self._ended.wait(self._look_seconds * (IDLE_LOOKS if waits else 1)):
            now, waits = self._pulse.passes, self._pulse.waits
            if now == before and not waits:
                signal.pthread_kill(self._loops_thread, signal.SIGURG)
            before = now
            stands, self._stands = self._stands, ""
            if stands:
                log.error("the event loop stands still in %s, which is no collector's", stands)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        """Look at the step under way; it runs on the loop's thread, in the step's context."""
        if self._pulse.waits:
            return
        task = _current_task()
        step = _Step(passed=self._pulse.passes, label=_runs.get(), task=id(task))
        if step != self._step:
            self._step, self._met, self._resident = step, 1, resident_bytes()
            return
        self._met += 1
        if not step.label:
            if self._met == self._looks:
                self._stands = _place(frame)
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


def _place(frame: FrameType | None) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "C"
