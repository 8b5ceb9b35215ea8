"""A real Prometheus that is written to by remote write 2.0, through a front that reads it.

No database that takes 2.0 can be had here. So a front takes the requests, as the specification says
a receiver does: it reads them by the field numbers of the published text, hands the samples on to
Prometheus as 1.0, and answers what Prometheus answers, with the number of samples written. Nothing
is kept in the front: where Prometheus does not answer, the front does not either.
"""

from __future__ import annotations

import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import cramjam

from tests.agent.sinks import wireformat
from tests.agent.sinks.remote_peer import V2, WRITTEN
from tests.faults.databases import Base, RemotePrometheus
from tests.support import HANGS

_V1: Final = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


def _varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return found + bytes((number,))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def as_v1(series: list[dict[str, Any]]) -> bytes:
    """Return the body of a request of 1.0 with the series of one of 2.0, values bit by bit."""
    request = b"".join(
        _field(
            1,
            b"".join(
                _field(1, _field(1, name.encode()) + _field(2, text.encode()))
                for name, text in one["labels"]
            )
            + b"".join(
                _field(2, b"\x09" + struct.pack("<Q", bits) + b"\x10" + _varint(time))
                for bits, time in one["samples"]
            ),
        )
        for one in series
    )
    return bytes(cramjam.snappy.compress_raw(request))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    behind = ""
    second = 0
    """How many requests were of 2.0."""

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._pass_on(None, {}, 0)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] != V2:
            self._pass_on(body, dict(self.headers.items()), 0)
            return
        self.server.second += 1
        series = wireformat.v2(body)
        self._pass_on(as_v1(series), _V1, sum(len(one["samples"]) for one in series))

    def _pass_on(self, body: bytes | None, headers: dict[str, str], samples: int) -> None:
        asked = urllib.request.Request(self.server.behind + self.path, body, headers)
        try:
            with urllib.request.urlopen(asked, timeout=HANGS) as reply:
                status, page = reply.status, reply.read()
        except urllib.error.HTTPError as refused:
            status, page, samples = refused.code, refused.read(), 0
        except OSError:  # no answer there is no answer here
            self.close_connection = True
            return
        self.send_response(status)
        if samples:
            self.send_header(WRITTEN, str(samples))
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class SecondPrometheus(RemotePrometheus):
    """Prometheus behind the front; its port is the front's."""

    name = "Prometheus 2.42 behind a front that reads 2.0, remote write 2.0"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._behind: Final = RemotePrometheus(folder)
        self._second = 0

    def count(self, measurement: str, field: str) -> int:
        """Return how many samples Prometheus counts; 2.0 must have been spoken by then."""
        assert self._second or self._server.second
        return super().count(measurement, field)

    @contextmanager
    def up(self) -> Iterator[Base]:
        """Run both until the block ends."""
        with self._behind.up():
            self.process = self._behind.process
            server = self._server = _Server(("127.0.0.1", self.port), _Handler)
            server.behind = self._behind.url
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                self._second += server.second
                server.shutdown()
                server.server_close()
                thread.join(HANGS)
