"""Line protocol that leaves out lines without a changed value, until a heartbeat is due.

Half of what a hub reads does not move: limits, states, energies of idle outlets. A line is pushed
when one of its values has changed, and all lines of a source at once in each heartbeat. So whoever
reads the database finds the last value within a heartbeat, and knows by then that it is still so.
What is older than a line beside it that never changes is no longer told.
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
    """The lines of a source as they were pushed last: the hash of each."""

    lines: array[int] = field(default_factory=lambda: array("q"))
    whole: float = 0.0
    """When all of them were pushed."""


class ChangedLines(LineFormat):
    """Renders what has changed, and everything once in `heartbeat` seconds."""

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
        before, said.lines = said.lines, hashes
        if len(hashes) != len(before) or not 0 <= batch.time - said.whole < self._heartbeat:
            said.whole = batch.time
            return text, samples
        pairs = zip(lines, hashes, before, strict=True)
        chosen = [line for line, now, then in pairs if now != then]
        return b"".join(chosen), sum(map(samples_of, chosen))
