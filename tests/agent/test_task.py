"""What a collector can do is asked once, of its class where that says it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import ClassVar

import pytest

from agent.task import Task, WithoutUp
from collectors.base import Reading, Schedule
from collectors.batch import Layout
from collectors.catalogue.facility import PDU_PHASE_CURRENT, PDU_UP


class Plain:
    """A collector whose abilities are its own: a plugin may be given one as it is made."""

    name: ClassVar[str] = "plain"

    def __init__(self, device: str, notice: str | None = None) -> None:
        self.device, self.schedule = device, Schedule()
        if notice is not None:
            self.notice = notice

    async def collect(self) -> Sequence[Reading]:
        return []


class Slotted:
    """A collector whose class says all that it can do."""

    __slots__ = ("device", "looks", "schedule")
    name: ClassVar[str] = "slotted"

    def __init__(self, device: str) -> None:
        self.device, self.schedule = device, Schedule()
        self.looks = 0

    @property
    def notice(self) -> str:
        self.looks += 1
        return f"of {self.device}"

    async def collect(self) -> Sequence[Reading]:
        return []


def test_one_object_s_ability_is_not_another_s() -> None:
    """Of two collectors of one class only one has something to say."""
    said = [Task(collector=Plain("a", "x")), Task(collector=Plain("b")), Task(collector=Plain("c"))]
    assert [task.own_notice for task in said] == ["x", "", ""]


def test_a_class_that_says_all_is_asked_once() -> None:
    """Each of its objects has the ability, and says its own."""
    some = [Slotted(device) for device in "abc"]
    tasks = [Task(collector=one) for one in some]
    assert [one.looks for one in some[1:]] == [0, 0]
    assert [task.own_notice for task in tasks] == ["of a", "of b", "of c"]


UP = PDU_UP.series(*("kunming", "s1", "A", "A07", "A07-A", "A"))
PHASES = tuple(
    PDU_PHASE_CURRENT.series(*("kunming", "s1", "A", "A07", "A07-A", "A", phase))
    for phase in ("L1", "L2", "L3")
)


@pytest.mark.parametrize("at", [0, 1, 3])
def test_what_says_that_it_answers_is_left_out_wherever_it_stands(at: int) -> None:
    """Each of the other values stays with its series."""
    series, values = list(PHASES), [1.5, 2.5, 3.5]
    series.insert(at, UP)
    values.insert(at, 1.0)
    left = WithoutUp(Layout(tuple(series)), [UP])
    assert left.layout.series == PHASES
    assert list(left.take(array("d", values))) == [1.5, 2.5, 3.5]


def test_nothing_is_left_out_of_what_does_not_say_that_it_answers() -> None:
    """Its values are all that there are."""
    left = WithoutUp(whole := Layout(PHASES), [UP])
    assert left.layout is whole
    assert list(left.take(array("d", [1.5, 2.5, 3.5]))) == [1.5, 2.5, 3.5]
