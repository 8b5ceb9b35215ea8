"""Collectors that hang, compute for ever or fill the memory, and reloads meanwhile."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agent.interrupt import Interrupted
from agent.threads import Threads
from collectors.base import Batch, Reading
from collectors.catalogue.agent import COLLECTOR_LAST_SUCCESS, COLLECTOR_SUCCESS
from tests.agent.fakes import UP, VALUE, AsyncFake, Fake, good, make, run_until_told
from tests.support import HANGS, until


def skipped(registry: Any) -> float:
    name = "hubgauge_collector_skipped_rounds_total"
    return registry.get_sample_value(name, {"collector": "fake"}) or 0.0


async def stubborn() -> Any:
    """Wait for ever, whoever cancels it."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if ended.is_set():
                raise


ended = threading.Event()


@pytest.fixture(autouse=True)
def _all_ends() -> Iterator[None]:
    ended.clear()
    yield
    ended.set()


@pytest.mark.parametrize("hangs", ["a thread", "a coroutine"])
async def test_a_hung_collector_says_that_it_fails_as_long_as_it_hangs(hangs: str) -> None:
    """Rounds that cannot begin say again what the last one said, to the page and to each sink."""
    schedule = {"interval": 0.05, "timeout": 0.02}
    one = (
        Fake("d", ended.wait, **schedule)
        if hangs == "a thread"
        else AsyncFake("d", stubborn, **schedule)
    )
    runner, snapshot, registry = make(one)
    batches: list[Batch] = []
    runner.consumers.append(batches.append)
    runner.start()
    await until(lambda: skipped(registry) >= 8)
    await until(lambda: len(batches) >= 8)  # a round that was late says nothing
    # A machine that stands still for a moment lets them expire; the next round says them again.
    failing = COLLECTOR_SUCCESS.series("fake", "d"), UP.series("d")
    await until(lambda: all(snapshot.value(series) == 0 for series in failing))
    assert snapshot.value(COLLECTOR_LAST_SUCCESS.series("fake", "d")) is None
    assert all((COLLECTOR_SUCCESS.series("fake", "d"), 0.0) in batch.readings for batch in batches)
    ended.set()
    await runner.stop()


# Each takes some hundred MiB a second of computing: on a slow machine a look may be seconds late.


def endless_list() -> list[Reading]:
    return [(VALUE.series("same"), float(n)) for n in itertools.count()]


def computed() -> bool:
    """Take some milliseconds."""
    return sum(range(300_000)) > 0


def endless_bytes() -> list[Reading]:
    held = [b"x" * 2**20 for _ in itertools.count() if computed()]
    return [(VALUE.series("same"), float(len(held)))]


def endless_text() -> list[Reading]:
    text = ""
    while computed():
        text += "x" * 2**20
    return [(VALUE.series("same"), float(len(text)))]


@pytest.fixture
def _no_callbacks_of_the_collector() -> Iterator[None]:
    """Take away what test tools do at each garbage collection: an interrupt may arrive there."""
    kept = list(gc.callbacks)
    gc.callbacks.clear()
    yield
    gc.callbacks.extend(kept)


@pytest.mark.usefixtures("_no_callbacks_of_the_collector")
@pytest.mark.parametrize("does", [endless_list, endless_bytes, endless_text])
async def test_a_call_that_fills_the_memory_is_ended_before_its_deadline(
    does: Callable[[], list[Reading]],
) -> None:
    """A look finds that the process has grown by more than the bound;
    the round fails and says so.
    """
    runner, snapshot, _ = make(Fake("greedy", does), threads=Threads(max_growth=32 * 2**20))
    await runner.run_once()
    (health,) = runner.health()
    assert health.last_error == "TimeoutError: the process grew by more than 32 MiB while it ran"
    assert snapshot.value(COLLECTOR_SUCCESS.series("fake", "greedy")) == 0
    await runner.stop()


