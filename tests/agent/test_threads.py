"""How many threads the collectors that block have."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from agent.threads import Threads
from tests.support import HANGS, until


async def test_threads_that_are_not_needed_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four calls at once take four threads. One stays stuck; beside it a single idle one is left.

    By hand: each submission may end one of several idle threads, so two submissions end two of the
    three, and further ones none.
    """
    monkeypatch.setattr("agent.threads._PATIENCE", 0.0)
    before, began = set(threading.enumerate()), []
    soon, late = threading.Event(), threading.Event()

    def waits(gate: threading.Event) -> None:
        began.append(gate)
        gate.wait()

    def own() -> int:
        return len([one for one in threading.enumerate() if one not in before])

    threads = Threads()
    stuck, *others = [threads.submit(partial(waits, gate)) for gate in (late, soon, soon, soon)]
    await until(lambda: len(began) == 4)
    assert own() == 4
    soon.set()
    await asyncio.wait_for(asyncio.gather(*others), HANGS)
    monkeypatch.setattr("agent.threads._PATIENCE", 3600.0)  # from here on none is started
    monkeypatch.setattr("agent.threads._SPARE_SECONDS", 0.0)
    threads._spare_until = 0.0
    for _ in range(5):
        assert await asyncio.wait_for(threads.submit(int), HANGS) == 0
    await until(lambda: own() == 2)
    assert not stuck.done()
    late.set()
    await asyncio.wait_for(stuck, HANGS)
    threads.close()
