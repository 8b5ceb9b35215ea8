"""The runner: schedule, deadline, isolation, limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from prometheus_client import CollectorRegistry

from agent.runner import Runner
from agent.selfmetrics import SelfMetrics
from agent.snapshot import Snapshot
from collectors.base import BadReply, Batch, Metric, NoData, Refused, Schedule, Unreachable
from collectors.catalogue.agent import COLLECTOR_DURATION, COLLECTOR_LAST_SUCCESS, COLLECTOR_SUCCESS
from tests.support import HANGS, until

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
    """One raises, one exits, one returns junk, one hangs, one is a coroutine that hangs: the good
    one has its sample.
    """
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
    await runner.run_once()
    stuck.set()
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
    calls: list[str] = []

    def hang() -> list[Any]:
        calls.append(threading.current_thread().name)
        stuck.wait(60)
        return []

    runner, snapshot, registry = make(
        Fake("hangs", hang, interval=0.05, timeout=0.05), good("good")
    )

    def skipped() -> float:
        name = "hubgauge_collector_skipped_rounds_total"
        return registry.get_sample_value(name, {"collector": "fake"}) or 0.0

    runner.start()
    await until(lambda: skipped() > 5 and success(snapshot, "good") == 1.0)
    assert len(calls) == 1
    stuck.set()
    await until(lambda: len(calls) > 1, what="it is called again once its thread has come back")
    await runner.stop()


async def test_up_is_0_at_once_and_values_stay_until_they_expire() -> None:
    """A round that fails sets up to 0.

    The last values stay two and a half intervals, then are absent.
    """
    now = [1000.0]
    state: dict[str, Exception | None] = {"error": None}

    def answer() -> list[Any]:
        if state["error"]:
            raise state["error"]
        return [(VALUE.series("d"), 7.0), (UP.series("d"), 1.0)]

    snapshot = Snapshot(monotonic=lambda: now[0])
    runner = Runner(snapshot=snapshot, metrics=SelfMetrics(CollectorRegistry()))
    runner.add([Fake("d", answer, interval=10.0)])
    batches: list[Batch] = []
    runner.consumers.append(batches.append)
    await runner.run_once()
    assert snapshot.value(UP.series("d")) == 1.0
    state["error"] = Unreachable("no answer")
    await runner.run_once()
    assert snapshot.value(UP.series("d")) == 0.0
    now[0] += 24.9
    assert snapshot.value(VALUE.series("d")) == 7.0
    now[0] += 1.1
    await runner.run_once()
    assert snapshot.value(VALUE.series("d")) is None
    assert snapshot.value(UP.series("d")) == 0.0
    handed = [dict(batch.readings).get(UP.series("d")) for batch in batches]
    assert handed == [1.0, 0.0, 0.0]
    assert sum(1 for series, _ in batches[0].readings if series is UP.series("d")) == 1


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
    """One that raises, one that awaits after all, one that is not there: each fails alone.

    The good one has its sample.
    """

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
    """Of 200 devices 50 never answer.

    When the last of the live ones has six rounds, none has above eight.
    """

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
    await until(lambda: len(counts) == 150 and min(counts.values()) >= 6)
    await runner.stop()
    assert max(counts.values()) <= 8


async def test_what_a_collector_dropped_is_counted_once() -> None:
    """A collector's own count is a total; only what has come since the last round is added."""
    one = good("d")
    one.dropped = {"late": 3}
    runner, _, registry = make(one)
    await runner.run_once()
    await runner.run_once()
    one.dropped = {"late": 5, "rating": 1}
    await runner.run_once()
    name = "hubgauge_collector_dropped_samples_total"
    counted = [
        registry.get_sample_value(name, {"collector": "fake", "reason": reason})
        for reason in ("late", "rating")
    ]
    assert counted == [5, 1]


async def test_errors_are_counted_by_what_went_wrong() -> None:
    """Each kind of error has its reason; what nobody expected is `error`."""
    wrong = {
        "unreachable": Unreachable("no route"),
        "bad_reply": BadReply("half a frame"),
        "refused": Refused("view"),
        "error": ValueError("bug"),
    }
    runner, _, registry = make(*(Fake(reason, raising(error)) for reason, error in wrong.items()))
    await runner.run_once()
    name = "hubgauge_collector_errors_total"
    for reason in wrong:
        assert registry.get_sample_value(name, {"collector": "fake", "reason": reason}) == 1


