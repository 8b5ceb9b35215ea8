"""One worker process as the agent sees it: started, watched, and started again when it ends.

The end of a worker makes none of its devices silent. Their last values stay until they expire as
always, and a new worker reads them soon. So the end costs them a round. All rounds until then are
counted late.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from agent.health import WorkerHealth
from agent.workers.decode import Decoder, Metrics, Pulse, Told
from agent.workers.frames import BadFrame, FrameReader, Kind, frame
from agent.workers.job import Job
from agent.workers.missed import Missed
from agent.workers.remote import Remote

log = logging.getLogger(__name__)

_SILENT_SECONDS: Final = 30.0
"""Seconds. A worker that says nothing for longer, while the agent runs, stands still: it is killed.
"""
_BUILD_SECONDS: Final = 300.0
"""Seconds that it may take to make the collectors of a job."""
_LOOK_SECONDS: Final = 1.0
"""Seconds between two looks at whether it has been heard of."""
_CLOSE_SECONDS: Final = 2.5
"""Seconds that it may take to end its sessions with devices."""
_PAUSES: Final = (0.2, 30.0)
"""The shortest and the longest wait, in seconds, until a worker is started again."""
_LIVED: Final = 10.0
"""After a worker that ran for more than this many seconds, the wait is the shortest. It doubles
each time a worker ends sooner."""


class Link(asyncio.Protocol):
    """The agent's end of the socket to a worker: its frames come in."""

    def __init__(
        self, metrics: Metrics, told: Callable[[Told], None], begins: Callable[[], None]
    ) -> None:
        """`begins` is called when the worker begins with its newest job."""
        self.closed: Final = asyncio.Event()
        self.generation = 0
        """The generation of the newest job. Frames of an earlier job are dropped."""
        self.began = False
        """Whether that job has begun."""
        self.heard_at = asyncio.get_running_loop().time()
        self.wrong = ""
        self._metrics: Final = metrics
        self._told: Final = told
        self._begins: Final = begins
        self._reader: Final = FrameReader()
        self._decoder = Decoder(metrics)
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take frames in. After a broken frame the connection is closed, so the worker ends."""
        self.heard_at = asyncio.get_running_loop().time()
        try:
            for kind, body in self._reader.feed(data):
                self._take(kind, body)
        except BadFrame as error:
            self.wrong = str(error)
            self.end()

    def end(self) -> None:
        """Close the connection at once: the worker ends when it sees that."""
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    def _take(self, kind: Kind, body: bytes) -> None:
        if kind is Kind.BEGIN:
            self.began = int.from_bytes(body, "big") == self.generation
            if self.began:
                self._begins()
            self._decoder = Decoder(self._metrics)
        elif self.began or kind is Kind.LINE:
            told = self._decoder.told(kind, body)
            if told is not None:
                self._told(told)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it has ended."""
        del exc
        self.closed.set()


