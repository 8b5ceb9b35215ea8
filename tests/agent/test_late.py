"""A round that our own lag was in says nothing of the device."""

from __future__ import annotations

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
