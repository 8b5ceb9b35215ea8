"""The agent's stand-in for the collector of a device that a worker reads."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar, cast

from agent.health import CollectorHealth
from agent.status import LIFETIME_INTERVALS
from agent.task import abilities_of
from collectors.abilities import HasLinkedNames, HasRegisters, HasUpSeries, SharesNotice
from collectors.base import Collector, Reading, Schedule, Series


class Remote:
    """What other parts of the agent ask a collector for, as its worker has last told it."""

    __slots__ = (
        "device",
        "duration",
        "heard",
        "last_error",
        "last_reason",
        "last_success",
        "late",
        "linked_names",
        "notice",
        "ok",
        "register_rollovers",
        "schedule",
        "shared_notice",
        "told_at",
        "up_series",
        "waits",
    )

    name: ClassVar[str] = ""

    def __init__(self, collector: Collector, schedule: Schedule) -> None:
        """Stand in for a collector; `schedule` equals its own, and many may share the object."""
        can = abilities_of(collector)
        self.device: str = collector.device
        self.schedule = schedule
        self.linked_names: Sequence[str] = ()
        if HasLinkedNames in can:
            self.linked_names = tuple(cast("HasLinkedNames", collector).linked_names)
        self.shared_notice = ""
        if SharesNotice in can:
            self.shared_notice = cast("SharesNotice", collector).shared_notice
        self.up_series: Sequence[Series] = ()
        if HasUpSeries in can:
            self.up_series = tuple(cast("HasUpSeries", collector).up_series)
        self.register_rollovers: Mapping[Series, float] = {}
        if HasRegisters in can:
            self.register_rollovers = dict(cast("HasRegisters", collector).register_rollovers)
        self.ok: bool | None = None
        self.heard = self.late = self.waits = False
        self.told_at = self.now()
        """When its worker last told of a round, in monotonic seconds."""
        self.last_success: float | None = None
        self.duration: float | None = None
        self.last_error = self.last_reason = self.notice = ""

    def follow(self, former: Remote) -> None:
        """Take over that the device did not answer, so that no worker logs it again."""
        if former.ok is False:
            self.ok, self.last_success = False, former.last_success
            self.last_error, self.last_reason = former.last_error, former.last_reason

    @property
    def discovered(self) -> bool:
        """Whether it was read, or is known not to answer."""
        return self.heard

    @property
    def waits_for_place(self) -> bool:
        """False: its worker gives out the places for discoveries."""
        return False

    @property
    def source(self) -> tuple[str, str]:
        """Under which key the snapshot keeps what was read of it."""
        return self.name, self.device

    def collect(self) -> list[Reading]:
        """Raise NotImplementedError: only the worker reads the device."""
        raise NotImplementedError

    @staticmethod
    def now() -> float:
        """Return the time by which `told_at` counts, in monotonic seconds."""
        return time.monotonic()

    def health(self, stretch: float) -> CollectorHealth:
        """Return how it is doing; `stretch` is how much longer its interval is than asked.

        Nobody knows whether a device answers whose worker has not told of a round for so long that
        its values expire.
        """
        turns = 2 if self.waits else 1  # between two rounds
        lifetime = LIFETIME_INTERVALS * turns * stretch * self.schedule.interval
        unread = self.now() - self.told_at > lifetime
        return CollectorHealth(
            collector=self.name,
            device=self.device,
            ok=None if unread else self.ok,
            last_success=self.last_success,
            last_error=self.last_error,
            last_reason=self.last_reason,
            notice=self.notice,
            shared_notice=self.shared_notice,
            late=self.late or unread,
            duration=self.duration,
            interval=self.schedule.interval,
        )


@cache
def _class_for(kind: str) -> type[Remote]:
    """Return the class of the devices of a kind: `name` belongs to a class."""
    return type(f"Remote_{kind}", (Remote,), {"name": kind, "__slots__": ()})


def remote(collector: Collector, schedules: dict[Schedule, Schedule]) -> Remote:
    """Return the stand-in for a collector; `schedules` are the ones that others share already."""
    schedule = schedules.setdefault(collector.schedule, collector.schedule)
    return _class_for(collector.name)(collector, schedule)
