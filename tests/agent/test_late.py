"""A round that our own lag was in says nothing of the device."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from agent.health import Progress
from agent.readings import NO_READINGS, Round
from agent.rounds import was_late
from agent.steadyloop import Pulse
from agent.threads import Threads
from collectors.base import BadReply, Batch, Late, Refused, Schedule, Unreachable
from collectors.catalogue.agent import COLLECTOR_SUCCESS
from collectors.places import Places
from tests.agent.fakes import UP, VALUE, AsyncFake, Fake, make
from tests.support import until


@pytest.mark.parametrize(
    ("outcome", "took", "paused", "late"),
    [
        (NO_READINGS, 0.1, 1e9, False),
        (NO_READINGS, 3.1, 1e9, False),
        (NO_READINGS, 14.9, 1e9, False),  # the machine was busy; its next round is not due yet
        (NO_READINGS, 15.1, 1e9, True),  # it may be as old as that
        (NO_READINGS, 30.0, 0.0, True),
        (NO_READINGS, 0.1, 1.0, False),  # a pause shortly before does not make what was read worse
        (Unreachable("no answer"), 3.0, 1e9, False),
        (Unreachable("no answer"), 3.2, 60.0, False),  # the loop ran: the silence is the device's
        (Unreachable("no answer"), 33.0, 2.0, True),  # stopped meanwhile
        (Unreachable("no answer"), 3.0, 7.9, True),  # begun within 5 s of the pause
        (Unreachable("no answer"), 3.0, 8.1, False),
        (Refused("no"), 33.0, 2.0, False),  # it was heard
        (BadReply("junk"), 33.0, 2.0, False),
    ],
)
def test_when_a_round_is_late(
    outcome: Round | Exception, took: float, paused: float, late: bool
) -> None:
    """With an interval of 15 s and a time-out of 3 s: by what came of it, its seconds, and those
    since the last pause.
    """
    schedule = Schedule(interval=15.0, timeout=3.0)
    assert was_late(outcome, took=took, paused=paused, schedule=schedule) == late


async def test_late_changes_nothing_but_its_count(caplog: Any) -> None:
    """No `up 0`, no failing collector, no line; the last values live on; the next round is judged
    as any.
    """
    caplog.set_level("INFO")
    says: list[Any] = [[(VALUE.series("d"), 7.0), (UP.series("d"), 1.0)]]

    def does() -> Any:
        if isinstance(says[0], Exception):
            raise says[0]
        return says[0]

    runner, snapshot, _ = make(AsyncFake("d", does, interval=60.0))
    batches: list[Batch] = []
    runner.consumers.append(batches.append)
    await runner.run_once()
    handed = len(batches)
    says[0] = Late("no turn")
    for _ in range(3):
        await runner.run_once()
    (health,) = runner.health()
    assert (health.ok, health.late, health.last_error) == (True, True, "")
    assert snapshot.value(UP.series("d")) == 1.0
    assert snapshot.value(VALUE.series("d")) == 7.0
    assert snapshot.value(COLLECTOR_SUCCESS.series("fake", "d")) == 1.0
    assert len(batches) == handed
    assert runner.progress().late_rounds == {"fake": 3}
    assert not caplog.records
    says[0] = Unreachable("gone")
    await runner.run_once()
    (health,) = runner.health()
    assert (health.ok, health.late) == (False, False)
    assert snapshot.value(UP.series("d")) == 0.0


async def test_a_round_that_was_stopped_meanwhile_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock that goes on while the process is stopped: 31 s for a time-out of 3 s."""
    now = [100.0]
    pulse = Pulse(lambda: now[0], float)
    monkeypatch.setattr("agent.round_keeper.pulse_of", lambda _: pulse)

    def stop(error: Exception | None) -> Any:
        pulse.begin_wait()
        now[0] += 31.0
        pulse.end_wait(1.0)
        if error is not None:
            raise error
        return [(VALUE.series("d"), 7.0)]

    error: list[Exception | None] = [None]
    runner, snapshot, _ = make(AsyncFake("d", lambda: stop(error[0]), interval=15.0, timeout=3.0))
    await runner.run_once()
    assert snapshot.value(VALUE.series("d")) is None, "its time is not known"
    error[0] = Unreachable("no answer")
    await runner.run_once()
    (health,) = runner.health()
    assert (health.ok, health.late) == (None, True)
    assert runner.progress().late_rounds == {"fake": 2}


