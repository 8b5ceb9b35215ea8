"""What a worker is to read: some devices of some sections, and the context of their collectors.

A job holds the config in force, not the file: a worker that is started again reads what the agent
reads, whatever was written to the file meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler

from agent.config import known_kinds
from agent.workers.encode import Source
from collectors.base import Collector, Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The devices of one worker. `generation` counts the jobs of all workers."""

    generation: int
    sections: Sequence[tuple[str, object]]
    """The name of each collector's kind, with its config, narrowed to this worker's devices."""
    context: Context
    silent: frozenset[Source]
    """Devices that are known not to answer, so that the worker does not log it again."""
    log_level: str

    def packed(self) -> bytes:
        """Return it as bytes, for the body of a frame."""
        return bytes(ForkingPickler.dumps(self))

    def collectors(self) -> list[Collector]:
        """Make its collectors; raises Problems or ConfigError."""
        kinds = known_kinds()
        return [
            one
            for name, config in self.sections
            for one in kinds[name]().build(config, self.context)
        ]


def unpacked(data: bytes) -> Job:
    """Return a job from its bytes, which come from the process that has started this one."""
    job = ForkingPickler.loads(data)
    if not isinstance(job, Job):
        raise TypeError("not a job")
    return job
