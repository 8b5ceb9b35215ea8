"""Serve the preview: its page, the dashboards' JSON and the database's query API."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.parse
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

HERE: Final = Path(__file__).parent
DIST: Final = HERE / "dist"
API: Final = "/api/v1/"
_TIMEOUT: Final = 30.0
_HOP: Final = frozenset(
    {"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive"}
)


class Preview(ThreadingHTTPServer):
    """The preview of some dashboards, as a context manager; `url` is where it is."""

    daemon_threads = True

    def __init__(
        self, boards: Sequence[Mapping[str, Any]], database: str, *, port: int = 0
    ) -> None:
        self.boards = {str(board["uid"]): board for board in boards}
        self.database = urllib.parse.urlsplit(database)
        super().__init__(("127.0.0.1", port), partial(_Handler, directory=str(DIST)))
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def __enter__(self) -> Self:
        """Serve on a thread."""
        threading.Thread(target=self.serve_forever, name="preview", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()


class _Handler(SimpleHTTPRequestHandler):
    server: Preview

    def do_GET(self) -> None:
        """Answer a file, a dashboard or a query."""
        path = urllib.parse.urlsplit(self.path).path
        if path.startswith(API):
            self._pass_on(b"")
        elif path == "/boards.json":
            self._json(
                [{"uid": uid, "title": board["title"]} for uid, board in self.server.boards.items()]
            )
        elif path.startswith("/boards/"):
            self._json(self.server.boards.get(path.removeprefix("/boards/").removesuffix(".json")))
        else:
            super().do_GET()

    def do_POST(self) -> None:
        """Answer a query."""
        if not self.path.startswith(API):
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
            return
        self._pass_on(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _json(self, data: object) -> None:
        if data is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._answer(HTTPStatus.OK, {"Content-Type": "application/json"}, json.dumps(data).encode())

    def _pass_on(self, body: bytes) -> None:
        database = self.server.database
        kind = (
            http.client.HTTPSConnection
            if database.scheme == "https"
            else http.client.HTTPConnection
        )
        connection = kind(database.netloc, timeout=_TIMEOUT)
        headers = {"Content-Type": self.headers.get("Content-Type", "")} if body else {}
        try:
            connection.request(
                self.command, database.path.rstrip("/") + self.path, body or None, headers
            )
            reply = connection.getresponse()
            passed = {name: value for name, value in reply.getheaders() if name.lower() not in _HOP}
            self._answer(reply.status, passed, reply.read())
        except (OSError, http.client.HTTPException) as error:
            self.send_error(HTTPStatus.BAD_GATEWAY, str(error))
        finally:
            connection.close()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""
