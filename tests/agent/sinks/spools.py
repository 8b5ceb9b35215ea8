"""Spools for tests, and what they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.sinks.lineprotocol import LineFormat
from agent.sinks.spool import Spool
from tests.support import wait_for

MIB = 2**20


FORM = LineFormat({})


@contextmanager
def spool(
    path: Path, *, max_bytes: int = 64 * MIB, window: float = 0.001, **more: object
) -> Iterator[Spool]:
    made = Spool(path, pack=FORM.pack, max_bytes=max_bytes, window=window, **more)
    made.start()
    try:
        yield made
    finally:
        made.close(5.0)


def noise(size: int) -> bytes:
    """Return lines that hardly compress."""
    return os.urandom(size // 2).hex().encode() + b" v=1.0 1\n"


def is_on_disk(made: Spool) -> bool:
    """Tell whether nothing that waits is only in memory."""
    with made._accounts.lock:
        return not made._memory.samples


def put_synced(made: Spool, when: float, lines: bytes, samples: int = 1) -> None:
    made.put(when, lines, samples)
    wait_for(lambda: is_on_disk(made))


def balanced(made: Spool) -> bool:
    state = made.state()
    return state.collected + state.recovered == state.sent + state.waiting + sum(
        state.dropped.values()
    )


def waiting_times(made: Spool) -> list[float]:
    """Drain a spool; returns the times of what it held, in order."""
    times = []
    while chunks := made.oldest(MIB):
        times += [chunk.time for chunk in chunks]
        made.done(chunks)
    return times
