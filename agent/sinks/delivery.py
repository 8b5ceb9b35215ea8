"""One write request, sent through influxdb-client, and what came of it. It always ends in time.

influxdb-client makes the request and keeps the connection. Its own retries, compression and
redirects are off, for the spool decides what is sent again. Its `ApiClient` is what sends each
request of its other classes; none of these is loaded (see `agent.commands`).
"""

from __future__ import annotations

import json
import logging
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from influxdb_client.configuration import Configuration
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as TimedOut

from agent.deadline import Deadline
from agent.outgoing import reason_of
from agent.retry import parse_retry_after
from agent.sinks.base import Reply
from agent.sinks.halving import ABORTED
from agent.sinks.http import MAX_MESSAGE, Secrets, one_line, own_page, path_text, pool_classes
from collectors.secrets import read_secret, read_token

try:
    from influxdb_client._sync.api_client import ApiClient
except ImportError:  # where another version of it has this elsewhere
    from influxdb_client.client.influxdb_client import InfluxDBClient

    _client: Any = InfluxDBClient("http://127.0.0.1", "")
    ApiClient: Any = type(_client.api_client)  # type: ignore[no-redef] # the same, found elsewhere

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
    cert_file: Path | None
    key_file: Path | None


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
        self._wall_clock: Final = wall_clock
        self._deadline: Final = Deadline(monotonic)
        self._closed = False
        self._secrets: Final = Secrets()
        self._authorization: dict[str, str] = {}
        self._client: Final[Any] = ApiClient(_settings(database), retries=False)
        self._client.user_agent = "hubgauge"
        self._pool: Final[Any] = self._client.rest_client.pool_manager
        self._pool.pool_classes_by_scheme = pool_classes(self._deadline, self._page)
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
        self._secrets.replace(shown)
        self._authorization = {"Authorization": said}
        self._client.set_default_header("Authorization", said)

    def _page(self, page: bytes) -> bytes:
        return _as_json(self._secrets.page(page))

    def post(self, body: bytes) -> Reply:
        """Send a gzip body of line protocol.

        Returns when the database has answered or the time is up.
        """
        timeout = self._database.timeout
        response: Any = None
        try:
            self._deadline.arm(timeout)
            response = self._client.call_api(
                self._database.path,
                "POST",
                query_params=list(self._database.query.items()),
                header_params=dict(HEADERS),
                body=body,
                _return_http_data_only=True,
                _preload_content=False,
                _request_timeout=round(timeout * 1000),
                urlopen_kw={"redirect": False, "retries": False, "decode_content": False},
            )
            return Reply(code=str(response.status))
        except ApiException as error:
            response = error.response
            return self._refusal(error)
        except (
            NewConnectionError
        ) as error:  # refused at once; urllib3 counts it among the time-outs
            return self._failure("unreachable", reason_of(error))
        except TimedOut:
            return self._failure("timeout", f"no answer within {timeout:g} s")
        except (HTTPError, OSError, ValueError) as error:
            return self._failure("unreachable", reason_of(error))
        finally:
            self._deadline.disarm()
            if response is not None:
                with suppress(Exception):
                    response.release_conn()

    def own_page(self, seconds: float) -> str | None:
        """Return `/metrics` of the database."""
        url = f"{self._database.url.rstrip('/')}/metrics"
        return own_page(self._pool, self._deadline, seconds, url, self._authorization)

    def _refusal(self, error: ApiException) -> Reply:
        if not error.status:  # a TLS error, which it wraps like this
            return self._failure("unreachable", str(error.reason))
        headers: Mapping[str, str] = error.headers or {}
        wait = parse_retry_after(
            headers.get("Retry-After"), now=self._wall_clock(), date=headers.get("Date")
        )
        # Hide secrets again: one that was written with JSON's escapes has become plain.
        said = str(error.message or error.reason)
        return Reply(
            code=str(error.status),
            message=one_line(self._secrets.hidden(said, cut=len(said) >= MAX_MESSAGE)),
            retry_after=wait,
        )

    def _failure(self, code: str, message: str) -> Reply:
        if self._closed:
            return Reply(code=ABORTED)
        if self._deadline.passed:
            return Reply(code="timeout", message=f"no answer within {self._database.timeout:g} s")
        return Reply(code=code, message=one_line(message))

    def close(self) -> None:
        """End a request that is under way, and send no more."""
        self._closed = True
        self._deadline.close()
        with suppress(Exception):
            self._pool.clear()


def _settings(database: Database) -> Configuration:
    """Return where influxdb-client connects to; what urllib3 logs of a request is left out."""
    settings = Configuration()
    settings.host = database.url.rstrip("/")
    settings.timeout = round(database.timeout * 1000)
    settings.ssl_ca_cert = path_text(database.ca_file)
    settings.cert_file = path_text(database.cert_file)
    settings.cert_key_file = path_text(database.key_file)
    settings.connection_pool_maxsize = 1
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    return settings


def _as_json(text: str) -> bytes:
    """Return an error page as the JSON in which influxdb-client looks for a message.

    It writes anything else to the root logger.
    """
    message = text
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict):
            message = str(found.get("message") or found.get("error") or text)
    return json.dumps({"message": message[:MAX_MESSAGE]}).encode()
