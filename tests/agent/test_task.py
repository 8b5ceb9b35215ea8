"""What a collector can do is asked once, of its class where that says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from agent.task import Task
from collectors.base import Reading, Schedule


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
