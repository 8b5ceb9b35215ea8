"""The program of a worker process: `python -m agent.workers SOCKET`.

It reads the devices of its job until the agent closes the socket. Signals to end or to reload are
for the agent alone: a service manager sends them to all processes at once. If the agent dies, the
kernel ends its workers.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from prometheus_client.registry import CollectorRegistry

from agent.process import collect_seldom
from agent.reload import free_what_was_replaced
from agent.runner import Runner
from agent.selfmetrics import SelfMetrics
from agent.standstill import run_watched, take_time
from agent.workers.frames import FrameReader, Kind
from agent.workers.job import Job, unpacked
from agent.workers.outbox import LogLines, Outbox

_PULSE_SECONDS: Final = 1.0
_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


class _Jobs(asyncio.Protocol):
    """The worker's end of the socket. Jobs come in on it; when it closes, the worker ends."""

    def __init__(self) -> None:
        self.queue: Final[asyncio.Queue[bytes | None]] = asyncio.Queue()
        self._reader: Final = FrameReader()

    def data_received(self, data: bytes) -> None:
        """Take what came; the agent sends nothing but jobs."""
        for kind, body in self._reader.feed(data):
            if kind is Kind.JOB:
                self.queue.put_nowait(body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the worker to end: the agent has closed the socket, or is gone."""
        del exc
        self.queue.put_nowait(None)


async def serve(end: socket.socket) -> int:
    """Read the devices of each job until the socket is closed."""
    loop = asyncio.get_running_loop()
    transport, jobs = await loop.create_unix_connection(_Jobs, sock=end)
    outbox = Outbox(transport)
    handler = LogLines(outbox, loop)
    logging.getLogger().addHandler(handler)
    runner: Runner | None = None
    pulse: asyncio.Task[None] | None = None
    while (data := await jobs.queue.get()) is not None:
        if pulse is not None:
            pulse.cancel()
        if runner is not None:
            await runner.stop()
        take_time()
        job = unpacked(data)
        del data
        metrics = SelfMetrics(CollectorRegistry())
        runner = _runner(job, outbox, metrics)
        free_what_was_replaced()
        outbox.begin(job.generation)
        runner.start()
        pulse = loop.create_task(_tell(runner, outbox, metrics))
    logging.getLogger().removeHandler(handler)
    if pulse is not None:
        pulse.cancel()
    if runner is not None:
        await runner.stop()
    return 0


def _runner(job: Job, outbox: Outbox, metrics: SelfMetrics) -> Runner:
    root = logging.getLogger()
    root.setLevel(logging.CRITICAL)  # the agent has already logged the notices of the config
    collectors = job.collectors()
    root.setLevel(job.log_level.upper())
    runner = Runner(
        snapshot=outbox,
        metrics=metrics,
        places=job.context.places,
    )
    runner.report(outbox.told, hold_while=outbox.full)
    runner.add(collectors, silent=job.silent)
    return runner


async def _tell(runner: Runner, outbox: Outbox, metrics: SelfMetrics) -> None:
    """Send once a second how this worker is doing; the agent takes that as its sign of life."""
    while True:
        outbox.pulse(runner.strain(), metrics)
        await asyncio.sleep(_PULSE_SECONDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker until its socket is closed."""
    collect_seldom()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parent = os.getppid()
    with suppress(AttributeError, OSError):  # no prctl: not Linux
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 0  # the agent ended before the kernel was asked
    (descriptor,) = sys.argv[1:] if arguments is None else arguments
    return run_watched(serve(socket.socket(fileno=int(descriptor))))
