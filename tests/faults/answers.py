"""Faults 6, 7 and 8: wires that misbehave, refusals that are mended later, one bad line."""

from __future__ import annotations

import logging
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import (
    Answer,
    Received,
    Scripted,
    Wire,
    balanced,
    batch,
    drained,
)
from tests.agent.sinks.remote_peer import WRITTEN
from tests.faults.databases import Base
from tests.faults.feed import Feed
from tests.support import HANGS, wait_for

WIRES = ("reset", "half_close", "black_hole", "drip")
REFUSALS = (
    (429, "1"),
    (503, "date"),
    (503, "-1"),
    (429, "abc"),
    (401, ""),
    (403, ""),
    (404, ""),
)
LINES = 5000
MOST_REQUESTS = 27
"""2 log2(5000) + 2 is 26.6; the lines may leave in two requests, of which one has no bad line."""


def bad_wires(base: Base, folder: Path, seconds: float) -> str:
    """Let each fault of a wire befall a request; it ends in time, and nothing is lost."""
    feed = Feed()
    longest = 0.0
    timeout = 0.5 if seconds < 10 else 2.0
    with (
        base.up(),
        Wire(base.port).up() as wire,
        base.sink(wire.url, folder, timeout=timeout) as made,
    ):
        for fault in WIRES:
            wire.fault = fault
            wire.cut()
            before = made.requests.total()
            began = time.monotonic()
            for _ in range(60):  # more than a segment, so that a body is cut in its midst
                feed.push(made)
            wait_for(
                lambda before=before: made.requests.total() > before,
                timeout=HANGS,
                what="the request to end",
            )
            longest = max(longest, time.monotonic() - began)
            wire.fault = "none"
            wire.cut()
            drained(made)
        assert set(made.requests) <= {"204", "timeout", "unreachable"}
        figure = feed.account(base, made)
    return (
        f"{', '.join(WIRES)}; {figure}; a request of time-out {timeout:g} s"
        f" ended after {longest:.1f} s at most"
    )


class Front:
    """Stands before a database: refuses for a while, then passes requests on."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._status, self._wait, self.seconds = 0, "", 0.0
        self.asked: list[float] = []
        """When each request came since the refusal began."""

    def refuse(self, status: int, wait: str, seconds: float) -> None:
        """Refuse the next request and, without a time to wait, all within so many seconds."""
        self._status, self._wait, self.seconds = status, wait, 0.0 if wait else seconds
        self.asked = []

    def __call__(self, request: Received) -> Answer:
        """Answer a request."""
        self.asked.append(request.at)
        if len(self.asked) == 1 or request.at - self.asked[0] < self.seconds:
            date = formatdate(time.time() + 2, usegmt=True)
            wait = date if self._wait == "date" else self._wait
            return self._status, {"Retry-After": wait} if wait else {}, b""
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.startswith(("Content-", "X-"))
        }
        passed = urllib.request.Request(self._base.url + request.path, request.body, headers)
        with urllib.request.urlopen(passed, timeout=60) as reply:
            written = reply.headers.get(WRITTEN)
            return reply.status, {WRITTEN: written} if written else {}, b""


class Lines(logging.Handler):
    """Keeps what the sinks log that an operator must see: warnings and errors."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(record.getMessage())


@contextmanager
def logged() -> Iterator[list[str]]:
    """Collect the warnings and errors of the sinks in the block."""
    logger, kept = logging.getLogger("hubgauge.sink"), Lines()
    logger.addHandler(kept)
    try:
        yield kept.lines
    finally:
        logger.removeHandler(kept)


def refusals(base: Base, folder: Path, seconds: float) -> str:
    """Refuse in each way, for so long in all, then pass on.

    The next request is never early; the log has a line when it goes down and one when it is back.
    """
    feed = Feed()
    front = Front(base)
    resumed = 0.0
    with base.up(), Scripted().up() as server, logged() as lines:
        server.answer = front
        with base.sink(server.url, folder) as made:
            for status, wait in REFUSALS:
                front.refuse(status, wait, seconds / len(REFUSALS))
                lines.clear()
                feed.push(made)
                drained(made)
                assert len(lines) <= 2, lines
                spent = front.asked[-1] - front.asked[0]
                asked_for = 1.0 if wait in ("1", "date") else front.seconds
                assert spent >= asked_for
                if wait != "date":  # a date is cut to whole seconds: how early is not known
                    resumed = max(resumed, spent - asked_for)
            figure = feed.account(base, made)
    return (
        f"{len(REFUSALS)} kinds; {figure}; at most 2 lines in the log each, none early,"
        f" resumed within {resumed:.1f} s"
    )


def poison(base: Base, folder: Path, _seconds: float) -> str:
    """Send one line in five thousand that a database does not take.

    InfluxDB and Prometheus say that it is bad. VictoriaMetrics skips it and says 204, so none can
    know.
    """
    speaks = base.speaks
    with base.up(), base.sink(base.url, folder) as made:
        base.begin(made)
        asked = made.requests.total()
        made.accept(batch(1.0, when=T0, racks=LINES // 2))
        base.spoil(made)
        made.accept(batch(1.0, when=T0 + 1, racks=LINES - LINES // 2 - 1))
        drained(made)
        assert balanced(made)
        dropped = made.spool.state().dropped
        assert dropped == ({"dead_letter": 1} if speaks else {})
        requests = made.requests.total() - asked

        wait_for(
            lambda: base.count("test_rack", "power_watts") == LINES - 1, what="every good line"
        )
    assert requests <= MOST_REQUESTS
    told = "1 set aside" if speaks else "it answers 204 to it as well: 0 set aside"
    return f"{LINES - 1:,} good lines stored, {told}; {requests} requests"
