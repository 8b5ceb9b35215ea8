"""What a worker sends: bounded where the agent is slow, and texts only where they change."""

from __future__ import annotations

import asyncio
import logging
import socket
from array import array
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from agent.health import Progress
from agent.selfmetrics import SelfMetrics
from agent.task import Task
from agent.workers import outbox as sending
from agent.workers.decode import Decoder, Knows, Line, Metrics, Pulse, Said, Told, Went
from agent.workers.frames import FrameReader, Kind
from agent.workers.outbox import LogLines, Outbox
from collectors.base import Batch
from collectors.batch import Layout
from tests.agent.fakes import UP, VALUE, AsyncFake, make
from tests.support import until


class Ends:
    """Both ends of a worker's socket; the agent's end reads when a test says so."""

    def __init__(self, outbox: Outbox, agent: socket.socket) -> None:
        self.outbox, self.agent = outbox, agent
        known = Metrics()
        known.add((UP, VALUE))
        self._reader, self._decoder = FrameReader(), Decoder(known)

    def told(self) -> list[Told]:
        """Return what has arrived."""
        found = []
        while True:
            try:
                data = self.agent.recv(1 << 20)
            except BlockingIOError:
                return found
            for kind, body in self._reader.feed(data):
                told = None if kind is Kind.BEGIN else self._decoder.told(kind, body)
                if told is not None:
                    found.append(told)


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    agent, worker = socket.socketpair()
    agent.settimeout(0.0)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_unix_connection(asyncio.Protocol, sock=worker)
    with agent:
        yield Ends(Outbox(transport), agent)
        transport.abort()
        await asyncio.sleep(0)


LAYOUT = Layout(tuple(VALUE.series(str(n)) for n in range(100)))


def batch(time: float) -> Batch:
    columns = (LAYOUT, array("d", [time]) * 100)
    return Batch(collector="fake", device="d", time=time, lifetime=60.0, columns=columns)


async def test_what_waits_for_a_slow_agent_is_bounded(ends: Ends) -> None:
    """While more than 1 MiB waits nothing more is to be read; all of it arrives in its order."""
    outbox = ends.outbox
    sent = 0
    while not outbox.full():
        outbox.update(batch(float(sent)))
        sent += 1
        await asyncio.sleep(0)
    waits = sent * 825
    assert 2**20 < waits < 2**20 + 2**23, "what the kernel keeps is beside it"
    found: list[Told] = []

    def all_there() -> bool:
        found.extend(ends.told())
        return len(found) == sent

    await until(all_there)
    assert [one.time for one in found if isinstance(one, Batch)] == [float(n) for n in range(sent)]
    assert not outbox.full()


async def test_no_round_begins_while_what_was_read_waits() -> None:
    """The rounds that are left out are late, and not held against the device."""
    held, asked = [False], [0]

    def does() -> Any:
        asked[0] += 1
        return [(VALUE.series("d"), 1.0)]

    runner, _, _ = make(AsyncFake("d", does, interval=0.05, timeout=5.0))
    runner.report(lambda _: None, hold_while=lambda: held[0])
    runner.start()
    await until(lambda: asked[0] > 2)
    held[0] = True
    await asyncio.sleep(0)
    before = asked[0]
    await until(lambda: runner.progress().late_rounds.get("fake", 0) > 3)
    assert asked[0] <= before + 1
    assert [one.ok for one in runner.health()] == [True]
    held[0] = False
    await until(lambda: asked[0] > before + 2)
    await runner.stop()


async def test_texts_are_sent_where_they_change(ends: Ends) -> None:
    """Of three rounds that fail alike: how each went, and once why."""
    outbox = ends.outbox
    task = Task(collector=AsyncFake("d", list))
    task.ok, task.last_error, task.last_reason, task.heard = False, "no answer", "unreachable", True
    for _ in range(3):
        outbox.told(task)
    found: list[Told] = []

    def enough() -> bool:
        found.extend(ends.told())
        return sum(isinstance(one, Went) for one in found) == 3

    await until(enough)
    (said,) = (one for one in found if isinstance(one, Said))
    assert (said.last_error, said.last_reason, said.notice) == ("no answer", "unreachable", "")
    (knows,) = (one for one in found if isinstance(one, Knows))
    assert knows.up_series == (UP.series("d"),)
    assert [one.heard for one in found if isinstance(one, Went)] == [True] * 3


async def test_counters_are_sent_as_their_growth(ends: Ends) -> None:
    """2, then 3 more, then nothing."""
    outbox = ends.outbox
    metrics = SelfMetrics(CollectorRegistry())
    grown = []
    for more in (2, 3, 0):
        metrics.errors.labels("fake", "unreachable").inc(more)
        outbox.pulse(Progress(late_rounds={"fake": 7}), metrics)
    found: list[Told] = []

    def enough() -> bool:
        found.extend(ends.told())
        return len(found) == 3

    await until(enough)
    grown = [one.counts for one in found if isinstance(one, Pulse)]
    name = "hubgauge_collector_errors_total"
    assert grown == [
        ((name, ("fake", "unreachable"), 2.0),),
        ((name, ("fake", "unreachable"), 3.0),),
        (),
    ]


async def test_a_line_of_the_log_is_the_agents(ends: Ends) -> None:
    """With its arguments apart, for many lines of one kind are one line; a trace goes with it."""
    outbox = ends.outbox
    logger, handler = logging.getLogger("x"), LogLines(outbox, asyncio.get_running_loop())
    logger.addHandler(handler)
    logger.warning("%s: %d of %s", "d", 3, sending)
    try:
        int("50 %")
    except ValueError:
        logger.exception("%s: failed", "d")
    logger.removeHandler(handler)
    found: list[Told] = []

    def enough() -> bool:
        found.extend(ends.told())
        return len(found) == 2

    await until(enough)
    first, second = found
    assert isinstance(first, Line)
    assert (first.logger, first.level, first.message) == (
        "x",
        logging.WARNING,
        "%s: %d of %s",
    )
    assert first.arguments[:2] == ("d", 3)
    assert isinstance(second, Line)
    assert (second.message % second.arguments).endswith("'50 %'")
