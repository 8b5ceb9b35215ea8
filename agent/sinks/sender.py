"""A sink over the spool: batches are rendered, spooled, and sent until the database has taken them.

Every sample is sent at least once. It carries its time, so the same bytes sent twice are stored
once, where the database removes doubles (`doubles`). What an answer means:

    2xx                      taken: the spool forgets the samples
    400, 422                 a part is bad: halved until it stands alone and becomes a dead letter
    413                      too much at once: halved; a single part too large is a dead letter
    401, 403                 kept and tried again, with secrets that are read again
    404, 3xx, other          kept and tried again: the operator must mend something
    429, 5xx                 tried again later, and never before Retry-After
    time-out, no connection  tried again later; it may have been stored, so the same is sent again

There is no last attempt: only the spool's quota ends the waiting.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client.registry import CollectorRegistry

from agent.sinks.base import Format, Reply, Wire
from agent.sinks.chunk import Chunk
from agent.sinks.doubles import Doubles
from agent.sinks.halving import ABORTED, FAULT, TOO_LARGE, send_apart
from agent.sinks.metrics import SinkMetrics
from agent.sinks.outage import Outage
from agent.sinks.rows import DeadLetter
from agent.sinks.spool import Spool
from collectors.base import Batch, ConfigError

log: Final = logging.getLogger("hubgauge.sink")

REQUEST_RAW: Final = 2 * 2**20
"""Bytes before packing in one request."""
LEAST_RAW: Final = 64 * 1024
"""The least that 413 brings the bytes of a request down to."""
_LOOK_SECONDS: Final = 0.02
_RANDOM: Final = random.SystemRandom()
REFUSED: Final = frozenset({"401", "403"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait, in seconds, between attempts that fail and between small requests.

    The wait after a failure doubles from `first` to `most`. Each is shortened at random, down to
    half of it, so that a thousand agents do not come back at the same moment. The next request is
    at least `linger` behind one that was not full, so that more can gather.
    """

    first: float = 0.5
    most: float = 15.0
    linger: float = 1.0

    def wait(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        longest = min(self.most, self.first * 2.0 ** min(failures - 1, 30))
        return longest * _RANDOM.uniform(0.5, 1.0)


class SpooledSink:
    """Keeps batches in a spool, and sends them until the database has taken them."""

    def __init__(
        self,
        *,
        name: str,
        form: Format,
        wire: Wire,
        spool: Spool,
        registry: CollectorRegistry,
        pace: Pace | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.spool: Final = spool
        self.requests: Final[Counter[str]] = Counter()
        """Requests by what came of them."""
        self.up: bool | None = None
        """Whether the database takes writes; None before the first request."""
        self.doubles: Final = Doubles(name, wire)
        self._form = form
        self._wire: Final = wire
        self._registry: Final = registry
        self._pace: Final = pace or Pace()
        self._wall_clock: Final = wall_clock
        self._failures = 0
        self._outage: Final = Outage(name, wire)
        self._more = False
        self._reach = REQUEST_RAW  # bytes that are read for a request
        self._request_raw = REQUEST_RAW  # smaller once the database has said 413
        self._stopping: Final = threading.Event()
        self._hurrying: Final = threading.Event()
        self._thread: threading.Thread | None = None
        self._metrics: Final = SinkMetrics(self)

    def start(self) -> None:
        """Open the spool and begin to send.

        Raises SpoolLocked if another process holds the spool.
        """
        self.spool.start()
        self._registry.register(self._metrics)
        self._thread = threading.Thread(
            target=self._send_loop, name=f"sink-{self.name}", daemon=True
        )
        self._thread.start()

    def accept(self, batch: Batch) -> None:
        """Take a batch: render it here, on the event loop, and leave the rest to threads."""
        try:
            data, samples = self._form.render(batch)
            if samples:
                self.spool.put(batch.time, data, samples, self._form.key(batch))
        except Exception:  # a consumer must not cost its neighbours anything
            log.exception(
                "sink %s: a batch of %s could not be rendered", self.name, batch.collector
            )

    def stop(self, timeout: float) -> None:
        """Stop sending, and write all accepted samples to disk, within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        self._hurrying.set()
        self.spool.work.set()
        self._wire.close()
        if self._thread is not None:
            self._thread.join(timeout / 4)
        self.spool.close(max(0.1, deadline - time.monotonic()))
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
            self._thread = None
            self._registry.unregister(self._metrics)

    def send_last(self, seconds: float) -> None:
        """Send what waits without lingering, while the database takes it.

        Blocks for `seconds` at most.
        """
        end = time.monotonic() + seconds
        self._hurrying.set()
        while self.up is not False and self.spool.state().waiting and time.monotonic() < end:
            self._stopping.wait(_LOOK_SECONDS)

    def _send_loop(self) -> None:
        gathers_until = 0.0
        while not self._stopping.is_set():
            self.spool.work.wait()
            self.spool.work.clear()
            while not self._stopping.is_set() and self.spool.has_waiting:
                # Waited for here and not behind a request: so nothing wakes a sink that is done.
                self._hurrying.wait(max(0.0, gathers_until - time.monotonic()))
                if self._stopping.is_set():
                    return
                try:
                    full = self._send_oldest()
                    if self.up and not self._hurrying.is_set():
                        self.doubles.ask()
                except Exception:  # the thread must live; what waits is still there
                    log.exception("sink %s: unexpected error", self.name)
                    self.spool.release()
                    full = False
                    self._stopping.wait(self._pace.most)
                gathers_until = 0.0 if full else time.monotonic() + self._pace.linger

    def _send_oldest(self) -> bool:
        """Send one request; returns whether it was a full one, so that more is likely to wait."""
        reach = min(self._reach, self._request_raw)
        chunks = self.spool.oldest(reach, self._fit)
        if not chunks:
            return False
        raw = sum(chunk.raw for chunk in chunks)
        full = self._more or raw > reach // 2
        # What does not fit is read again next time, so only little more than fits is read at all.
        self._reach = min(self._request_raw, 2 * (raw if self._more else reach))
        reply = self._post(self._form.join([chunk.payload for chunk in chunks]))
        if reply.taken:
            self.spool.done(chunks)
        elif reply.code in FAULT:
            if reply.code == TOO_LARGE:
                self._request_raw = max(LEAST_RAW, min(self._request_raw, raw) // 2)
            self._send_apart(chunks, reply)
        else:
            self.spool.release()  # read again next time: the quota may drop it meanwhile
            self._hold(reply)
        return full

    def _fit(self, payloads: Sequence[bytes]) -> int:
        """Return how many go in this request, and note whether some are left for the next."""
        some = self._form.fit(payloads)
        self._more = some < len(payloads)
        return some

    def _send_apart(self, chunks: Sequence[Chunk], reply: Reply) -> None:
        """Send what was refused in smaller portions.

        What is refused alone becomes a dead letter.
        """
        parts = [part for chunk in chunks for part in self._form.parts(chunk.payload)]
        refused = send_apart(parts, reply, self._ask, self._form.alike)
        if refused is None:
            self.spool.release()
            return
        now = self._wall_clock()
        letters = [
            DeadLetter(time=now, reason=str(reply), content=self._form.letter(part))
            for part, reply in refused
        ]
        self.spool.done(chunks, letters, sum(self._form.count(part) for part, _ in refused))
        if letters:
            log.warning(
                "sink %s: %d lines became dead letters: %s",
                self.name,
                len(letters),
                letters[0].reason,
            )

    def _ask(self, parts: Sequence[bytes]) -> Reply:
        """Send parts until the database takes them or finds fault with them, or the sink stops."""
        body = self._form.join([self._form.pack(parts)])
        while not self._stopping.is_set():
            reply = self._post(body)
            if reply.taken or reply.code in FAULT:
                return reply
            self._hold(reply)
        return Reply(code=ABORTED)

    def _post(self, body: bytes) -> Reply:
        reply = self._wire.post(body)
        if reply.code == ABORTED:
            return reply
        self.requests[reply.code] += 1
        # Fault found with single parts shows that the database is there and lets us write.
        if reply.taken or reply.code in FAULT:
            self._failures = 0
            if self.up is False:
                self._outage.is_over()
                self.doubles.ask_soon()
            self.up = True
        return reply

    def _hold(self, reply: Reply) -> None:
        """Note that the database took nothing, and wait: as it asks, else longer each time."""
        if reply.code == ABORTED:
            return
        self._failures += 1
        self.up = False
        self._outage.goes_on(reply)
        if reply.code in REFUSED:
            try:
                self._wire.renew()
            except ConfigError as error:
                log.debug("sink %s: %s", self.name, error)
        wait = self._pace.wait(self._failures)
        if reply.retry_after:
            wait = reply.retry_after + min(wait, self._pace.first)
        self._stopping.wait(wait)
