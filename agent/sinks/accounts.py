"""Where every sample of a spool is: in memory, on disk, sent or dropped; never in two."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from agent.sinks.chunk import Chunk
from agent.sinks.memory import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolState:
    """A spool's numbers at one moment, in samples where no other unit is named.

    They add up exactly: what was collected or recovered is sent, waits or was dropped. `oldest` is
    the time of the oldest waiting batch, in seconds since the epoch.
    """

    collected: int
    recovered: int
    sent: int
    waiting: int
    dropped: dict[str, int]
    waiting_bytes: int
    oldest: float | None
    healthy: bool


@dataclass(slots=True, kw_only=True, eq=False)
class Lease:
    """What a request carries at present.

    Rows that the quota drops from disk meanwhile are counted in `dropped` until the request ends:
    then they count as sent or as dropped.
    """

    chunks: list[Chunk] = field(default_factory=list)
    from_memory: bool = False
    dropped: int = 0


class Accounts:
    """The accounts of one spool; whoever reads or changes them holds `lock`.

    At any moment `collected + recovered == sent + waiting + dropped`.
    """

    def __init__(self, memory: Memory) -> None:
        self.lock = threading.Condition()
        self.memory = memory
        self.lease = Lease()
        self.collected = self.recovered = self.sent = 0
        self.synced = 0
        self.on_disk = 0
        self.dropped: Counter[str] = Counter()
        self.recovery_counted = False

    @property
    def waiting(self) -> int:
        """How many samples wait, those that a request carries included."""
        return self.on_disk + self.memory.samples + self.lease.dropped

    def opened(self, *, on_disk: int, missing: int, lost: int) -> None:
        """Note what the file holds once it is open, and what of it is gone.

        `missing` samples are absent without a trace, `lost` ones were in a damaged file. What a
        file held before this process counts as recovered, once.
        """
        self.dropped["corrupt"] += missing
        self.on_disk = on_disk
        if not self.recovery_counted:
            self.recovery_counted = True
            self.recovered = on_disk + missing + lost

    def set_aside(self, *, on_disk: int, lost: int) -> None:
        """Note that a damaged file was replaced by one with its readable rows.

        Those have new ids and wait again, so the outcome of a request that carries some counts for
        nothing.
        """
        self.dropped["corrupt"] += lost
        self.on_disk = on_disk
        if not self.lease.from_memory:
            self.dropped["quota"] += self.lease.dropped
            self.lease = Lease()

    def written(self, *, refused: int, before: int, base: int, dropped_to: int) -> None:
        """Note that the chunks in writing are on disk, except `refused` samples.

        Rows up to the id `before` were gone before the write, rows up to `base` are gone now. Those
        up to `dropped_to` were deleted to keep the quota; it is 0 if none were.
        """
        memory, lease = self.memory, self.lease
        self.synced += sum(chunk.samples for chunk in memory.writing) - refused
        self.dropped["quota"] += refused
        memory.end_writing(written=True)
        if not dropped_to:
            return
        dropped = base - before
        for chunk in lease.chunks if not lease.from_memory else ():
            if before < chunk.id <= dropped_to:
                lease.dropped += chunk.samples
                dropped -= chunk.samples
        self.dropped["quota"] += dropped

    def delivered(self, *, from_disk: int, dead: int) -> None:
        """Note that the request was taken, but for `dead` samples that never will be."""
        lease = self.lease
        gone = self.memory.forget_lent() if lease.from_memory else from_disk + lease.dropped
        dead = min(dead, gone)
        self.sent += gone - dead
        self.dropped["dead_letter"] += dead
        self.lease = Lease()

    def take_back(self) -> None:
        """Take chunks that a request carries out of memory back; its outcome counts no more."""
        if self.lease.from_memory:
            self.memory.take_back()
            self.lease = Lease()

    def released(self) -> None:
        """Note that the request ended without an outcome: its chunks wait on."""
        self.take_back()
        self.dropped["quota"] += self.lease.dropped
        self.lease = Lease()

    def state(self, *, oldest_on_disk: float | None, disk_bytes: int, healthy: bool) -> SpoolState:
        """Return all numbers of this moment."""
        times = list(self.memory.times())
        if self.on_disk and oldest_on_disk is not None:
            times.append(oldest_on_disk)
        return SpoolState(
            collected=self.collected,
            recovered=self.recovered,
            sent=self.sent,
            waiting=self.waiting,
            dropped={reason: count for reason, count in self.dropped.items() if count},
            waiting_bytes=self.memory.bytes + (disk_bytes if self.on_disk else 0),
            oldest=min(times, default=None),
            healthy=healthy,
        )
