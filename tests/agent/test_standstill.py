"""A coroutine of a collector that never yields is interrupted, and all others go on."""

from __future__ import annotations

import asyncio
import itertools
import logging
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from agent.standstill import Watch, begin_step, end_step, take_time
from agent.steadyloop import SteadyLoop
from collectors.catalogue.agent import COLLECTOR_SUCCESS
from tests.agent.fakes import VALUE, AsyncFake, ImmediateFake, good, make
from tests.support import HANGS, wait_for

pause = time.sleep
ERRORS = "hubgauge_collector_errors_total"


def watched(
    main: Coroutine[Any, Any, None],
    *,
    looks: int = 4,
    growth: int = 2**40,
    look_seconds: float = 0.02,
) -> None:
    """Run a test on a loop that is watched closely."""
    with asyncio.Runner(loop_factory=SteadyLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, SteadyLoop)
        with Watch(loop.pulse, look_seconds=look_seconds, looks=looks, max_growth=growth):
            runner.run(main)


async def computes() -> Any:
    while True:
        pass


caught: list[int] = []


async def computes_and_catches_errors() -> Any:
    while True:
        try:
            for n in itertools.count():
                assert n >= 0
        except (ArithmeticError, AssertionError, OSError, RuntimeError):
            caught.append(1)


async def blocks() -> Any:
    pause(HANGS)


async def yields_first() -> Any:
    await asyncio.sleep(0)
    while True:
        pass


async def in_a_task_of_its_own() -> Any:
    return await asyncio.create_task(computes())


async def an_endless_generator() -> Any:
    def endless() -> Iterator[Any]:
        while True:
            if not VALUE:
                yield None

    return endless()


@pytest.mark.parametrize(
    "does",
    [
        computes,
        computes_and_catches_errors,
        blocks,
        yields_first,
        in_a_task_of_its_own,
        an_endless_generator,
    ],
)
@pytest.mark.parametrize("kind", [AsyncFake, ImmediateFake])
def test_a_coroutine_that_never_yields_fails_and_the_others_go_on(
    does: Callable[[], Any], kind: type[AsyncFake], caplog: pytest.LogCaptureFixture
) -> None:
    """It is interrupted, named in one line and counted once; then it is left out."""
    if kind is ImmediateFake and does in (yields_first, in_a_task_of_its_own):
        return  # one that says it never awaits is refused where it does
    bad = kind("bad", does)
    runner, snapshot, registry = make(bad, good("well"))

    async def main() -> None:
        for _ in range(3):
            await runner.run_once()

    with caplog.at_level(logging.INFO):
        watched(main())
    assert snapshot.value(COLLECTOR_SUCCESS.series("fake", "bad")) == 0
    assert snapshot.value(VALUE.series("well")) == 1.0
    # On a slow machine the loop may stand still elsewhere too, and that is told as well.
    (line,) = [told for told in caplog.messages if told.startswith("fake ")]
    assert line.startswith("fake bad: kept all others waiting: never yielded, in ")
    assert line.endswith("; not called for 60 s")
    assert __file__ in line
    assert registry.get_sample_value(ERRORS, {"collector": "fake", "reason": "stood_still"}) == 1
    assert registry.get_sample_value(ERRORS, {"collector": "fake", "reason": "left_out"}) == 2
    assert runner.health()[0].last_error == line.removeprefix("fake bad: ")


def test_a_coroutine_that_fills_the_memory_is_ended_at_the_bound() -> None:
    """The process grows by the bound and what one look can miss, not without end."""

    async def fills() -> Any:
        held: list[bytes] = []
        while True:
            held.append(b"x" * 2**20)
            pause(0.001)

    runner, _, _ = make(AsyncFake("greedy", fills))

    watched(runner.run_once(), looks=10**9, growth=32 * 2**20)
    assert "the process grew by more than 32 MiB" in runner.health()[0].last_error


