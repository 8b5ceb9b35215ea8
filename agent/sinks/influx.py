"""The push: batches are rendered, spooled, and sent to a database that takes InfluxDB's write API until it has taken them.

At least once, and since every line carries its time, the same bytes sent twice are stored once. What an answer means:

    2xx                        taken: forgotten
    400, 422                   some line is bad: halved until it stands alone; only that line becomes a dead letter
    413                        too much at once: halved; a single line too large is a dead letter
    401, 403, 404, 3xx, other  the operator must mend something: kept and tried again; a new token is read
    429, 5xx                   later, and never before Retry-After
    time-out, no connection    later; the time-out may have been stored, so exactly the same is sent again

There is no last attempt: what ends the waiting is the spool's quota.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from agent.sinks.chunk import GZIP, LEVEL
from agent.sinks.delivery import Delivery, Reply
from agent.sinks.lineprotocol import LineRenderer, samples_in
from agent.sinks.metrics import SinkMetrics
from agent.sinks.rows import DeadLetter
from agent.sinks.spool import MEMORY, WINDOW, Spool
from collectors.base import Batch, ConfigError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from agent.config import Influx
    from agent.sinks.chunk import Chunk

log: Final = logging.getLogger("hubgauge.sink")

LINGER: Final = 1.0
"""Seconds between requests while there is little to send."""

REQUEST_RAW: Final = 2 * 2**20
BAD_LINES: Final = frozenset({"400", "422"})
TOO_LARGE: Final = "413"
FAULT: Final = BAD_LINES | {TOO_LARGE}
REFUSED: Final = frozenset({"401", "403"})
ABORTED: Final = frozenset({"aborted"})
LEAST_RAW: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait between attempts, in seconds: doubled from `first` to `most`, each time by chance down to half of it."""

    first: float = 0.5
    most: float = 15.0
    linger: float = LINGER

    def wait(self, failures: int) -> float:
        """Return the wait after so many failures in a row; by chance, so that a thousand agents do not come back at once."""
        longest = min(self.most, self.first * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - not for secrets


class InfluxSink:
    """A consumer of batches that gets them into a database, whatever happens in between."""

    def __init__(  # noqa: PLR0913 - what is injected, all of it with defaults but where it stands
        self,
        config: Influx,
        *,
        state_dir: Path,
        tags: Mapping[str, str],
        registry: CollectorRegistry,
        name: str = "influxdb",
        pace: Pace | None = None,
        memory_bytes: int = MEMORY,
        window: float = WINDOW,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name: Final = name
        self._place: Final = urlsplit(config.url).netloc.rpartition("@")[
            2
        ]  # a password in the URL is not for logs
        self._pace: Final = pace or Pace()
        self._wall_clock: Final = wall_clock
        self._monotonic: Final = monotonic
        self._renderer: Final = LineRenderer(tags)
        self._delivery: Final = Delivery(config, wall_clock=wall_clock, monotonic=monotonic)
        self.spool: Final = Spool(
            state_dir / f"spool-{name}.db",
            max_bytes=int(config.spool.max_bytes),
            when_full=config.spool.when_full,
            memory_bytes=memory_bytes,
            window=window,
            monotonic=monotonic,
        )
        self.requests: Final[Counter[str]] = Counter()
        self.up: bool | None = None
        self._failures = 0
        self._request_raw = REQUEST_RAW  # smaller once the database has said 413
        self._stop: Final = threading.Event()
        self._thread: threading.Thread | None = None
        self._registry: Final = registry
        self._metrics: Final = SinkMetrics(self)

    def start(self) -> None:
        """Open the spool and begin to send; raises SpoolLocked if another process holds the spool."""
        self.spool.start()
        self._registry.register(self._metrics)
        self._thread = threading.Thread(
            target=self._send_loop, name=f"sink-{self.name}", daemon=True
        )
        self._thread.start()

    def accept(self, batch: Batch) -> None:
        """Take a batch. Called on the event loop: renders it, and leaves the rest to threads. Never raises."""
        try:
            lines, samples = self._renderer.render(batch)
            if samples:
                self.spool.put(batch.time, lines, samples)
        except Exception:  # a consumer must not cost its neighbours anything
            log.exception(
                "sink %s: a batch of %s could not be rendered", self.name, batch.collector
            )

    def close(self, timeout: float) -> None:
        """Stop sending, and have everything that was accepted on disk when this returns, if that takes no longer than `timeout`."""
        deadline = self._monotonic() + timeout
        self._stop.set()
        self.spool.work.set()
        self._delivery.close()
        if self._thread is not None:
            self._thread.join(timeout / 4)
        self.spool.close(max(0.1, deadline - self._monotonic()))
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - self._monotonic()))
            self._thread = None
            self._registry.unregister(self._metrics)

    def _send_loop(self) -> None:
        while not self._stop.is_set():
            self.spool.work.wait()
            self.spool.work.clear()
            while not self._stop.is_set() and self.spool.has_waiting:
                try:
                    full = self._send_oldest()
                except Exception:  # the thread must live; what waits is still there
                    log.exception("sink %s: unexpected error", self.name)
                    self.spool.release()
                    full = False
                    self._stop.wait(self._pace.most)
                if not full:
                    self._stop.wait(self._pace.linger)

    def _send_oldest(self) -> bool:
        """Send one request's worth; returns whether there was a full request's worth, so that more is likely to wait."""
        chunks = self.spool.oldest(self._request_raw)
        if not chunks:
            return False
        reply = self._post(b"".join([chunk.payload for chunk in chunks]))
        if reply.taken:
            self.spool.done(chunks)
        elif reply.code in FAULT:
            if reply.code == TOO_LARGE:
                self._request_raw = max(
                    LEAST_RAW, min(self._request_raw, sum(chunk.raw for chunk in chunks)) // 2
                )
            self._send_apart(chunks, reply)
        else:
            self.spool.release()  # read again next time: the quota may drop it meanwhile
            self._hold(reply)
        return sum(chunk.raw for chunk in chunks) > self._request_raw // 2

    def _send_apart(self, chunks: Sequence[Chunk], reply: Reply) -> None:
        """Send what was refused as a whole in halves, and halves of halves, until only lines that are bad by themselves are left.

        One bad line in n costs at most 2 log2 n + 2 requests: where one half is good, the other is known to be bad without asking.
        """
        work: list[tuple[Sequence[bytes], Reply | None]] = [
            ([line for chunk in chunks for line in chunk.lines()], reply)
        ]
        dead: list[DeadLetter] = []
        while work:
            part, verdict = work.pop()
            verdict = verdict or self._ask(part)
            if len(part) > 1 and not verdict.taken and verdict.code not in ABORTED:
                left, right = part[: len(part) // 2], part[len(part) // 2 :]
                said = self._ask(left)
                # Nothing becomes a dead letter unasked, and 413 of a whole says nothing of its parts.
                inferred = said.taken and verdict.code in BAD_LINES and len(right) > 1
                work.append((right, verdict if inferred else None))
                if not said.taken:
                    work.append((left, said))
            elif verdict.code in ABORTED:
                self.spool.release()
                return
            elif not verdict.taken:
                reason = f"{verdict.code} {verdict.message}".strip()
                dead.append(DeadLetter(time=self._wall_clock(), reason=reason, line=part[0]))
        self.spool.done(chunks, dead, samples_in([letter.line for letter in dead]))
        if dead:
            log.warning(
                "sink %s: %d lines became dead letters: %s", self.name, len(dead), dead[0].reason
            )

    def _ask(self, lines: Sequence[bytes]) -> Reply:
        """Send lines until the database takes them or finds fault with them, or the sink is closed."""
        compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        body = compressor.compress(b"".join(lines)) + compressor.flush()
        while not self._stop.is_set():
            reply = self._post(body)
            if reply.taken or reply.code in FAULT:
                return reply
            self._hold(reply)
        return Reply(code="aborted")

    def _post(self, body: bytes) -> Reply:
        reply = self._delivery.post(body)
        if reply.code == "aborted":
            return reply
        self.requests[reply.code] += 1
        # A verdict on single lines shows that the database is there and lets us write.
        if reply.taken or reply.code in FAULT:
            self._failures = 0
            if self.up is False:
                log.warning("sink %s: %s takes writes again", self.name, self._place)
            self.up = True
        return reply

    def _hold(self, reply: Reply) -> None:
        """Note that the database took nothing, and wait: as long as it asked for, else longer each time."""
        if reply.code == "aborted":
            return
        self._failures += 1
        if self.up is not False:
            self.up = False
            said = f"{reply.code} {reply.message}".strip()
            log.error(
                "sink %s: %s takes no writes (%s); samples wait in the spool",
                self.name,
                self._place,
                said,
            )
        if reply.code in REFUSED:
            try:
                self._delivery.read_token()
            except ConfigError as error:
                log.debug("sink %s: %s", self.name, error)
        wait = self._pace.wait(self._failures)
        self._stop.wait(
            reply.retry_after + min(wait, self._pace.first) if reply.retry_after else wait
        )
