"""Whose turn it is, and how the interval stretches."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any, ClassVar

import pytest

from agent.task import Task
from agent.wheel import Wheel, place_of
from collectors.base import Schedule


class Named:
    """A collector that is never called."""

    name: ClassVar[str] = "snmp"

    def __init__(self, device: str) -> None:
        self.device, self.schedule = device, Schedule(interval=10.0)

    async def collect(self) -> list[Any]:
        return []


class Driven:
    """A wheel of so many devices every 10 s that can read at most `speed` devices a second."""

    def __init__(self, count: int = 100, speed: float = 1000.0) -> None:
        self.tasks = [Task(collector=Named(f"pdu-{n}")) for n in range(count)]
        self.wheel = Wheel(10.0, self.tasks, 0.0)
        self.now, self.speed = 0.0, speed
        self.read: dict[str, list[float]] = {}
        self.late: Counter[str] = Counter()

    def run(self, seconds: float, step: float = 0.125) -> None:
        """Read what is due for so long."""
        end = self.now + seconds
        left = 0.0
        while self.now < end:
            self.now += step
            self.wheel.advance(self.now)
            self.late.update(self.wheel.late())
            left = min(left + self.speed * step, self.speed)
            while left >= 1 and (task := self.wheel.due(self.now)) is not None:
                left -= 1
                task.began = self.now
                self.read.setdefault(task.collector.device, []).append(self.now)

    def gaps(self, since: float = 0.0) -> list[float]:
        """Return the gaps between the rounds of each device, of rounds after a time."""
        return [
            after - before
            for times in self.read.values()
            for before, after in itertools.pairwise(times)
            if before >= since
        ]


def test_the_first_round_is_at_once_and_later_ones_are_spread() -> None:
    """All devices are due at the start; the second round comes half an interval to one and a half
    later, and from then on each has its interval.
    """
    driven = Driven()
    driven.run(60.0)
    assert max(times[0] for times in driven.read.values()) == 0.125
    second = [times[1] - times[0] for times in driven.read.values()]
    assert 5.0 <= min(second) <= max(second) <= 15.125
    assert driven.gaps(since=15.0) == [10.0] * len(driven.gaps(since=15.0))
    assert driven.wheel.stretch == pytest.approx(1.0, abs=0.02)
    assert not driven.late


def test_places_are_the_same_at_every_start_and_spread() -> None:
    """Of 6400 devices none of 64 parts of the wheel has half as many again as its share of 100."""
    places = [place_of(f"snmp pdu-{n}") for n in range(6400)]
    assert places == [place_of(f"snmp pdu-{n}") for n in range(6400)]
    dealt = Counter(int(place * 64) for place in places)
    assert len(dealt) == 64
    assert max(dealt.values()) < 150


def test_under_overload_the_interval_stretches_evenly_and_is_back_afterwards() -> None:
    """A machine that reads 5 devices a second has 100 of them every 20 s: a stretch of 2.

    Of 600 s it reads 3000 rounds. Due were 6000 and the 100 of the start. It is never more than one
    turn behind, so 3000 are late, up to the last turn's.
    """
    driven = Driven(speed=5.0)
    driven.run(600.0)
    steady = driven.gaps(since=100.0)
    assert min(steady) >= 19.0
    assert max(steady) <= 21.0
    assert driven.wheel.stretch == pytest.approx(2.0, abs=0.1)
    assert 2900 <= driven.late["snmp"] <= 3100
    driven.speed = 1000.0
    driven.late.clear()
    driven.run(100.0)
    assert driven.gaps(since=620.0) == [10.0] * len(driven.gaps(since=620.0))
    assert driven.wheel.stretch == pytest.approx(1.0, abs=0.02)
    assert not driven.late


def test_a_pause_is_made_up_for_once() -> None:
    """After 34 s without a step all are read at once; the two or three rounds missed are late."""
    driven = Driven()
    driven.run(40.0)
    driven.run(34.0, step=34.0)
    assert driven.wheel.stretch == pytest.approx(4.4, abs=0.1), "10 s and the pause"
    # 34 s are 3.4 turns; one is made up for, less what the wheel already was ahead of (nothing).
    assert 200 <= driven.late["snmp"] <= 240
    back = driven.now
    driven.run(20.0)
    assert all(any(back <= at <= back + 0.25 for at in times) for times in driven.read.values())
    driven.run(40.0)
    assert set(driven.gaps(since=back + 15.0)) <= {9.875, 10.0, 10.125}


def test_a_device_that_is_gone_is_not_due() -> None:
    """A collector that was replaced is left out."""
    driven = Driven(3)
    driven.tasks[1].gone = True
    driven.run(30.0)
    assert sorted(driven.read) == ["pdu-0", "pdu-2"]


def test_a_wheel_without_devices_turns() -> None:
    """It has nothing to do, and waits for an interval at most."""
    wheel = Wheel(10.0, [], 0.0)
    wheel.advance(25.0)
    assert wheel.due(25.0) is None
    assert wheel.waits() <= 10.0


def test_a_device_that_waits_for_its_discovery_is_asked_in_every_second_turn() -> None:
    """With turns of 10 s it is asked every 20 s, and the devices beside it every 10 s."""
    driven = Driven(count=4)
    driven.tasks[1].left_out = 1
    driven.run(200.0)
    waiting = driven.read.pop("pdu-1")
    # The first round comes early: at the start all are due at once.
    assert {after - before for before, after in itertools.pairwise(waiting[1:])} == {20.0}
    assert set(driven.gaps(10.0)) == {10.0}
    assert not driven.late
