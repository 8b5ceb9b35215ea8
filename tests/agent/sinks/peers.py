"""What the sink meets in tests: a scripted database that refuses, and a wire that misbehaves."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry

from agent.sinks.base import Surroundings
from agent.sinks.influx import KIND, Influx
from agent.sinks.sender import Pace, SpooledSink
from agent.sinks.spool import SpoolConfig
from collectors.base import Batch, Metric
from tests.support import HANGS, wait_for

S = TypeVar("S", bound=SpooledSink)

QUICK = Pace(first=0.02, most=0.2, linger=0.02)
TAGS = {"job": "hubgauge", "instance": "gateway-1", "hub": "guian", "site": "huawei-guian-1"}
POWER = Metric(
    namespace="test", subsystem="rack", name="power_watts", type="gauge", help="-", labels=("rack",)
)


def batch(value: float, *, when: float, racks: int = 1, device: str = "d") -> Batch:
    """Make a batch of one value for each of some racks."""
    readings = [(POWER.series(f"A{index:03d}"), value) for index in range(racks)]
    return Batch(collector="test", device=device, time=when, lifetime=30.0, readings=readings)


def surroundings(state_dir: Path) -> Surroundings:
    """Return what a sink of the tests finds in its agent."""
    return Surroundings(state_dir=state_dir, tags=TAGS, registry=CollectorRegistry())


@contextmanager
def started(made: S) -> Iterator[S]:
    """Run a sink until the block ends."""
    made.start()
    try:
        yield made
    finally:
        made.stop(5.0)


@contextmanager
def sink(
    url: str,
    state_dir: Path,
    *,
    pace: Pace = QUICK,
    timeout: float = HANGS,
    max_bytes: int = 64 * 2**20,
    **more: Any,
) -> Iterator[SpooledSink]:
    """Run a sink until the block ends; further arguments are keys of its section.

    `target` is where in the database, unless in bucket hub.
    """
    target = more.pop("target", {"org": "hub", "bucket": "hub"})
    kept = {name: more.pop(name) for name in ("memory_bytes",) if name in more}
    config = Influx(
        url=url,
        **target,
        timeout=timeout,
        **more,
        spool=SpoolConfig(max_bytes=max_bytes),
    )
    made = KIND.build(config, surroundings(state_dir), pace=pace, window=0.02, **kept)
    with started(made):
        yield made


def balanced(made: SpooledSink) -> bool:
    """Tell whether every sample is accounted for."""
    state = made.spool.state()
    return state.collected + state.recovered == state.sent + state.waiting + sum(
        state.dropped.values()
    )


def drained(made: SpooledSink) -> None:
    """Wait until nothing waits any more."""
    wait_for(lambda: made.spool.state().waiting == 0, what="the spool to be empty")
    assert balanced(made), made.spool.state()


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as the scripted database saw it."""

    at: float
    body: bytes
    lines: list[bytes]
    """Of line protocol; none where the body is something else."""
    headers: dict[str, str]
    path: str


Answer = tuple[int, dict[str, str], bytes]


class Scripted:
    """A database that answers what it is told to: `answer` gets a write and returns status, headers
    and body. `page` does so for a question, that is for GET.
    """

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.stored: list[bytes] = []
        self.answer: Callable[[Received], Answer] = lambda _: (204, {}, b"")
        self.asked: list[Received] = []
        self.page: Callable[[Received], Answer] = lambda _: (404, {}, b"")
        self.url = ""

    @contextmanager
    def up(self, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
        """Listen until the block ends."""
        database = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:  # the wire was cut: no database takes half a request
                    self.close_connection = True
                    return
                packed = self.headers.get("Content-Encoding") == "gzip"
                lines = gzip.decompress(body).splitlines(keepends=True) if packed else []
                request = Received(
                    at=time.monotonic(),
                    body=body,
                    lines=lines,
                    headers=dict(self.headers),
                    path=self.path,
                )
                asks = self.command == "GET"
                (database.asked if asks else database.requests).append(request)
                status, headers, page = (database.page if asks else database.answer)(request)
                if status == 204:
                    database.stored += lines
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204 and "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                if status != 204:
                    with suppress(OSError):  # whoever asked has read enough
                        self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)


class Wire:
    """A TCP proxy to a database.

    `fault` may be: none, reset, black_hole, drip, half_close, lose_answer. `drip` sends a byte each
    0.2 s, more than a thousand of them.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.fault = "none"
        self.connections = 0
        self._closing = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def up(self) -> Iterator[Wire]:
        """Forward until the block ends."""
        self._start(self._accept)
        try:
            yield self
        finally:
            self._closing.set()
            self.cut()
            self._listener.close()
            for thread in self._threads:
                thread.join(5)

    def cut(self) -> None:
        """End every connection there is."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            with suppress(OSError):  # no one within the time, or closed
                client = self._listener.accept()[0]
                self.connections += 1
                self._sockets.append(client)
                self._start(self._serve, client, self.fault)

    def _serve(self, client: socket.socket, fault: str) -> None:
        with client, suppress(OSError):
            if fault == "black_hole":
                self._closing.wait()
                return
            if fault == "reset":
                client.recv(1000)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                return
            if fault == "half_close":
                client.recv(1000)
                client.shutdown(socket.SHUT_WR)
                self._closing.wait()
                return
            if fault == "drip":
                client.recv(1000)
                for byte in b"HTTP/1.1 204 No Content\r\nX-Slow: " + b"x" * 1000:
                    client.send(bytes([byte]))
                    if self._closing.wait(0.2):
                        return
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                self._sockets.append(server)
                self._start(self._pump, client, server, "")
                self._pump(server, client, fault)

    def _pump(self, source: socket.socket, target: socket.socket, fault: str) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if fault == "lose_answer":
                    break
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
