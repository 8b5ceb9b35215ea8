"""How each collector is doing, as the runner knows it and the board shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class CollectorHealth(NamedTuple):
    """How one collector of one device is doing. Times are wall-clock seconds since the epoch.

    A page of all collectors makes one for each of some 50 000 devices, so it is a tuple.
    """

    collector: str
    device: str = ""
    ok: bool | None = None
    """Whether the last round succeeded; None before the first round has ended, and while the agent
    itself does not read the device."""
    last_success: float | None = None
    last_error: str = ""
    last_reason: str = ""
    """Why the last round failed: one of `agent.status.REASONS`; empty if it did not fail."""
    notice: str = ""
    """What was left out of the last round, though it succeeded."""
    shared_notice: str = ""
    """The message that it shares with many other collectors."""
    late: bool = False
    """Whether the agent's own lag kept the last round from being run or read in time."""
    duration: float | None = None
    """Seconds the last round took."""
    interval: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHealth:
    """How one worker process is doing."""

    number: int
    restarts: int
    cpu_seconds: float
    """Of those before it as well."""
    resident_bytes: int | None
    """None while it is being started."""
    lag_seconds: float
    """The longest time in the last minute without a look at its sockets, or a word of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many devices have had their first reading, and whether the agent keeps up with them."""

    devices: int = 0
    heard: int = 0
    """How many devices were read, or are known not to answer."""
    silent: int = 0
    """How many could not be read in their last round, whatever the reason."""
    late_rounds: Mapping[str, int] = field(default_factory=dict)
    """Rounds that could not be run or read in time, since the start, by the collector's name."""
    lag_seconds: float = 0.0
    """The longest time in the last minute that an event loop did not look at its sockets."""
    stretch: float = 1.0
    """How much longer the intervals are than asked, as a ratio."""
    workers: Sequence[WorkerHealth] = ()
    """The worker processes, where there are any."""

    @classmethod
    def joined(cls, parts: Iterable[Progress]) -> Progress:
        """Return the progress of several processes, each with devices of its own, as one."""
        found = list(parts)
        late: Counter[str] = Counter()
        for part in found:
            late.update(part.late_rounds)
        return cls(
            devices=sum(part.devices for part in found),
            heard=sum(part.heard for part in found),
            silent=sum(part.silent for part in found),
            late_rounds=late,
            lag_seconds=max((part.lag_seconds for part in found), default=0.0),
            stretch=max((part.stretch for part in found), default=1.0),
            workers=tuple(worker for part in found for worker in part.workers),
        )

    def __str__(self) -> str:
        """Return it for people: how many of the devices were read."""
        silent = f", {self.silent} do not answer" if self.silent else ""
        return f"{self.heard} of {self.devices} devices read{silent}"
