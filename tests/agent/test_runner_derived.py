"""Derived collectors, and the end of all collectors."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.agent.fakes import VALUE, AsyncFake, good, make
from tests.support import HANGS, until


async def test_derived_collectors_run_after_all_others_in_their_order() -> None:
    """Racks and PUE read what devices have just reported, and targets what those two have."""
    order: list[str] = []

    def says(name: str, wait: float = 0.0) -> AsyncFake:
        async def does() -> list[Any]:
            await asyncio.sleep(wait)
            order.append(name)
            return []

        return AsyncFake(name, does)

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

    device, old, gone = good("device"), says("kpi", "old"), says("other", "gone")
    closed: list[str] = []
    old.close = lambda: closed.append("old")
    device.close = lambda: closed.append("device")
    runner, snapshot, _ = make(device)
    snapshot._monotonic = lambda: 0.0  # nothing expires, however slow the machine is
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

    slow = AsyncFake("kpi", late)
    runner, snapshot, _ = make()
    runner.add([slow], derived=True)
    round_ = asyncio.ensure_future(runner.run_once())
    await running.wait()
    await runner.replace([slow], [good("kpi")])
    proceed.set()
    await round_
    assert VALUE.series("late") not in snapshot.family(VALUE)
    assert VALUE.series("kpi") in snapshot.family(VALUE)


async def test_while_devices_have_their_first_round_derived_ones_take_a_fiftieth_of_the_time() -> (
    None
):
    """After a round of 2 s, of an interval of 10 s, nine are left out; once all devices were heard
    it runs at once, and then in each interval.
    """
    now, rounds = 0.0, 0

    async def slow() -> list[Any]:
        nonlocal now, rounds
        rounds, now = rounds + 1, now + 2.0
        return [(VALUE.series("racks"), float(rounds))]

    runner, snapshot, _ = make(monotonic=lambda: now)
    snapshot._monotonic = lambda: now
    runner.add([AsyncFake("racks", slow, interval=10.0)], derived=True)
    (task,) = runner._tasks

    async def due() -> int:
        await runner._fire([task])
        await asyncio.gather(*runner._under_way)
        return rounds

    runner._keeper.starting = True
    await runner._keeper.run(task)
    assert snapshot._sources[task.source].expires - now == 250.0  # 2.5 intervals of ten rounds
    assert [await due() for _ in range(9)] == [1] * 9
    runner._keeper.count_heard(0)
    await runner._first_round()
    assert rounds == 2
    assert [await due() for _ in range(2)] == [3, 4]
