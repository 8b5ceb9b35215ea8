"""Line protocol that leaves out lines without a changed value, until a heartbeat is due.

Half of what a hub reads does not move: limits, states, energies of idle outlets. A line is pushed
when one of its values has changed, and at least once in each heartbeat. So whoever reads the
database finds the last value within a heartbeat, and knows by then that it is still so.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.sinks.lineprotocol import MAX_LAYOUTS, LineFormat, samples_of
from collectors.base import Batch


@dataclass(slots=True, kw_only=True)
class _Said:
    """The lines of a source as they were pushed last: the hash of each, and its time."""

    lines: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))


class ChangedLines(LineFormat):
    """Renders what has changed, and everything else once in `heartbeat` seconds."""

    def __init__(self, tags: Mapping[str, str], heartbeat: float) -> None:
        super().__init__(tags)
        self._heartbeat: Final = heartbeat
        self._said: Final[dict[tuple[str, str], _Said]] = {}

    def render(self, batch: Batch) -> tuple[bytes, int]:
        """Return the lines to push, and how many samples they hold."""
        text, samples = super().render(batch)
        lines = text.splitlines(keepends=True)
        if len(self._said) >= MAX_LAYOUTS:
            self._said.clear()
        said = self._said.setdefault(batch.source, _Said())
        # The time stands behind the last space, and no value has one.
        hashes = array("q", [hash(line[: line.rindex(b" ")]) for line in lines])
        if len(hashes) != len(said.lines):
            said.lines, said.times = hashes, array("d", [batch.time]) * len(hashes)
            return text, samples
        due = [
            number
            for number, (now, before) in enumerate(zip(hashes, said.lines, strict=True))
            if now != before or not 0 <= batch.time - said.times[number] < self._heartbeat
        ]
        for number in due:
            said.lines[number], said.times[number] = hashes[number], batch.time
        if len(due) == len(lines):
            return text, samples
        chosen = [lines[number] for number in due]
        return b"".join(chosen), sum(map(samples_of, chosen))