async def test_a_call_that_waits_is_not_blamed_for_what_others_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that only waits is left alone, though the process grows by a gigabyte at each look."""
    gate = threading.Event()
    looks = itertools.count(1)

    def resident() -> int:
        look = next(looks)
        if look == 4:
            gate.set()
        return look * 2**30

    def waits() -> list[Reading]:
        gate.wait(HANGS)
        return [(VALUE.series("d"), 1.0)]

    monkeypatch.setattr("agent.threads.resident_bytes", resident)
    runner, snapshot, _ = make(Fake("d", waits))
    await runner.run_once()
    assert snapshot.value(VALUE.series("d")) == 1.0
    await runner.stop()


@pytest.mark.parametrize(("others", "ended"), [(3.0, False), (0.0, True)])
async def test_growth_falls_to_a_call_by_its_share_of_the_cpu(
    monkeypatch: pytest.MonkeyPatch, others: float, ended: bool
) -> None:
    """Each quarter of a second the process grows by 100 MiB, and the call's thread uses 0.25 s.

    With 3 s of other threads a thirteenth of it falls to the call: 100 MiB after 13 looks. Alone,
    it is ended at the second look that finds it computing.
    """
    monkeypatch.setattr("agent.threads._COMPUTES", 0.0)
    assert await is_ended(monkeypatch, 0.25, others) is ended


@pytest.mark.parametrize(("others", "ended"), [(0.001, True), (0.1, False)])
async def test_a_busy_machine_does_not_hide_that_a_call_computes(
    monkeypatch: pytest.MonkeyPatch, others: float, ended: bool
) -> None:
    """The thread gets 0.01 s of each look. It waits if that is a tenth of what the process gets."""
    assert await is_ended(monkeypatch, 0.01, others) is ended


async def is_ended(monkeypatch: pytest.MonkeyPatch, used: float, others: float) -> bool:
    """Tell whether a call is ended that may go on for ten looks.

    Between two looks the process grows by 100 MiB, the call's thread takes `used` seconds of CPU,
    and other threads take `others`.
    """
    looks = itertools.count()
    gate = threading.Event()
    grown = 0.0

    def resident() -> int:
        nonlocal grown
        grown = next(looks)
        if grown == 10:
            gate.set()
        return int(grown) * 100 * 2**20

    def computes() -> list[Reading]:
        while not gate.wait(0.001):
            pass
        return [(VALUE.series("d"), 1.0)]

    monkeypatch.setattr("agent.threads.resident_bytes", resident)
    monkeypatch.setattr("agent.threads.cpu_seconds", lambda _: grown * used)
    monkeypatch.setattr("agent.threads.process_seconds", lambda: grown * (used + others))
    runner, snapshot, _ = make(Fake("d", computes, interval=3600.0, timeout=600.0))
    await runner.run_once()
    await runner.stop()
    return snapshot.value(VALUE.series("d")) is None


async def test_a_call_that_computes_for_ever_is_ended_and_the_next_one_runs() -> None:
    """It is ended an interval after its deadline, also if it catches errors."""
    rounds, caught = itertools.count(), list[Exception]()

    def does() -> list[Reading]:
        if next(rounds):
            return [(VALUE.series("d"), 1.0)]
        while True:
            try:
                for _ in range(1000):
                    pass
            except (ArithmeticError, OSError, RuntimeError, ValueError) as error:
                caught.append(error)

    runner, snapshot, _ = make(Fake("d", does, interval=0.1, timeout=0.05))
    runner.start()
    # On a slow machine a round may fail again, and its value expires.
    good_again = {VALUE.series("d"), COLLECTOR_SUCCESS.series("fake", "d")}
    await until(lambda: all(snapshot.value(series) == 1.0 for series in good_again))
    await runner.stop()


async def test_reloads_add_no_threads() -> None:
    """Twenty runners one after the other share the threads; a call that hangs is not made again."""
    calls: list[str] = []

    def hangs() -> None:
        calls.append("hangs")
        ended.wait()

    threads = Threads()
    before = threading.active_count()
    for _ in range(20):
        runner, snapshot, _ = make(
            Fake("stuck", hangs, timeout=0.02),
            good("well"),
            threads=threads,
        )
        assert await run_until_told(runner, snapshot, "stuck") == 0
        assert snapshot.value(VALUE.series("well")) == 1.0
        await runner.stop()
    assert calls == ["hangs"]
    assert threading.active_count() - before <= 3
    ended.set()
    runner, snapshot, _ = make(Fake("stuck", lambda: [(VALUE.series("s"), 1.0)]), threads=threads)
    await until(lambda: threads.at_work(("fake", "stuck")) is None)
    await runner.run_once()
    assert snapshot.value(VALUE.series("s")) == 1.0
    threads.close()


async def test_a_call_that_lost_its_interrupt_is_interrupted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call that caught the first interrupt, as a finaliser does, ends by the second one."""
    begun = threading.Event()
    caught: list[int] = []

    def works() -> None:
        while True:
            try:
                begun.set()
                while True:
                    pass
            except Interrupted:
                caught.append(len(caught))
                if len(caught) == 2:
                    raise

    threads = Threads()
    future = threads.submit(works, key="lost")
    await until(begun.is_set)
    monkeypatch.setattr("agent.threads._INSIST_SECONDS", 10 * HANGS)
    threads.give_up("lost", "too late")
    await until(lambda: caught == [0])
    monkeypatch.setattr("agent.threads._INSIST_SECONDS", 0.0)
    with pytest.raises(Exception, match="too late"):
        await asyncio.wait_for(future, HANGS)
    assert caught == [0, 1]
    threads.close()


async def test_stuck_calls_take_as_many_threads_as_are_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of five calls that hang, two are under way on two threads; the others wait."""
    monkeypatch.setattr("agent.threads._PATIENCE", 0.0)
    before, began = set(threading.enumerate()), []

    def hangs() -> None:
        began.append(1)
        ended.wait()

    threads = Threads(2)
    calls = [threads.submit(hangs) for _ in range(5)]
    await until(lambda: len(began) >= 2)
    for _ in range(200):  # each pass of the loop is a chance to start another
        await asyncio.sleep(0)
    assert len([one for one in threading.enumerate() if one not in before]) == 2
    ended.set()
    await asyncio.wait_for(asyncio.gather(*calls), HANGS)
    threads.close()
    assert len(began) == 5
