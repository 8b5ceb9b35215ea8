"""The runner: schedule, deadline, isolation, limits."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from prometheus_client import CollectorRegistry

from agent.runner import Runner
from agent.selfmetrics import SelfMetrics
from agent.snapshot import Snapshot
from collectors.base import BadReply, Batch, NoData, Unreachable
from collectors.catalogue.agent import COLLECTOR_SUCCESS
from tests.agent.fakes import (
    UP,
    VALUE,
    AsyncFake,
    Fake,
    ImmediateFake,
    good,
    make,
    raising,
    run_until_told,
)
from tests.support import HANGS, until


def success(snapshot: Snapshot, device: str) -> float | None:
    return snapshot.value(COLLECTOR_SUCCESS.series("fake", device))


async def test_whatever_one_collector_does_costs_no_other() -> None:
    """One raises, one exits, one returns junk, one hangs, one is a coroutine that hangs: the good
    one has its sample.
    """
    stuck = threading.Event()

    async def for_ever() -> None:
        await asyncio.sleep(10 * HANGS)

    bad = [
        Fake("raises", raising(RuntimeError("boom\nsecond line"))),
        Fake("exits", raising(SystemExit(3))),
        Fake("stops", raising(StopIteration())),
        Fake("text", lambda: "junk"),
        Fake("none", lambda: None),
        Fake("pairs", lambda: [(1, 2), (3, 4)]),
        Fake("nobody", lambda: [(None, 1.0)]),
        Fake("value", lambda: [(VALUE.series("x"), "many")]),
        Fake("hangs", stuck.wait, timeout=0.15),
        AsyncFake("waits", for_ever, timeout=0.15),
    ]
    runner, snapshot, _ = make(*bad, good("good"))
    await run_until_told(runner, snapshot, "hangs")
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
    """While a blocking collector hangs, its further rounds are skipped and counted,
    not piled up.
    """
    stuck = threading.Event()
    calls: list[str] = []

    def hang() -> list[Any]:
        calls.append(threading.current_thread().name)
        stuck.wait()
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
    up = UP.series("d")
    handed = [value for batch in batches for series, value in batch.readings if series == up]
    assert handed == [1.0, 0.0, 0.0]
    first_round = [series for batch in batches[:2] for series, _ in batch.readings]
    assert first_round.count(up) == 1


async def test_only_a_device_with_too_many_samples_is_cut_and_the_rest_is_counted() -> None:
    """A million series from one device: that one is capped, exactly counted,
    the others are whole.
    """
    many = Fake(
        "many",
        lambda: ((VALUE.series(str(n)), 1.0) for n in range(100_000)),
        max_samples=100,
    )
    runner, snapshot, registry = make(many, good("good"))
    await runner.run_once()
    assert len(snapshot.family(VALUE)) == 101
    labels = {"collector": "fake", "reason": "limit"}
    assert registry.get_sample_value("hubgauge_collector_dropped_samples_total", labels) == 99_900


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


async def test_a_list_over_the_limit_is_cut_and_counted() -> None:
    """A collector that returns a list is cut as one that yields: the first of its samples count."""
    many = Fake("many", lambda: [(VALUE.series(str(n)), 1.0) for n in range(150)], max_samples=100)
    runner, snapshot, registry = make(many)
    await runner.run_once()
    assert set(snapshot.family(VALUE)) == {VALUE.series(str(n)) for n in range(100)}
    (health,) = runner.health()
    assert health.notice.startswith("50 samples over max_samples (100) are left out, from ")
    assert '"100"' in health.notice  # the label of the first of them
    labels = {"collector": "fake", "reason": "limit"}
    assert registry.get_sample_value("hubgauge_collector_dropped_samples_total", labels) == 50


async def test_what_a_collector_says_of_its_readings_is_a_notice_beside_others() -> None:
    """A collector's own notice stands before that of a list that was cut."""

    class Telling(Fake):
        notice = "read by guess"

    many = Telling("t", lambda: [(VALUE.series(str(n)), 1.0) for n in range(3)], max_samples=2)
    runner, _, _ = make(many)
    await runner.run_once()
    (health,) = runner.health()
    assert health.notice.startswith("read by guess; 1 samples over max_samples (2)")


async def test_of_two_values_of_a_series_the_first_counts() -> None:
    """The other one is counted, and neither the page nor a consumer gets it."""
    one, other = VALUE.series("1"), VALUE.series("2")
    doubled = Fake("doubled", lambda: [(one, 1.0), (other, 5.0), (one, 2.0), (one, 3.0)])
    runner, snapshot, registry = make(doubled)
    await runner.run_once()
    assert snapshot.family(VALUE) == {one: 1.0, other: 5.0}
    labels = {"collector": "fake", "reason": "twice"}
    assert registry.get_sample_value("hubgauge_collector_dropped_samples_total", labels) == 2
