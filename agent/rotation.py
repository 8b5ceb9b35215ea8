"""Polls devices: begins each round when its device is due and the loop has time for it.

Wheels say whose turn it is, `Admission` how many rounds may be under way. So work is never thrown
at the loop: under overload rounds begin later, evenly for all devices, and are counted as late.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from agent.admission import Admission, Place
from agent.steadyloop import Pulse, pulse_of
from agent.task import Task
from agent.wheel import Wheel
from collectors.places import Places

_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 0.5
"""Seconds between two looks at the wheels."""
_PEAK_SECONDS: Final = 60.0
"""Seconds. The lag covers at most this time, and at least half of it."""
_MUCH_WORK: Final = 0.2
"""If one pass takes more CPU seconds than this, fewer devices are discovered at once."""
_BEHIND: Final = 0.5
"""Intervals by which readings may be behind before discoveries wait for them."""
_DISCOVERIES: Final = (8, 64)
"""How many devices are discovered at once, at least and at most."""

_MOST_ROUNDS: Final = 30
"""How many rounds a device gets where each is to be read once: a discovery may take so long."""


class Peak:
    """The largest value of the last minute or so."""

    def __init__(self) -> None:
        self._values = (0.0, 0.0)
        self._since = 0.0

    def note(self, now: float, value: float) -> None:
        """Note a value."""
        old, new = self._values
        if now - self._since > _PEAK_SECONDS / 2:
            old, new, self._since = new, 0.0, now
        self._values = old, max(new, value)

    @property
    def value(self) -> float:
        """The largest one."""
        return max(self._values)


class Rotation:
    """The rounds of all devices that one process polls."""

    def __init__(
        self,
        run: Callable[[Task], Coroutine[object, object, None]],
        *,
        skipped: Callable[[Task], None],
        places: Places,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run: Final = run
        self._skipped: Final = skipped
        self._places: Final = places
        self._monotonic: Final = monotonic
        self._admission: Final = Admission()
        self._wheels: list[Wheel] = []
        self._pulse: Pulse | None = None
        self._turning: asyncio.Task[None] | None = None
        self._rounds: Final[set[asyncio.Task[None]]] = set()
        self._begun: Final[set[Task]] = set()
        """Devices whose round is under way. A round runs a moment after it has begun, and only then
        is its device busy. Two rounds at once would take each other's answers."""
        self._undiscovered: Final[deque[Task]] = deque()
        """Devices that answer and wait for a place to be discovered."""
        self._quickest: Final[dict[str, float]] = {}
        """The shortest round in which only the identity of a device was asked, by its collector."""
        self._lag: Final = Peak()
        self.late_rounds: Final[Counter[str]] = Counter()
        """Rounds that were not begun within their interval, by the collector's name."""

    def hold_while(self, held: Callable[[], bool]) -> None:
        """Begin no round while `held` says so."""
        self._admission.held_back = held

    def start(self, tasks: Sequence[Task]) -> None:
        """Begin to poll devices."""
        now = self._monotonic()
        by_interval: dict[float, list[Task]] = {}
        for task in tasks:
            by_interval.setdefault(task.collector.schedule.interval, []).append(task)
        self._wheels = [Wheel(interval, some, now) for interval, some in by_interval.items()]
        if self._wheels:
            self._turning = asyncio.get_running_loop().create_task(self._turn())

    async def once(self, tasks: Sequence[Task]) -> None:
        """Run a round of each device, and further ones of each that is still being discovered."""
        for _ in range(_MOST_ROUNDS):
            await self._pass(tasks)
            tasks = [task for task in tasks if task.ok and not task.heard]
            if not tasks:
                return

    async def _pass(self, tasks: Sequence[Task]) -> None:
        """Run one round of each device, and a further one of each that waited for a place."""
        left = deque(tasks)
        while left or self._rounds or self._undiscovered:
            now = self._monotonic()
            while left and not self._admission.full:
                self._begin(left.popleft(), now)
            self._discover(now)
            pause = asyncio.get_running_loop().create_task(asyncio.sleep(_SHORTEST_PAUSE))
            await asyncio.wait({*self._rounds, pause}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            self._adjust()

    async def stop(self) -> None:
        """Begin no more rounds, and cancel those under way."""
        if self._turning is not None:
            self._turning.cancel()
            self._turning = None
        self._wheels = []
        for round_ in list(self._rounds):
            round_.cancel()
        if self._rounds:
            await asyncio.wait(self._rounds, timeout=1.0)

    @property
    def lag(self) -> float:
        """The longest time in the last minute, in seconds, without a look at the sockets."""
        return self._lag.value

    @property
    def stretch(self) -> float:
        """How much longer than asked the intervals are, as a ratio; 1 without overload."""
        return max((wheel.stretch for wheel in self._wheels), default=1.0)

    def stretch_of(self, interval: float) -> float:
        """Return how much longer one interval is than asked, as a ratio."""
        return next((one.stretch for one in self._wheels if one.interval == interval), 1.0)

    def measured(self, task: Task) -> None:
        """Note how long a good round took, beside the fastest one of the same device.

        Of a device that waits to be discovered only the identity was asked: it is compared with all
        others of its kind.
        """
        took, kind = task.duration or 0.0, task.collector.name
        if task.waits_for_place:
            fastest = self._quickest[kind] = min(self._quickest.get(kind, took), took)
        else:
            fastest = task.fastest = min(task.fastest or took, took)
        self._admission.measured(took, fastest)

    async def _turn(self) -> None:
        while True:
            self._adjust()
            now = self._monotonic()
            for wheel in self._wheels:
                wheel.advance(now)
                self.late_rounds.update(wheel.late())
            self._admit(now)
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        soonest = min(wheel.waits() for wheel in self._wheels)
        shortest = min(_SHORTEST_PAUSE, *(wheel.interval / 8 for wheel in self._wheels))
        return min(max(soonest, shortest), _LONGEST_PAUSE)

    def _adjust(self) -> None:
        pulse = self._pulse
        if pulse is None:
            pulse = self._pulse = pulse_of(asyncio.get_running_loop())
        now, work = self._monotonic(), pulse.work()
        self._lag.note(now, pulse.lag())
        self._admission.adjust(now, work)
        self._places.withdraw()
        # Readings come before discoveries: these wait while the wheels are behind.
        least, most = _DISCOVERIES
        behind = any(wheel.turns and wheel.behind > _BEHIND for wheel in self._wheels)
        if behind or work > _MUCH_WORK:
            self._places.most = max(least, int(self._places.most * 0.7))
        elif self._undiscovered or self._places.wanted:
            self._places.most = min(most, self._places.most + 1)
        self._places.wanted = False

    def _admit(self, now: float) -> None:
        """Begin the rounds that are due, as many as may be under way; the most overdue first."""
        while self._wheels:
            wheel = max(self._wheels, key=lambda one: one.behind)
            if wheel.behind < 0:
                break
            if self._admission.full:
                return
            task = wheel.due(now)
            if task is None:
                continue
            if self._is_read(task):
                self._skipped(task)
            else:
                self._begin(task, now)
        self._discover(now)

    def _discover(self, now: float) -> None:
        """Begin rounds of devices that wait to be discovered, if there are places for them."""
        while self._undiscovered:
            task = self._undiscovered[0]
            waits = task.waits_for_place and not (self._is_read(task) or task.gone)
            if waits and (self._admission.full or not self._places.offer()):
                return
            self._undiscovered.popleft()
            task.queued = False
            if waits:
                self._begin(task, now)

    def _is_read(self, task: Task) -> bool:
        return task.busy or task in self._begun

    def _begin(self, task: Task, now: float) -> None:
        self._begun.add(task)
        place = self._admission.begin(now)
        task.began = now
        round_ = asyncio.get_running_loop().create_task(self._run(task))
        self._rounds.add(round_)
        round_.add_done_callback(lambda done: self._ended(done, task, place))

    def _ended(self, round_: asyncio.Task[None], task: Task, place: Place) -> None:
        self._rounds.discard(round_)
        self._begun.discard(task)
        self._admission.end(place)
        if task.waits_for_place and not task.queued:
            task.queued = True
            self._undiscovered.append(task)
        if self._wheels:
            self._admit(self._monotonic())
