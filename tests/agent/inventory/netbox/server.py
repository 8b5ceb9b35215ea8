"""A look-alike of NetBox's REST API, written after its public schema.

It has lists in pages, filters, tokens of both versions, and faults. `v3` answers as 3.5 did
(`device_role`, 40-digit tokens), `v4` as 4.5 does (`role`, `nbt_` tokens, counts of components).
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.agent.inventory.netbox.data import TOKENS, Data, Object
from tests.support import HANGS


class NetBox:
    """The server; `faults` maps an endpoint to its first answers, a status or a kind of fault."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.faults: dict[str, list[Any]] = {}
        self.next_host = ""
        """Stands for the host in `next` links, as behind a proxy that does not hand on its name."""
        self.asked: Counter[str] = Counter()
        self.queries: list[str] = []
        self.tokens: set[str] = set()
        self.hidden: set[str] = set()
        """Endpoints whose objects the token may not see: NetBox then lists none."""
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        endpoint = parts.path.removeprefix("/netbox").removeprefix("/api/dcim/").strip("/")
        self.asked[endpoint] += 1
        self.queries.append(f"{endpoint}?{parts.query}")
        self.tokens.add(handler.headers.get("Authorization", ""))
        faults = self.faults.get(endpoint)
        if faults:
            fault = faults.pop(0)
            if self._fail(handler, fault):
                return
        scheme = {"v3": "Token", "v4": "Bearer"}[self.data.version]
        if handler.headers.get("Authorization") != f"{scheme} {TOKENS[self.data.version]}":
            self._send(handler, 403, {"detail": "Invalid token"})
            return
        if endpoint not in self.data.lists:
            self._send(handler, 404, {"detail": "Not found."})
            return
        self._send(handler, 200, self._page(endpoint, parts.path, parse_qs(parts.query)))

    def _fail(self, handler: BaseHTTPRequestHandler, fault: Any) -> bool:
        match fault:
            case "reset":
                handler.connection.shutdown(socket.SHUT_RDWR)
            case "slow":  # an octet now and then, for longer than any test waits
                handler.send_response(200)
                handler.end_headers()
                for _ in range(round(2 * HANGS / 0.05)):
                    handler.wfile.write(b" ")
                    handler.wfile.flush()
                    time.sleep(0.05)
            case "redirect":
                handler.send_response(302)
                handler.send_header("Location", "http://127.0.0.1:9/stolen")
                handler.send_header("Content-Length", "0")
                handler.end_headers()
            case bytes():
                self._send(handler, 200, fault)
            case (int() as status, headers):
                self._send(handler, status, {"detail": "busy"}, headers)
            case _:
                return False
        return True

    def _page(self, endpoint: str, path: str, query: dict[str, list[str]]) -> Object:
        rows = (
            []
            if endpoint in self.hidden
            else [row for row in self.data.lists[endpoint] if _wanted(endpoint, row, query)]
        )
        limit, offset = int(query.get("limit", ["50"])[0]), int(query.get("offset", ["0"])[0])
        more = offset + limit < len(rows)
        rest = {key: values for key, values in query.items() if key not in ("limit", "offset")}
        host = self.next_host or self.url.removesuffix("/netbox")
        link = (
            f"{host}{path}?"
            + urlencode({"limit": limit, "offset": offset + limit, **rest}, doseq=True)
            if more
            else None
        )
        shown = [
            {key: value for key, value in row.items() if not key.startswith("_")}
            for row in rows[offset : offset + limit]
        ]
        return {"count": len(rows), "next": link, "previous": None, "results": shown}

    @staticmethod
    def _send(
        handler: BaseHTTPRequestHandler,
        status: int,
        body: Any,
        headers: dict[str, str] | None = None,
    ) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(raw)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(raw)


def _wanted(endpoint: str, row: Object, query: dict[str, list[str]]) -> bool:
    if endpoint == "sites":
        tags = {tag["slug"] for tag in row["tags"]}
        return (
            row["slug"] in query.get("slug", [row["slug"]])
            and (row["tenant"] or {"slug": ""})["slug"]
            in query.get("tenant", [(row["tenant"] or {"slug": ""})["slug"]])
            and tags.issuperset(query.get("tag", ()))
        )
    site = row.get("site") or row.get("_site") or {}
    return not site or str(site["id"]) in query.get("site_id", [str(site["id"])])


@contextmanager
def served(data: Data, *, tls: Path | None = None) -> Iterator[NetBox]:
    """Serve on loopback; with `tls`, a folder of netbox.pem and netbox.key, over HTTPS."""
    netbox = NetBox(data)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 2**16  # one segment an answer

        def do_GET(self) -> None:
            try:
                netbox.answer(self)
            except (BrokenPipeError, ConnectionResetError, ValueError):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that went away is what some tests are about."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls / "netbox.pem", tls / "netbox.key")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        netbox.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/netbox"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield netbox
        finally:
            server.shutdown()
            thread.join()