@pytest.mark.parametrize("interval", [3.0, 15.0, 60.0])
async def test_a_machine_that_pauses_in_every_round_does_not_hide_a_silent_device(
    monkeypatch: pytest.MonkeyPatch, interval: float
) -> None:
    """Three silent rounds in a row are put down to the pauses; from the fourth on, the device is
    silent. An answer begins the count anew.
    """
    now = [100.0]
    pulse = Pulse(lambda: now[0], float)
    monkeypatch.setattr("agent.round_keeper.pulse_of", lambda _: pulse)
    says: list[Any] = [[(UP.series("d"), 1.0)]]

    def does() -> Any:
        pulse.begin_wait()
        now[0] += 2.0 if isinstance(says[0], list) else 31.0
        pulse.end_wait(1.0)
        if isinstance(says[0], Exception):
            raise says[0]
        return says[0]

    runner, snapshot, _ = make(AsyncFake("d", does, interval=interval, timeout=3.0))

    async def rounds(count: int) -> list[float | None]:
        told = []
        for _ in range(count):
            await runner.run_once()
            told.append(snapshot.value(UP.series("d")))
        return told

    answers, gone = says[0], Unreachable("no answer in time")
    assert await rounds(1) == [1.0]
    says[0] = gone
    assert await rounds(3) == [1.0, 1.0, 1.0]
    says[0] = answers
    assert await rounds(1) == [1.0]
    says[0] = gone
    assert await rounds(4) == [1.0, 1.0, 1.0, 0.0]
    handed = runner.progress().late_rounds["fake"]
    assert await rounds(2) == [0.0, 0.0]
    assert runner.progress().late_rounds["fake"] == handed, "until it answers, it is told so"


async def test_a_device_that_waits_for_a_thread_is_not_blamed() -> None:
    """Another one holds the only thread. A device, asked meanwhile, is late and then read."""
    holds, stuck = threading.Event(), threading.Event()

    def hangs() -> None:
        holds.set()
        stuck.wait()

    threads = Threads(1)
    threads.submit(hangs, key="another")
    await until(holds.is_set)
    waits = Fake("waits", lambda: [(VALUE.series("waits"), 1.0)], interval=0.1, timeout=0.05)
    runner, _, _ = make(waits, threads=threads)
    runner.start()
    await until(lambda: runner.health()[0].late)
    assert runner.health()[0].ok is None
    stuck.set()
    await until(lambda: runner.health()[0].ok is True)
    await runner.stop()
    threads.close()


class Discovered(AsyncFake):
    """A device that must be discovered first, if there is a place."""

    def __init__(self, device: str, places: Places, order: list[str], seconds: float) -> None:
        super().__init__(device, list, interval=60.0, timeout=50.0)
        self.places, self.order, self.seconds = places, order, seconds
        self.discovered = self.waits_for_place = False
        self.rounds = 0

    async def collect(self) -> Any:
        self.rounds += 1
        if not self.discovered:
            self.waits_for_place = not self.places.take()
            if self.waits_for_place:
                return [(UP.series(self.device), 1.0)]
            await asyncio.sleep(self.seconds)
            self.places.give_back()
            self.discovered = True
        self.order.append(self.device)
        return [(UP.series(self.device), 1.0), (VALUE.series(self.device), 1.0)]


async def test_devices_that_wait_for_a_place_are_read_long_before_their_next_turn() -> None:
    """Two hundred devices every minute and four places: all are read at the start, and the progress
    says how far it is.
    """
    places, order = Places(4), []
    devices = [Discovered(f"d{n}", places, order, 0.001) for n in range(200)]
    runner, snapshot, _ = make(*devices, places=places)
    runner.start()
    assert str(runner.progress()) == "0 of 200 devices read"
    await until(runner.ready.is_set)
    assert sorted(order) == sorted(one.device for one in devices)
    assert len(snapshot.family(VALUE)) == 200
    assert str(runner.progress()) == "200 of 200 devices read"
    assert all(one.ok for one in runner.health())
    await runner.stop()


