"""Threads for collectors that block: few daemon threads, which the exit never waits for.

The standard pool waits for its threads at exit, so a collector stuck in the kernel would keep the
agent from ending. It also starts a thread for each job up to its limit, and each takes a stack.

One pool serves the whole process, also across reloads. So a call that has not come back is known to
whoever takes its collector's place, and no second one is stuck beside it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from agent.interrupt import Interrupted, clear_interrupt, interrupt
from agent.process import cpu_seconds, process_seconds, resident_bytes

T = TypeVar("T")

_PATIENCE: Final = 0.1
"""Seconds that jobs wait before another thread is started, up to the limit."""
_SPARE_SECONDS: Final = 60.0
"""Seconds after which one of several idle threads ends. If it is missed, another starts soon."""
_LOOK_SECONDS: Final = 0.25
"""Seconds between two looks at what the calls under way take of memory."""
_INSIST_SECONDS: Final = 5.0
"""Seconds that a call has to end before it is interrupted again."""
MAX_GROWTH: Final = 128 * 2**20
"""Bytes by which one call that computes may make the process grow."""
_COMPUTES: Final = 0.2
"""A call computes if its thread has used this share of the time. One that waits uses next to none.
On a busy machine it is the share of what CPU time the process got.
"""


def grew(bound: int) -> str:
    """Say that a call was ended because the process grew by more than so many bytes meanwhile.

    Nobody can tell whose memory it is, so nobody is blamed.
    """
    return f"the process grew by more than {bound >> 20} MiB while it ran"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What was seen at one time: the CPU time of a thread and of the process, and the memory."""

    time: float
    thread: float
    process: float
    resident: int


class Job:
    """One call on a thread, and its future: valid also when those who wait for it are cancelled."""

    def __init__(self, key: Hashable, function: Callable[[], Any]) -> None:
        self.key: Final = key
        self.loop: Final = asyncio.get_running_loop()
        self.future: Final[asyncio.Future[Any]] = self.loop.create_future()
        self.began: float | None = None
        """When a thread took it, by the loop's clock; None while it waits for one."""
        self._function: Callable[[], Any] | None = function
        self._given_up = ""
        self._told = 0.0
        self._thread = 0
        self._lock: Final = threading.Lock()
        self._seen: _Look | None = None

    def give_up(self, reason: str) -> None:
        """Have the call end: at once if it has not begun, else at its next line of Python."""
        with self._lock:
            self._given_up = reason
            self._told = self.loop.time()
            if self._thread:
                interrupt(self._thread)

    def insist(self, now: float) -> None:
        """Interrupt a call again that goes on though it was given up.

        An interrupt that arrives in a finaliser or in a callback of the garbage collector is lost.
        """
        if self._given_up and now - self._told >= _INSIST_SECONDS:
            self.give_up(self._given_up)

    def run(self) -> tuple[Any, BaseException | None]:
        """Call the function; return its result and None, or None and what it raised."""
        function, self._function = self._function, None
        with self._lock:
            if self._given_up or function is None:
                return None, TimeoutError(self._given_up)
            self._thread = threading.get_ident()
            self.began = self.loop.time()
        result: Any = None
        error: BaseException | None = None
        try:
            result = function()
        except Interrupted:
            error = TimeoutError(self._given_up)
        except BaseException as raised:  # whoever waits for the future gets it
            error = raised
        self._leave()
        return result, error

    def _leave(self) -> None:
        """Accept no more interrupts: one that is under way arrives here, or not at all."""
        while True:
            try:
                with self._lock:
                    self._thread = 0
                if self._given_up:
                    clear_interrupt()
            except Interrupted:
                continue
            return

    def growth(self, now: float, resident: int) -> float:
        """Return the bytes of the process's growth that fall to this call; 0 if it waits.

        Others grow meanwhile, such as a page that is rendered. So the growth since the call began
        to compute falls to it by its thread's share of the CPU time of all threads.
        """
        with self._lock:
            used = cpu_seconds(self._thread) if self._thread else 0.0
        if not self._thread:
            return 0.0
        look = _Look(time=now, thread=used, process=process_seconds(), resident=resident)
        seen = self._seen
        if seen is None:
            self._seen = look
            return 0.0
        used = look.thread - seen.thread
        all_used = max(look.process - seen.process, used)
        if used < _COMPUTES * min(now - seen.time, all_used):
            self._seen = look
            return 0.0
        share = used / all_used if all_used else 0.0
        return share * (resident - seen.resident)


