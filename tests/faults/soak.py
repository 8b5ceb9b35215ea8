"""Fault 24: faults of the database and the wire, one after another at random."""

from __future__ import annotations

import random
import time
from contextlib import nullcontext
from pathlib import Path

import psutil

from tests.agent.sinks.peers import Wire, drained
from tests.faults.answers import WIRES
from tests.faults.databases import Base
from tests.faults.feed import Feed

MOST_MIB = 50
DICE = random.Random(24)


def soak(base: Base, folder: Path, seconds: float) -> str:
    """Let random faults follow one another for so long; watch the memory."""
    feed = Feed()
    process = psutil.Process()
    faults = 0
    with (
        Wire(base.port).up() as wire,
        base.sink(wire.url, folder, timeout=1.0) as made,
    ):
        end = time.monotonic() + seconds
        with base.up():
            feed.push_for(made, 0.2)
            drained(made)
        began = process.memory_info().rss
        while time.monotonic() < end:
            with base.up():
                for _ in range(DICE.randrange(1, 6)):
                    wire.fault = DICE.choice(("none", "lose_answer", *WIRES))
                    wire.cut()
                    with base.frozen() if wire.fault == "none" else nullcontext():
                        feed.push_for(made, 0.3)
                    wire.fault = "none"
                    wire.cut()
                    feed.push_for(made, 0.3)
                    faults += 1
                base.end()
                feed.push_for(made, 0.2)
                faults += 1
        with base.up():
            drained(made)
            wire.cut()
            grown = max(0, process.memory_info().rss - began) / 2**20
            figure = feed.account(base, made)
    assert grown < MOST_MIB
    return f"{faults} faults in {seconds:g} s; {figure}; memory +{grown:.0f} MiB"
