"""Devices that wait to be discovered: few begin at once, and each has one round at once."""

from __future__ import annotations

import asyncio
from typing import Any

from collectors.places import Places
from tests.agent.fakes import UP, VALUE, AsyncFake, make
from tests.support import until


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