def test_the_rest_doubles_up_to_an_hour_and_ends_with_a_good_round(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """60, 120, 240 s ... 3600 s, and 60 s again after a round in which it yielded."""
    rounds = itertools.count()
    monkeypatch.setattr("agent.rounds._heed_rest", lambda _: None)

    async def does() -> Any:
        if next(rounds) != 8:
            await computes()
        return [(VALUE.series("d"), 1.0)]

    runner, _, _ = make(AsyncFake("d", does))

    async def main() -> None:
        for _ in range(10):
            await runner.run_once()
        await runner.stop()

    watched(main(), looks=2)
    said = [
        one.getMessage().rpartition(" for ")[2]
        for one in caplog.records
        if "kept" in one.getMessage()
    ]
    assert said == [f"{n} s" for n in (60, 120, 240, 480, 960, 1920, 3600, 3600, 60)]


def test_a_coroutine_that_yields_often_is_left_alone_however_long_it_takes() -> None:
    """A thousand steps, each shorter than a look, are no standstill."""

    async def busy() -> Any:
        for _ in range(200):
            end = time.monotonic() + 0.002
            while time.monotonic() < end:
                pass
            await asyncio.sleep(0)
        return [(VALUE.series("d"), 1.0)]

    runner, snapshot, _ = make(AsyncFake("d", busy))

    async def main() -> None:
        await runner.run_once()
        await runner.stop()

    watched(main(), looks=8)
    assert snapshot.value(VALUE.series("d")) == 1.0


@pytest.mark.parametrize(("met", "succeeds"), [(3, 1.0), (4, 0.0)])
def test_looks_at_one_step_count_not_those_at_many(met: int, succeeds: float) -> None:
    """A collector of ten slow steps, each met three times, is left alone; met four times in one
    step, it is interrupted. The looks are those of the test, not of a clock.
    """

    async def slow() -> Any:
        for _ in range(10):
            for _ in range(met):
                signal.raise_signal(signal.SIGALRM)
            await asyncio.sleep(0)
        return [(VALUE.series("d"), 1.0)]

    runner, snapshot, _ = make(AsyncFake("d", slow))
    watched(runner.run_once(), looks=4, look_seconds=HANGS)
    assert snapshot.value(COLLECTOR_SUCCESS.series("fake", "d")) == succeeds


def stand_until_told(caplog: pytest.LogCaptureFixture) -> None:
    """Keep the loop waiting until the log says that it stands still in this file.

    It is told of one place, so no function of another file is called meanwhile.
    """
    told, end = caplog.handler.records, time.monotonic() + HANGS
    while not any(__file__ in str(one.args) for one in told) and time.monotonic() < end:
        pass


def test_what_is_no_collectors_is_told_and_not_interrupted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The agent's own code that stands still ends by itself; the log says where it stood."""

    async def main() -> None:
        step = begin_step("fake d")
        try:
            await asyncio.sleep(0)
        finally:
            end_step(step)
        stand_until_told(caplog)

    watched(main())
    said = f"the event loop stands still in {__file__}:"
    assert len([told for told in caplog.messages if told.startswith(said)]) == 1


def test_the_start_is_no_standstill(caplog: pytest.LogCaptureFixture) -> None:
    """A config is read before anything waits for the loop, however long that takes. What stands
    still after that is told. The looks are those of the test, not of a clock.
    """

    async def main() -> None:
        for _ in range(20):
            signal.raise_signal(signal.SIGALRM)
        await asyncio.sleep(0)
        for _ in range(4):
            signal.raise_signal(signal.SIGALRM)

    watched(main(), looks=4, look_seconds=HANGS)
    wait_for(lambda: caplog.messages, what="the log")
    (told,) = caplog.messages
    line = int(told.split(",")[0].rsplit(":", 1)[1])
    assert line > main.__code__.co_firstlineno + 3


def test_what_takes_its_time_is_not_looked_at() -> None:
    """A worker makes its collectors in one pass, and no alarm comes in it; the next one has one."""
    alarms = []

    async def main() -> None:
        await asyncio.sleep(0)
        take_time()
        alarms.append(signal.getitimer(signal.ITIMER_REAL)[0])
        await asyncio.sleep(0)
        alarms.append(signal.getitimer(signal.ITIMER_REAL)[0])

    watched(main(), look_seconds=HANGS)
    assert alarms == [0.0, pytest.approx(HANGS, abs=HANGS)]
    assert alarms[1] > 0


def test_derived_collectors_are_never_interrupted(caplog: pytest.LogCaptureFixture) -> None:
    """What is computed from the readings is the agent's own, and would be left half done."""

    async def slow() -> Any:
        stand_until_told(caplog)
        return [(VALUE.series("derived"), 1.0)]

    runner, snapshot, _ = make()
    runner.add([AsyncFake("derived", slow)], derived=True)

    async def main() -> None:
        await runner.run_once()
        await runner.stop()

    watched(main())
    assert snapshot.value(VALUE.series("derived")) == 1.0


def test_the_watch_leaves_no_handler_that_ends_the_program() -> None:
    """A late signal after the watch has ended does nothing."""

    async def nothing() -> None:
        return

    watched(nothing())
    signal.raise_signal(signal.SIGALRM)
