"""Numbered samples for a sink, and the oracle: each is stored once, at its time, and no other."""

from __future__ import annotations

import time
from dataclasses import dataclass

from agent.sinks.sender import SpooledSink
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import balanced, batch
from tests.faults.databases import Base
from tests.support import wait_for

RACKS = 50
PERIOD = 0.05
"""Seconds between batches: a thousand samples a second."""


@dataclass(kw_only=True)
class Feed:
    """Pushes batches into one sink after another, and knows what was pushed."""

    step: float = 1.0
    """Seconds between the times that successive batches carry."""
    turns: int = 0
    slowest: float = 0.0
    """Seconds that the longest hand-over to the sink took."""

    @property
    def samples(self) -> int:
        """How many were handed over."""
        return self.turns * RACKS

    def moment(self, turn: int) -> int:
        """Return the time of a batch in milliseconds."""
        return round((T0 + turn * self.step) * 1000)

    def push(self, made: SpooledSink) -> None:
        """Hand over the next batch."""
        began = time.perf_counter()
        made.accept(batch(self.turns, when=T0 + self.turns * self.step, racks=RACKS))
        self.slowest = max(self.slowest, time.perf_counter() - began)
        self.turns += 1

    def push_for(self, made: SpooledSink, seconds: float) -> None:
        """Hand over a thousand samples a second for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.push(made)
            time.sleep(PERIOD)

    def account(self, base: Base, made: SpooledSink) -> str:
        """Check that what is stored is exactly what was pushed; returns it as a figure."""
        assert balanced(made), made.spool.state()
        assert not made.spool.state().dropped
        times = [(self.moment(turn), float(turn)) for turn in range(self.turns)]

        def stored() -> int:
            return base.count("test_rack", "power_watts")

        wait_for(lambda: stored() >= self.samples, what=f"{self.samples} samples in {base.name}")
        assert stored() == self.samples
        rows = base.rows("test_rack", "power_watts", "rack")
        assert rows == {f"A{index:03d}": times for index in range(RACKS)}
        return f"{self.samples:,} samples: 0 lost, 0 doubled"