class Threads:
    """Runs blocking functions on at most `limit` threads; usually one is enough.

    A moment of much work starts further ones. They end again, one after another.
    """

    def __init__(self, limit: int = 32, *, max_growth: int = MAX_GROWTH) -> None:
        self._limit: Final = limit
        self._max_growth: Final = max_growth
        self._jobs: Final[SimpleQueue[Job | None]] = SimpleQueue()
        self._at_work: Final[dict[Hashable, Job]] = {}
        self._threads = 0
        self._busy = 0
        self._spare_until = 0.0
        self._done: Final[deque[tuple[Job, object, BaseException | None]]] = deque()
        self._closing = False
        self._relief: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._count: Final = threading.Lock()  # += is not one step for several threads

    def submit(self, function: Callable[[], T], *, key: Hashable = None) -> asyncio.Future[T]:
        """Run a function on a thread; the future stays valid if its waiters are cancelled.

        `key` says whose call it is. It must have no other under way.
        """
        job = Job(object() if key is None else key, function)
        self._at_work[job.key] = job
        self._end_spare(job.loop.time())
        self._jobs.put(job)
        if self._threads == 0:
            self._start()
        if self._relief is None:
            self._relief = job.loop.call_later(_PATIENCE, self._relieve, job.loop)
        if self._watch is None:
            self._watch = job.loop.call_later(_LOOK_SECONDS, self._look, job.loop)
        return job.future

    def at_work(self, key: Hashable) -> asyncio.Future[Any] | None:
        """Return the call of this key that has not come back, if there is one."""
        job = self._at_work.get(key)
        return job.future if job is not None else None

    def began(self, key: Hashable) -> float | None:
        """Return when a thread took the call of this key, by the loop's clock; None if none did."""
        job = self._at_work.get(key)
        return job.began if job is not None else None

    def give_up(self, key: Hashable, reason: str) -> None:
        """Have the call of this key end, if there is one: nothing waits for it any more."""
        job = self._at_work.get(key)
        if job is not None:
            job.give_up(reason)

    def close(self) -> None:
        """End the threads that are not stuck. Nothing may be submitted after it."""
        self._closing = True
        for _ in range(self._threads):
            self._jobs.put(None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the call that makes the process grow past its bound."""
        now, resident = loop.time(), resident_bytes()
        for job in self._at_work.values():
            job.insist(now)
        grown = [(job.growth(now, resident), job) for job in self._at_work.values()]
        most, job = max(grown, key=lambda one: one[0])
        if most > self._max_growth:
            job.give_up(grew(self._max_growth))
        self._watch = loop.call_later(_LOOK_SECONDS, self._look, loop)

    def _relieve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start threads where jobs wait, and tell what was done before them."""
        self._relief = None
        # Looked at first: a call that ends after it while none waits wakes the loop by itself.
        waited = not self._jobs.empty()
        self.settle()
        for _ in range(self._jobs.qsize()):
            if self._busy >= self._threads and self._threads < self._limit:
                self._start()
        if waited and self._at_work:
            self._relief = loop.call_later(_PATIENCE, self._relieve, loop)

    def _end_spare(self, now: float) -> None:
        """End one thread at times, while another is idle too."""
        if now < self._spare_until:
            return
        self._spare_until = now + _SPARE_SECONDS
        if self._threads - self._busy > 1 and self._jobs.empty():
            self._threads -= 1
            self._jobs.put(None)

    def _start(self) -> None:
        self._threads += 1
        threading.Thread(target=self._work, name=f"call-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._count:
                self._busy += 1
            result, error = job.run()
            with self._count:
                self._busy -= 1
            self._done.append((job, result, error))
            try:
                # Where another call waits, one wake-up of the loop serves both.
                if self._closing or self._jobs.empty():
                    job.loop.call_soon_threadsafe(self.settle)
            except RuntimeError:  # the loop is closed: nothing waits for the result
                return
            del job, result, error

    def settle(self) -> None:
        """Hand on what the threads have done so far; the loop does it soon by itself."""
        while self._done:
            self._settle(*self._done.popleft())
        if not self._at_work:
            for timer in filter(None, (self._relief, self._watch)):
                timer.cancel()  # so an idle agent is not woken
            self._relief = self._watch = None

    def _settle(self, job: Job, result: object, error: BaseException | None) -> None:
        del self._at_work[job.key]
        future = job.future
        if future.done():
            return
        if error is None:
            future.set_result(result)
        elif isinstance(error, StopIteration):  # a future does not accept it
            future.set_exception(RuntimeError("raised StopIteration"))
        elif isinstance(error, Exception):
            future.set_exception(error)
        else:
            future.set_exception(RuntimeError(f"raised {type(error).__name__}"))
