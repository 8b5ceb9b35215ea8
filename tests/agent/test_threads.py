"""How many threads the collectors that block have."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from agent.threads import Job, Threads
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


async def test_what_grew_while_a_call_waited_is_not_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It waits for ten seconds in which others compute and take 1000 MiB, and then computes for a
    second, alone, in which the process grows by 10 MiB: these 10 MiB are its own.
    """
    used = {"thread": 0.0, "process": 0.0}
    monkeypatch.setattr("agent.threads.cpu_seconds", lambda _: used["thread"])
    monkeypatch.setattr("agent.threads.process_seconds", lambda: used["process"])
    found: list[float] = []

    def call() -> None:
        found.append(job.growth(0.0, 0))
        used["process"] = 10.0
        found.append(job.growth(10.0, 1000 * 2**20))
        used.update(thread=1.0, process=11.0)
        found.append(job.growth(11.0, 1010 * 2**20))

    job = Job("waits", call)
    job.run()
    assert found == [0.0, 0.0, 10 * 2**20]


async def test_what_is_done_is_told_while_the_next_call_is_stuck() -> None:
    """One thread has two calls. The first one's result does not wait for the second one to end.

    When both are done, nothing is left that would wake the loop.
    """
    both, gate = threading.Event(), threading.Event()
    threads = Threads(limit=1)
    first, stuck = threads.submit(both.wait), threads.submit(gate.wait)
    both.set()
    assert await asyncio.wait_for(first, HANGS)
    assert not stuck.done()
    watch = threads._watch
    assert watch is not None
    gate.set()
    assert await asyncio.wait_for(stuck, HANGS)
    assert watch.cancelled()
    assert (threads._watch, threads._relief) == (None, None)
    threads.close()


async def test_what_is_done_while_the_pool_is_looked_after_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call ends, and its thread takes the next one, just after the pool has told what was done.

    Its result does not wait for the next call to end.
    """
    ends, taken, gate = threading.Event(), threading.Event(), threading.Event()
    threads = Threads(limit=1)
    settle = threads.settle

    def then_one_ends() -> None:
        settle()
        monkeypatch.undo()
        ends.set()
        assert taken.wait(HANGS)

    def next_one() -> bool:
        taken.set()
        return gate.wait()

    first, stuck = threads.submit(ends.wait), threads.submit(next_one)
    monkeypatch.setattr(threads, "settle", then_one_ends)
    assert await asyncio.wait_for(first, HANGS)
    assert not stuck.done()
    gate.set()
    assert await asyncio.wait_for(stuck, HANGS)
    assert threads._relief is None
    threads.close()


async def test_a_call_that_outlives_the_pool_is_told_of() -> None:
    """The threads are told to end while a call is under way: its result arrives."""
    gate = threading.Event()
    threads = Threads()
    late = threads.submit(gate.wait)
    await until(lambda: threads._relief is None)
    threads.close()
    gate.set()
    assert await asyncio.wait_for(late, HANGS)
