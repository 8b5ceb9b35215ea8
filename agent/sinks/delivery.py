"""One write of line protocol to a database that takes it by HTTP."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from agent.sinks.base import Reply
from agent.sinks.http import MAX_MESSAGE
from agent.sinks.requests import Requests
from collectors.secrets import read_secret, read_token

HEADERS: Final = {
    "Accept": "application/json",
    "Content-Encoding": "gzip",
    "Content-Type": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where to write. `token_file` is read anew when the token was refused."""

    url: str
    path: str
    query: Mapping[str, str]
    scheme: str
    """How a token is shown: Token, or Bearer."""
    username: str
    """Where there is one, the token's file holds this user's password."""
    timeout: float
    """Seconds that one request may take in all."""
    token_file: Path | None
    ca_file: Path | None


class Delivery:
    """Sends ready bodies to one database. `post` is for one thread; `close` may come from any."""

    def __init__(
        self,
        database: Database,
        *,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place: Final = urlsplit(database.url).netloc.rpartition("@")[2]  # without a password
        self._database: Final = database
        self._base: Final = database.url.rstrip("/")
        self._requests: Final = Requests(
            database.timeout,
            message=_message,
            ca_file=database.ca_file,
            wall_clock=wall_clock,
            monotonic=monotonic,
        )
        self._authorization: dict[str, str] = {}
        self.renew()

    def renew(self) -> None:
        """Read the token's file again, as it may have been replaced; raises ConfigError."""
        if self._database.token_file is None:
            return
        # A password goes into base64, so it may have any letters; a token stands in the header.
        read = read_secret if self._database.username else read_token
        secret = read(self._database.token_file, "outputs.influxdb.token_file")
        shown = [secret]
        said = f"{self._database.scheme} {secret}"
        if self._database.username:
            pair = b64encode(f"{self._database.username}:{secret}".encode()).decode()
            shown.append(pair.rstrip("="))
            said = f"Basic {pair}"
        self._requests.secrets.replace(shown)
        self._authorization = {"Authorization": said}

    def post(self, body: bytes) -> Reply:
        """Send a gzip body of line protocol.

        Returns when the database has answered or the time is up.
        """
        url = f"{self._base}{self._database.path}?{urlencode(self._database.query)}"
        reply, _ = self._requests.send(url, {**HEADERS, **self._authorization}, body)
        return reply

    def own_page(self, seconds: float) -> str | None:
        """Return `/metrics` of the database."""
        return self._requests.own_page(seconds, f"{self._base}/metrics", self._authorization)

    def close(self) -> None:
        """End a request that is under way, and send no more."""
        self._requests.close()


def _message(page: str) -> str:
    """Return what an error page says: the message of a JSON object, or the page as it is."""
    with suppress(ValueError, RecursionError):
        found = json.loads(page)
        if isinstance(found, dict):
            page = str(found.get("message") or found.get("error") or page)
    return page[:MAX_MESSAGE]