async def test_the_status_says_when_and_how_long() -> None:
    """Duration is of the last round, the last success of the last good one, both by the clocks
    given.
    """
    wall, ticks = [5000.0], iter([10.0, 10.25, 20.0, 20.5])
    state: dict[str, Exception | None] = {"error": None}

    def answer() -> list[Any]:
        if state["error"]:
            raise state["error"]
        return []

    one = ImmediateFake("d", answer)
    runner, snapshot, _ = make(one, wall_clock=lambda: wall[0], monotonic=lambda: next(ticks))
    await runner.run_once()
    assert snapshot.value(COLLECTOR_DURATION.series("fake", "d")) == 0.25
    assert snapshot.value(COLLECTOR_LAST_SUCCESS.series("fake", "d")) == 5000.0
    wall[0], state["error"] = 6000.0, Unreachable("gone")
    await runner.run_once()
    assert snapshot.value(COLLECTOR_DURATION.series("fake", "d")) == 0.5
    assert snapshot.value(COLLECTOR_LAST_SUCCESS.series("fake", "d")) == 5000.0
    assert runner.health()[0].last_success == 5000.0


async def test_a_consumer_that_fails_costs_no_other() -> None:
    """The one behind it still gets the batch: readings first, then the status."""
    runner, _, _ = make(good("d"))
    batches: list[Batch] = []

    def broken(batch: Batch) -> None:
        raise RuntimeError(batch.device)

    runner.consumers.extend([broken, batches.append])
    await runner.run_once()
    (batch,) = batches
    assert (batch.collector, batch.device) == ("fake", "d")
    assert batch.readings[0] == (VALUE.series("d"), 1.0)
    assert (COLLECTOR_SUCCESS.series("fake", "d"), 1.0) in batch.readings


async def test_derived_collectors_run_after_all_others_in_their_order() -> None:
    """Racks and PUE read what devices have just reported, and targets what those two have."""
    order: list[str] = []

    def says(name: str, wait: float = 0.0) -> AsyncFake:
        async def does() -> list[Any]:
            await asyncio.sleep(wait)
            order.append(name)
            return []

        return AsyncFake(name, does, timeout=10.0)

    runner, _, _ = make()
    runner.add([says("pue"), says("targets")], derived=True)
    runner.add([says("slow device", 0.05), says("device")])
    await runner.run_once()
    assert order == ["device", "slow device", "pue", "targets"]


async def test_stopping_closes_every_collector_even_where_one_cannot_be() -> None:
    """A close that raises keeps no other from being closed."""
    closed: list[str] = []

    class Closing(AsyncFake):
        async def aclose(self) -> None:
            closed.append(self.device)
            if self.device == "raises":
                raise RuntimeError("no")

    runner, _, _ = make(*(Closing(name, list) for name in ("first", "raises", "last")))
    await runner.stop()
    assert sorted(closed) == ["first", "last", "raises"]


async def test_derived_collectors_are_replaced_while_the_rest_goes_on() -> None:
    """What only an old one said is gone, the new one speaks at once and on its schedule, and a
    device is not begun anew.
    """
    rounds: list[str] = []

    def says(device: str, who: str) -> AsyncFake:
        return AsyncFake(
            device, lambda: [rounds.append(who), (VALUE.series(who), 1.0)][1:], interval=0.1
        )

    device, old, gone = good("device", interval=0.1), says("kpi", "old"), says("other", "gone")
    closed: list[str] = []
    old.close = lambda: closed.append("old")
    device.close = lambda: closed.append("device")
    runner, snapshot, _ = make(device)
    runner.add([old, gone], derived=True)
    runner.start()
    await asyncio.wait_for(runner.ready.wait(), HANGS)
    new = says("kpi", "new")
    await runner.replace([old, gone], [new])
    assert set(snapshot.family(VALUE)) == {VALUE.series("device"), VALUE.series("new")}
    assert closed == ["old"]
    rounds.clear()
    await until(lambda: rounds.count("new") >= 2)
    assert "old" not in rounds
    assert {one.device for one in runner.health()} == {"device", "kpi"}
    await runner.stop()


async def test_one_that_is_replaced_while_it_runs_reports_nothing_more() -> None:
    """The result of a collector that was replaced meanwhile is thrown away."""
    running, proceed = asyncio.Event(), asyncio.Event()

    async def late() -> list[Any]:
        running.set()
        await proceed.wait()
        return [(VALUE.series("late"), 1.0)]

    slow = AsyncFake("kpi", late, timeout=60.0)
    runner, snapshot, _ = make()
    runner.add([slow], derived=True)
    round_ = asyncio.ensure_future(runner.run_once())
    await running.wait()
    await runner.replace([slow], [good("kpi")])
    proceed.set()
    await round_
    assert VALUE.series("late") not in snapshot.family(VALUE)
    assert VALUE.series("kpi") in snapshot.family(VALUE)


async def test_a_list_over_the_limit_is_cut_and_counted() -> None:
    """A collector that returns a list is cut as one that yields: the first of its samples count."""
    many = Fake("many", lambda: [(VALUE.series(str(n)), 1.0) for n in range(150)], max_samples=100)
    runner, snapshot, registry = make(many)
    await runner.run_once()
    assert set(snapshot.family(VALUE)) == {VALUE.series(str(n)) for n in range(100)}
    labels = {"collector": "fake", "reason": "limit"}
    assert registry.get_sample_value("hubgauge_collector_dropped_samples_total", labels) == 50