async def test_no_more_devices_ask_for_a_place_than_there_are() -> None:
    """Of two hundred devices and eight places, each begins its own turn and one when a place is
    free. Few begin in vain: a whole hub would be busy with nothing else.
    """
    places, order = Places(8), []
    devices = [Discovered(f"d{n}", places, order, 0.01) for n in range(200)]
    runner, _, _ = make(*devices, places=places)
    runner.start()
    await until(runner.ready.is_set)
    assert sum(one.rounds for one in devices) <= 3 * len(devices)
    await runner.stop()


async def test_one_round_reads_those_that_wait_for_a_place_too() -> None:
    """`hubgauge collect` has one round only."""
    places, order = Places(2), []
    runner, _, _ = make(*(Discovered(f"d{n}", places, order, 0.0) for n in range(9)), places=places)
    await runner.run_once()
    assert len(order) == 9


class Alone(AsyncFake):
    """A device that waits for a place, and notes how many of its rounds run at once."""

    waits_for_place, discovered = True, False

    def __init__(self, device: str) -> None:
        super().__init__(device, list, interval=60.0)
        self.rounds = self.now = self.most = 0

    async def collect(self) -> Any:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        self.rounds += 1
        return [(UP.series(self.device), 1.0), (VALUE.series(self.device), 1.0)]


class PlacesThatCome(Places):
    """Places of which none is free until a test says so."""

    come = False
    refused = 0

    def offer(self) -> bool:
        self.refused += not self.come
        return self.come and super().offer()


async def test_a_device_that_is_due_as_a_place_becomes_free_has_one_round_at_once() -> None:
    """Two rounds at once would take each other's answers, and the device would be called silent."""
    now, device, places = [0.0], Alone("d"), PlacesThatCome(1)
    runner, _, _ = make(device, places=places, monotonic=lambda: now[0])
    runner.start()
    for turn in range(1, 4):
        places.come, places.refused = False, 0
        await until(lambda: places.refused > 0)  # it waits, and no round of it runs
        before = device.rounds
        now[0], places.come = 600.0 * turn, True
        await until(lambda before=before: device.rounds >= before + 2)
    await runner.stop()
    assert device.most == 1


class FoundLater(AsyncFake):
    """A device whose discovery takes several rounds."""

    def __init__(self, device: str, rounds: int) -> None:
        super().__init__(device, list, interval=60.0)
        self.left = rounds
        self.waits_for_place = False

    @property
    def discovered(self) -> bool:
        return self.left == 0

    async def collect(self) -> Any:
        self.left = max(0, self.left - 1)
        readings = [(UP.series(self.device), 1.0)]
        return [*readings, (VALUE.series(self.device), 1.0)] if self.discovered else readings


async def test_one_round_waits_for_a_discovery_that_takes_longer() -> None:
    """`hubgauge collect` shows the readings, not only that the device answers;
    it ends in any case.
    """
    slow, endless = FoundLater("slow", 3), FoundLater("endless", 10**9)
    runner, snapshot, _ = make(slow, endless)
    await runner.run_once()
    assert snapshot.value(VALUE.series("slow")) == 1.0
    assert snapshot.value(VALUE.series("endless")) is None


def test_the_progress_of_several_processes_is_one() -> None:
    """Counts are added up; of lag and stretch the largest is told."""
    joined = Progress.joined(
        [
            Progress(
                devices=5,
                heard=3,
                silent=1,
                late_rounds={"snmp": 2},
                lag_seconds=0.5,
                stretch=1.0,
            ),
            Progress(
                devices=7,
                heard=7,
                silent=0,
                late_rounds={"snmp": 1, "modbus": 4},
                lag_seconds=0.1,
                stretch=1.5,
            ),
        ]
    )
    assert joined == Progress(
        devices=12,
        heard=10,
        silent=1,
        late_rounds={"snmp": 3, "modbus": 4},
        lag_seconds=0.5,
        stretch=1.5,
    )
    assert str(joined) == "10 of 12 devices read, 1 do not answer"
