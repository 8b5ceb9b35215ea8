"""The requests of one sink to its database, whatever their bodies are; each ends in time.

The connection stays open between two requests. urllib3's own retries and redirects are off, for the
spool decides what is sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut

from agent.deadline import Deadline
from agent.outgoing import reason_of
from agent.retry import parse_retry_after
from agent.sinks.base import Reply
from agent.sinks.halving import ABORTED
from agent.sinks.http import (
    MAX_MESSAGE,
    Secrets,
    exchange,
    one_line,
    own_page,
    path_text,
    pool_classes,
)

Headers = Mapping[str, str]

_NONE: Final[Headers] = {}


class Requests:
    """Sends requests to one database. `send` is for one thread; `close` may come from any."""

    def __init__(
        self,
        timeout: float,
        *,
        ca_file: Path | None = None,
        cert_file: Path | None = None,
        key_file: Path | None = None,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` are the seconds of one request in all."""
        self.secrets: Final = Secrets()
        """What no message may repeat."""
        self._timeout: Final = timeout
        self._wall_clock: Final = wall_clock
        self._deadline: Final = Deadline(monotonic)
        self._closed = False
        self._pool: Final = urllib3.PoolManager(
            num_pools=1,
            maxsize=1,
            cert_reqs="CERT_REQUIRED",
            ca_certs=path_text(ca_file),
            cert_file=path_text(cert_file),
            key_file=path_text(key_file),
        )
        self._pool.pool_classes_by_scheme = pool_classes(
            self._deadline, lambda page: self.secrets.page(page).encode()
        )

    def send(self, url: str, headers: Headers, body: bytes) -> tuple[Reply, Headers]:
        """Send one request; return what came of it, and the headers of the answer if one came."""
        said = {**headers, "User-Agent": "hubgauge"}
        try:
            with exchange(self._pool, self._deadline, self._timeout, url, said, body) as response:
                return self._reply(response), response.headers
        except NewConnectionError as error:  # refused at once; urllib3 counts it as a time-out
            return self._failure("unreachable", reason_of(error)), _NONE
        except TimedOut:
            return self._failure("timeout", f"no answer within {self._timeout:g} s"), _NONE
        except (HTTPError, OSError, ValueError) as error:
            return self._failure("unreachable", reason_of(error)), _NONE

    def own_page(self, seconds: float, url: str, headers: Headers) -> str | None:
        """Return a page that the database shows of itself, as `http.own_page` does."""
        return own_page(self._pool, self._deadline, seconds, url, headers)

    def close(self) -> None:
        """End a request that is under way, and send no more."""
        self._closed = True
        self._deadline.close()
        with suppress(Exception):
            self._pool.clear()

    def _reply(self, response: urllib3.BaseHTTPResponse) -> Reply:
        page = response.data or b""  # the connection has read it already
        wait = parse_retry_after(
            response.headers.get("Retry-After"),
            now=self._wall_clock(),
            date=response.headers.get("Date"),
        )
        said = page.decode("utf-8", "replace") or str(response.reason or "")
        # Hide secrets again: one that was written with an escape has become plain.
        said = self.secrets.hidden(said, cut=len(said) >= MAX_MESSAGE)
        return Reply(code=str(response.status), message=one_line(said), retry_after=wait)

    def _failure(self, code: str, message: str) -> Reply:
        if self._closed:
            return Reply(code=ABORTED)
        if self._deadline.passed:
            return Reply(code="timeout", message=f"no answer within {self._timeout:g} s")
        return Reply(code=code, message=one_line(message))