class Worker:
    """Keeps one worker process running, with the job that it is given."""

    def __init__(self, number: int, metrics: Metrics, told: Callable[[Told], None]) -> None:
        self.number: Final = number
        self.restarts = 0
        self.pulse: Pulse | None = None
        """Its last report on itself; None until the first one comes."""
        self._metrics: Final = metrics
        self._told: Final = told
        self._job: Callable[[], Job] | None = None
        self._link: Link | None = None
        self._transport: asyncio.Transport | None = None
        self._process: Process | None = None
        self._running: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._late_before: Counter[str] = Counter()
        self._missed: Final = Missed(asyncio.get_running_loop().time)
        self._spent = 0.0
        self._closing = False

    @property
    def pid(self) -> int | None:
        """Its process id; None while it is being started."""
        return self._process.pid if self._process is not None else None

    @property
    def late_rounds(self) -> Counter[str]:
        """Rounds not run or read in time, over all restarts, by the collector's name."""
        told = self._late_before + Counter(self.pulse.late_rounds if self.pulse else {})
        return told + self._missed.rounds()

    @property
    def cpu_seconds(self) -> float:
        """The CPU time that it has used over all restarts, in seconds."""
        return self._spent + (self.pulse.cpu_seconds if self.pulse else 0.0)

    @property
    def lag(self) -> float:
        """The longest time, in seconds, that it did not look at its sockets or sent nothing."""
        silent = 0.0
        if self._link is not None and self._link.began:
            silent = asyncio.get_running_loop().time() - self._link.heard_at
        told = self.pulse.lag_seconds if self.pulse is not None else 0.0
        return max(told, silent if silent > 2 * _LOOK_SECONDS else 0.0)

    @property
    def stretch(self) -> float:
        """How many times longer than asked its intervals are; 1 while nothing is known."""
        return self.pulse.stretch if self.pulse is not None else 1.0

    def health(self) -> WorkerHealth:
        """Return how it is doing."""
        return WorkerHealth(
            number=self.number,
            restarts=self.restarts,
            cpu_seconds=self.cpu_seconds,
            resident_bytes=self.pulse.resident_bytes if self.pulse is not None else None,
            lag_seconds=self.lag,
        )

    def begin(self, job: Callable[[], Job], devices: Sequence[Remote]) -> None:
        """Have it read other devices from now on; start it if it does not run."""
        self._job = job
        self._missed.has(devices)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        elif self._link is not None:
            self._sending = asyncio.create_task(self._send_anew(self._link))

    def ignore(self) -> None:
        """Drop all frames until it gets another job."""
        if self._link is not None:
            self._link.began = False
            self._link.generation = -1

    async def close(self) -> None:
        """End it."""
        self._closing = True
        if self._running is None:
            return
        if self._transport is None:
            self._running.cancel()
        else:
            self._transport.close()
        done, _ = await asyncio.wait({self._running}, timeout=_CLOSE_SECONDS)
        if not done:
            self._running.cancel()
            await asyncio.wait({self._running}, timeout=_CLOSE_SECONDS)

    async def _run(self) -> None:
        shortest, longest = _PAUSES
        pause = shortest
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                why = await self._life()
            except OSError as error:
                why = f"cannot be started: {error.strerror or error}"
            except Exception:  # a fault of ours costs this worker its job, not the one who keeps it
                log.exception("worker %d has no job", self.number)
                why = "was ended, for it had no job"
            if self._closing:
                return
            pause = shortest if loop.time() - began > _LIVED else min(2 * pause, longest)
            self.restarts += 1
            log.error("worker %d %s; it is started again in %.1f s", self.number, why, pause)
            await asyncio.sleep(pause)

    async def _life(self) -> str:
        """Run a process from its start to its end; return how it ended."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "agent.workers", str(theirs.fileno())),
                    pass_fds=(theirs.fileno(),),
                    stdin=DEVNULL,
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise
        transport, link = await loop.create_unix_connection(
            lambda: Link(self._metrics, self._told_of, self._missed.began), sock=ours
        )
        self._link, self._transport = link, transport
        try:
            await self._send(link)
            why = await self._watch(link)
            if not why:  # the socket is closed, so it is ending
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _CLOSE_SECONDS)
        finally:
            self._link = self._transport = None
            transport.abort()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
            self._process = None
            self._note_end()
        if why:
            return why
        status = process.returncode or 0
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else "ended"

    async def _send(self, link: Link) -> None:
        """Send the job. A thread packs it, because it may hold many devices."""
        make = self._job
        if make is None:
            return
        job = make()
        data = await asyncio.to_thread(job.packed)
        if link is self._link and self._transport is not None and make is self._job:
            link.generation, link.began = job.generation, False
            self._transport.write(frame(Kind.JOB, data))

    async def _send_anew(self, link: Link) -> None:
        """Send a running worker its next job. One that gets none is ended, and started again."""
        try:
            await self._send(link)
        except Exception:
            log.exception("worker %d gets no new job", self.number)
            link.end()

    async def _watch(self, link: Link) -> str:
        """Wait until it ends; return why, if it did not end by itself."""
        loop = asyncio.get_running_loop()
        while not link.closed.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(link.closed.wait(), _LOOK_SECONDS)
            most = _SILENT_SECONDS if link.began else _BUILD_SECONDS
            if loop.time() - link.heard_at > most and not self._closing:
                return f"said nothing for {most:g} s"
        return f"sent a broken frame ({link.wrong})" if link.wrong else ""

    def _told_of(self, told: Told) -> None:
        if isinstance(told, Pulse):
            before = self.pulse.late_rounds if self.pulse is not None else {}
            if sum(told.late_rounds.values()) < sum(before.values()):  # it has another job now
                self._late_before.update(before)
            self.pulse = told
        self._told(told)

    def _note_end(self) -> None:
        """Add the counters of the process that ended to the totals."""
        if self.pulse is not None:
            self._late_before.update(self.pulse.late_rounds)
        self._spent = self.cpu_seconds
        self.pulse = None
        self._missed.ended()
