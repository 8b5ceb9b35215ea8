"""The runner: schedule, deadline, isolation, limits."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

from prometheus_client import CollectorRegistry

from agent.runner import Runner
from agent.selfmetrics import SelfMetrics
from agent.snapshot import Snapshot
from collectors.base import BadReply, Batch, Metric, NoData, Schedule, Unreachable
from collectors.catalogue.agent import COLLECTOR_SUCCESS

VALUE = Metric(
    namespace="t", subsystem="x", name="value", type="gauge", help="Value.", labels=("who",)
)
UP = Metric(namespace="t", subsystem="x", name="up", type="gauge", help="Up.", labels=("who",))


class Fake:
    """A blocking collector that does what a test says."""

    name: ClassVar[str] = "fake"

    def __init__(self, device: str, does: Callable[[], Any], **schedule: Any) -> None:
        self.device = device
        self.schedule = Schedule(**{"interval": 0.2, "timeout": 0.15, **schedule})
        self.does = does
        self.up_series = [UP.series(device)]

    def collect(self) -> Any:
        return self.does()


class AsyncFake(Fake):
    """The same as a coroutine."""

    async def collect(self) -> Any:
        result = self.does()
        return await result if asyncio.iscoroutine(result) else result


def good(device: str, **schedule: Any) -> Fake:
    return Fake(device, lambda: [(VALUE.series(device), 1.0), (UP.series(device), 1.0)], **schedule)


def raising(error: BaseException) -> Callable[[], Any]:
    def does() -> Any:
        raise error

    return does


def make(*collectors: Any, **clocks: Any) -> tuple[Runner, Snapshot, CollectorRegistry]:
    snapshot, registry = Snapshot(), CollectorRegistry()
    runner = Runner(snapshot=snapshot, metrics=SelfMetrics(registry), **clocks)
    runner.add(collectors)
    return runner, snapshot, registry


def success(snapshot: Snapshot, device: str) -> float | None:
    return snapshot.value(COLLECTOR_SUCCESS.series("fake", device))


async def test_whatever_one_collector_does_costs_no_other() -> None:
    """One raises, one exits, one returns junk, one hangs, one is a coroutine that hangs: the good one has its sample."""
    stuck = threading.Event()

    async def for_ever() -> None:
        await asyncio.sleep(60)

    bad = [
        Fake("raises", raising(RuntimeError("boom\nsecond line"))),
        Fake("exits", raising(SystemExit(3))),
        Fake("stops", raising(StopIteration())),
        Fake("text", lambda: "junk"),
        Fake("none", lambda: None),
        Fake("pairs", lambda: [(1, 2), (3, 4)]),
        Fake("nobody", lambda: [(None, 1.0)]),
        Fake("value", lambda: [(VALUE.series("x"), "many")]),
        Fake("hangs", lambda: stuck.wait(30)),
        AsyncFake("waits", for_ever),
    ]
    runner, snapshot, _ = make(*bad, good("good"))
    began = time.monotonic()
    await runner.run_once()
    stuck.set()
    assert time.monotonic() - began < 5
    assert snapshot.value(VALUE.series("good")) == 1.0
    assert success(snapshot, "good") == 1.0
    for one in bad:
        assert success(snapshot, one.device) == 0.0, one.device
        assert snapshot.value(UP.series(one.device)) == 0.0
    errors = {one.device: one.last_error for one in runner.health()}
    assert errors["raises"] == "RuntimeError: boom"
    assert errors["hangs"] == "no result within 0.15 s"


async def test_a_hung_collector_has_one_thread_however_often_it_is_due() -> None:
    """While a blocking collector hangs, its further rounds are skipped and counted, not piled up."""
    stuck = threading.Event()
    calls = itertools.count()

    def hang() -> list[Any]:
        next(calls)
        stuck.wait(30)
        return []

    before = threading.active_count()
    runner, snapshot, registry = make(
        Fake("hangs", hang, interval=0.05, timeout=0.05), good("good")
    )
    runner.start()
    await asyncio.sleep(1.0)
    assert threading.active_count() - before <= 2
    assert next(calls) == 1
    assert (
        registry.get_sample_value("hubgauge_collector_skipped_rounds_total", {"collector": "fake"})
        or 0
    ) > 5
    assert success(snapshot, "good") == 1.0
    stuck.set()
    await runner.stop()


async def test_up_tells_the_device_and_its_values_stay_until_they_expire() -> None:
    """A round that fails sets up to 0 at once; the last values stay for two and a half intervals, then are absent."""
    state = {"error": None}

    def answer() -> list[Any]:
        if state["error"]:
            raise state["error"]
        return [(VALUE.series("d"), 7.0), (UP.series("d"), 1.0)]

    runner, snapshot, _ = make(Fake("d", answer, interval=0.2))
    batches: list[Batch] = []
    runner.consumers.append(batches.append)
    await runner.run_once()
    assert snapshot.value(UP.series("d")) == 1.0
    state["error"] = Unreachable("no answer")
    await runner.run_once()
    assert snapshot.value(UP.series("d")) == 0.0
    assert snapshot.value(VALUE.series("d")) == 7.0
    await asyncio.sleep(1.1)
    await runner.run_once()
    assert snapshot.value(VALUE.series("d")) is None
    assert snapshot.value(UP.series("d")) == 0.0
    handed = [dict(batch.readings).get(UP.series("d")) for batch in batches]
    assert handed == [1.0, 0.0, 0.0]
    assert sum(1 for series, _ in batches[0].readings if series == UP.series("d")) == 1


async def test_only_a_device_with_too_many_samples_is_cut_and_the_rest_is_counted() -> None:
    """A million series from one device: that one is capped, exactly counted, the others are whole."""
    many = Fake(
        "many",
        lambda: ((VALUE.series(str(n)), 1.0) for n in range(100_000)),
        max_samples=100,
        interval=60.0,
        timeout=20.0,
    )
    runner, snapshot, registry = make(many, good("good", interval=60.0, timeout=20.0))
    await runner.run_once()
    assert len(snapshot.family(VALUE)) == 101
    labels = {"collector": "fake", "reason": "limit"}
    assert registry.get_sample_value("hubgauge_collector_dropped_samples_total", labels) == 99_900


class ImmediateFake(AsyncFake):
    """One that says it never awaits."""

    immediate: ClassVar[bool] = True


async def test_an_immediate_collector_costs_no_other_either() -> None:
    """One that raises, one that awaits after all, one that is not there: each fails alone; the good one has its sample."""

    async def later() -> list[Any]:
        await asyncio.sleep(0)
        return []

    bad = [ImmediateFake("raises", raising(RuntimeError("boom"))), ImmediateFake("awaits", later)]
    absent = ImmediateFake("absent", raising(NoData("none")))
    fine = ImmediateFake("fine", lambda: [(VALUE.series("fine"), 1.0)])
    runner, snapshot, _ = make(*bad, absent, fine)
    await runner.run_once()
    assert [success(snapshot, one.device) for one in (*bad, absent, fine)] == [0.0, 0.0, 1.0, 1.0]
    assert snapshot.family(VALUE) == {VALUE.series("fine"): 1.0}
    assert {one.device: one.last_error for one in runner.health()}["awaits"].endswith(
        "says it is immediate"
    )


async def test_what_is_no_number_is_dropped_and_counted() -> None:
    """NaN and the infinities are no readings."""
    values = [float("nan"), float("inf"), 2.0]
    runner, snapshot, registry = make(
        Fake("d", lambda: [(VALUE.series(str(n)), v) for n, v in enumerate(values)])
    )
    await runner.run_once()
    assert snapshot.family(VALUE) == {VALUE.series("2"): 2.0}
    labels = {"collector": "fake", "reason": "not_finite"}
    assert registry.get_sample_value("hubgauge_collector_dropped_samples_total", labels) == 2


async def test_absent_hardware_says_nothing() -> None:
    """NoData ends a round in success with no samples."""
    runner, snapshot, _ = make(Fake("d", raising(NoData("no such chip"))))
    await runner.run_once()
    assert success(snapshot, "d") == 1.0
    assert len(snapshot.family(VALUE)) == 0


async def test_a_change_of_state_is_logged_once(caplog: Any) -> None:
    """One line when it goes down, one when it is back, none in between."""
    caplog.set_level("INFO")
    state = {"error": BadReply("garbage")}

    def answer() -> list[Any]:
        if state["error"]:
            raise state["error"]
        return []

    runner, _, _ = make(Fake("d", answer))
    for _ in range(3):
        await runner.run_once()
    state["error"] = None
    for _ in range(3):
        await runner.run_once()
    assert [record.getMessage() for record in caplog.records] == ["fake d: garbage", "fake d: back"]


async def test_every_device_keeps_its_interval_beside_dead_ones() -> None:
    """Of 200 devices 50 never answer; the live ones keep their interval within a tenth on the whole."""

    async def dead() -> None:
        await asyncio.sleep(60)

    counts: dict[str, int] = {}

    def live(device: str) -> AsyncFake:
        def does() -> list[Any]:
            counts[device] = counts.get(device, 0) + 1
            return []

        return AsyncFake(device, does, interval=0.5, timeout=0.4)

    runner, _, _ = make(
        *(live(f"l{n}") for n in range(150)),
        *(AsyncFake(f"d{n}", dead, interval=0.5, timeout=0.4) for n in range(50)),
    )
    runner.start()
    await asyncio.sleep(3.2)
    await runner.stop()
    assert len(counts) == 150
    assert min(counts.values()) >= 6
    assert max(counts.values()) <= 8


async def test_a_step_of_the_wall_clock_stops_nothing() -> None:
    """An hour back and ten years ahead: rounds go on at their interval."""
    import agent.runner as module

    shift = {"by": 0.0}
    calls = itertools.count()

    def wall() -> float:
        return time.time() + shift["by"]

    class Stepped(module.datetime):  # type: ignore[misc] # APScheduler and the runner ask datetime.now
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(wall(), tz)

    from apscheduler.schedulers import base

    runner, _, _ = make(Fake("d", lambda: next(calls) and [], interval=0.2), wall_clock=wall)
    old = module.datetime, base.datetime
    module.datetime = base.datetime = Stepped  # type: ignore[misc]
    try:
        runner.start()
        await asyncio.sleep(0.6)
        for step in (-3600.0, 10 * 365 * 86400.0, 0.0):
            shift["by"] = step
            await asyncio.sleep(1.5)
            before = next(calls)
            await asyncio.sleep(1.0)
            assert 3 <= next(calls) - before <= 8, step
    finally:
        module.datetime, base.datetime = old  # type: ignore[misc]
        await runner.stop()


async def test_derived_collectors_are_replaced_while_the_rest_goes_on() -> None:
    """What only an old one said is gone, the new one speaks at once and on its schedule, and a device is not begun anew."""
    rounds: list[str] = []

    def says(device: str, who: str) -> AsyncFake:
        return AsyncFake(
            device, lambda: [rounds.append(who), (VALUE.series(who), 1.0)][1:], interval=0.1
        )

    device, old, gone = good("device", interval=0.1), says("kpi", "old"), says("other", "gone")
    closed: list[str] = []
    old.close = lambda: closed.append("old")  # type: ignore[attr-defined]
    device.close = lambda: closed.append("device")  # type: ignore[attr-defined]
    runner, snapshot, _ = make(device)
    runner.add([old, gone], derived=True)
    runner.start()
    await asyncio.wait_for(runner.ready.wait(), 5)
    new = says("kpi", "new")
    await runner.replace([old, gone], [new])
    assert set(snapshot.family(VALUE)) == {VALUE.series("device"), VALUE.series("new")}
    assert closed == ["old"]
    rounds.clear()
    await asyncio.sleep(0.5)
    assert rounds.count("new") >= 2
    assert "old" not in rounds
    assert {one.device for one in runner.health()} == {"device", "kpi"}
    await runner.stop()


async def test_one_that_is_replaced_while_it_runs_says_nothing_more() -> None:
    """The round of a collector that is no longer wanted ends without a word."""
    slow = AsyncFake("kpi", lambda: asyncio.sleep(0.1, [(VALUE.series("late"), 1.0)]))
    runner, snapshot, _ = make()
    runner.add([slow], derived=True)
    running = asyncio.ensure_future(runner.run_once())
    await asyncio.sleep(0.02)
    await runner.replace([slow], [good("kpi")])
    await running
    assert VALUE.series("late") not in snapshot.family(VALUE)
    assert VALUE.series("kpi") in snapshot.family(VALUE)
