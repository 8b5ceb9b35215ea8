"""What the runner counts and reports of each collector."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.base import BadReply, Batch, Refused, Unreachable
from collectors.catalogue.agent import COLLECTOR_DURATION, COLLECTOR_LAST_SUCCESS, COLLECTOR_SUCCESS
from tests.agent.fakes import VALUE, Fake, ImmediateFake, good, make, raising


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
    """The one behind it still gets the batches: readings first, then the status."""
    runner, _, _ = make(good("d"))
    batches: list[Batch] = []

    def broken(batch: Batch) -> None:
        raise RuntimeError(batch.device)

    runner.consumers.extend([broken, batches.append])
    await runner.run_once()
    said, status = batches
    assert (said.collector, said.device) == ("fake", "d")
    assert said.readings == [(VALUE.series("d"), 1.0)]
    assert status.device == "d"
    assert (COLLECTOR_SUCCESS.series("fake", "d"), 1.0) in status.readings


async def test_what_reads_this_machine_tells_its_status_with_its_readings() -> None:
    """One batch where a round was good. After a failure its last values and the failure are live.

    Once it is good again, what it read and its status come together as before.
    """
    state: dict[str, Exception | None] = {"error": None}

    def answer() -> list[Any]:
        if state["error"]:
            raise state["error"]
        return [(VALUE.series("kernel"), 7.0)]

    one = Fake("", answer)
    one.up_series = []
    runner, snapshot, _ = make(one)
    batches: list[Batch] = []
    runner.consumers.append(batches.append)
    for error, success in ((None, 1.0), (Unreachable("no"), 0.0), (None, 1.0)):
        state["error"] = error
        batches.clear()
        await runner.run_once()
        assert len(batches) == 1
        assert snapshot.value(COLLECTOR_SUCCESS.series("fake", "")) == success
        assert snapshot.value(VALUE.series("kernel")) == 7.0
    assert list(snapshot.sources()) == [("fake", "")]
    assert len(snapshot) == 4, "the value, success, duration and the time of the last success"


async def test_slow_readings_stay_current_for_their_own_interval() -> None:
    """What is read every 60 s expires 150 s later, what is read every 2 s after 5 s."""
    clock = [0.0]
    one = good("d", interval=2.0)
    one.slow_interval = 60.0
    slow = [[(VALUE.series("limit"), 16.0)]]
    one.take_slow = lambda: slow.pop() if slow else []
    runner, snapshot, _ = make(one, monotonic=lambda: clock[0])
    snapshot._monotonic = lambda: clock[0]
    batches: list[Batch] = []
    runner.consumers.append(batches.append)
    await runner.run_once()
    await runner.run_once()
    told = [batch for batch in batches if (VALUE.series("limit"), 16.0) in batch.readings]
    assert [batch.lifetime for batch in told] == [150.0], "once, in the first of two rounds"
    assert snapshot.value(VALUE.series("limit")) == 16.0
    clock[0] = 149.0
    assert snapshot.value(VALUE.series("d")) is None
    assert snapshot.value(VALUE.series("limit")) == 16.0
    clock[0] = 151.0
    assert snapshot.value(VALUE.series("limit")) is None


async def test_what_many_have_to_say_together_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A notice that a hundred collectors share is one line at the start, and stands with each."""
    crowd = [good(f"d{n}") for n in range(100)]
    for one in crowd[:60]:
        one.shared_notice = "outlets are left out"
    runner, _, _ = make(*crowd)
    runner.start()
    assert [line for line in caplog.messages if "outlets" in line] == ["fake: outlets are left out"]
    assert sum(bool(one.shared_notice) for one in runner.health()) == 60
    await runner.stop()
