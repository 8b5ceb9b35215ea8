"""One write request, sent through influxdb-client, and what came of it. It always ends in time.

influxdb-client makes the request and keeps the connection. Its own retries, compression and
redirects are off, for the spool decides what is sent again. Its connection class gets two things
that it lacks: a deadline for the whole exchange, for urllib3's time-outs are for each read, so a
server that sends a byte a second is never late; and a limit on what is read of an error page, with
the token removed from it.
"""

from __future__ import annotations

import json
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import quote, quote_plus, urlsplit

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError
from urllib3.exceptions import TimeoutError as TimedOut

from agent.deadline import Deadline
from agent.retry import parse_retry_after
from agent.sinks.base import Reply
from agent.sinks.halving import ABORTED
from collectors.secrets import read_secret

MAX_ERROR_PAGE: Final = 64 * 1024
MAX_MESSAGE: Final = 300
_MOST_BEGUN: Final = 1024
"""Characters of a secret that are looked for at the end of a text that was cut."""
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
        self._wall_clock: Final = wall_clock
        self._deadline: Final = Deadline(monotonic)
        self._closed = False
        self._secrets: tuple[str, ...] = ()
        client = InfluxDBClient(
            url=database.url,
            token="",
            org="",
            timeout=round(database.timeout * 1000),
            enable_gzip=False,
            retries=False,
            ssl_ca_cert=str(database.ca_file) if database.ca_file else None,
            connection_pool_maxsize=1,
        )
        self._client: Final[Any] = client
        client.api_client.user_agent = "hubgauge"
        client.api_client.rest_client.pool_manager.pool_classes_by_scheme = _pool_classes(
            self._deadline, self._without_token
        )
        self.renew()

    def renew(self) -> None:
        """Read the token's file again, as it may have been replaced; raises ConfigError."""
        if self._database.token_file is None:
            return
        secret = read_secret(self._database.token_file, "outputs.influxdb.token_file")
        shown: tuple[str, ...] = (secret,)
        said = f"Token {secret}"
        if self._database.username:
            pair = b64encode(f"{self._database.username}:{secret}".encode()).decode()
            shown = (pair.rstrip("="), secret)
            said = f"Basic {pair}"
        forms = {form for one in shown for form in _forms_of(one)}
        self._secrets = tuple(sorted(forms, key=len, reverse=True))
        self._client.api_client.set_default_header("Authorization", said)

    def _without_token(self, page: bytes) -> str:
        """Turn an error page into text, with the token removed."""
        return self._hidden(page.decode("utf-8", "replace"), cut=len(page) >= MAX_ERROR_PAGE)

    def _hidden(self, text: str, *, cut: bool) -> str:
        """Remove the token from a text, also the part of one at the end of a text that was cut."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _without_begun(text, self._secrets) if cut else text

    def post(self, body: bytes) -> Reply:
        """Send a gzip body of line protocol.

        Returns when the database has answered or the time is up.
        """
        timeout = self._database.timeout
        response: Any = None
        try:
            self._deadline.arm(timeout)
            response = self._client.api_client.call_api(
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
            return self._failure("unreachable", _reason(error))
        except TimedOut:
            return self._failure("timeout", f"no answer within {timeout:g} s")
        except (HTTPError, OSError, ValueError) as error:
            return self._failure("unreachable", _reason(error))
        finally:
            self._deadline.disarm()
            if response is not None:
                with suppress(Exception):
                    response.release_conn()

    def _refusal(self, error: ApiException) -> Reply:
        if not error.status:  # it wraps TLS errors so
            return self._failure("unreachable", str(error.reason))
        headers: Mapping[str, str] = error.headers or {}
        wait = parse_retry_after(
            headers.get("Retry-After"), now=self._wall_clock(), date=headers.get("Date")
        )
        said = str(error.message or error.reason)  # JSON has other ways to write a letter
        return Reply(
            code=str(error.status),
            message=_one_line(self._hidden(said, cut=len(said) >= MAX_MESSAGE)),
            retry_after=wait,
        )

    def _failure(self, code: str, message: str) -> Reply:
        if self._closed:
            return Reply(code=ABORTED)
        if self._deadline.passed:
            return Reply(code="timeout", message=f"no answer within {self._database.timeout:g} s")
        return Reply(code=code, message=_one_line(message))

    def close(self) -> None:
        """End a request that is under way, and send no more."""
        self._closed = True
        self._deadline.close()
        with suppress(Exception):
            self._client.api_client.rest_client.pool_manager.clear()


def _forms_of(secret: str) -> Iterator[str]:
    """Yield a secret as a page may show it: in a URL, in JSON, and as it is."""
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield secret


def _without_begun(text: str, secrets: Iterable[str]) -> str:
    """Cut the longest end of a text that a secret begins with."""
    begun = (
        length
        for secret in secrets
        for length in range(min(len(secret), len(text), _MOST_BEGUN), 0, -1)
        if text.endswith(secret[:length])
    )
    return text[: len(text) - max(begun, default=0)]


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MAX_MESSAGE]


def _reason(error: BaseException) -> str:
    """Name what went wrong without the address objects urllib3 puts into its messages."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, ProtocolError):  # its text is a tuple's: a sentence and an error
        return " ".join(map(str, error.args))
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__


class _Watched(HTTPConnection):
    """A connection that keeps a deadline, and limits what is read of an answer."""

    deadline: ClassVar[Deadline]
    to_text: ClassVar[Callable[[bytes], str]]

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        try:
            self.deadline.attach(connected)
        except OSError:  # out of descriptors: it cannot be watched, so it is not used
            connected.close()
            raise
        return connected

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as urllib3 itself
        response = super().getresponse()
        page = b""
        while len(page) < MAX_ERROR_PAGE and (
            piece := response.read(MAX_ERROR_PAGE - len(page), decode_content=False)
        ):
            page += piece
        if len(page) >= MAX_ERROR_PAGE:
            self.close()  # what is left of it must not be taken for the next answer
        return urllib3.HTTPResponse(
            body=_as_json(type(self).to_text(page)) if page else b"",
            headers=response.headers,
            status=response.status,
            reason=response.reason,
            preload_content=False,
            decode_content=False,
        )


def _pool_classes(deadline: Deadline, to_text: Callable[[bytes], str]) -> dict[str, type]:
    """Return urllib3's pools with connections that are watched, by scheme."""
    own = {"deadline": deadline, "to_text": staticmethod(to_text)}
    plain = type("Plain", (_Watched,), own)
    secured = type("Secured", (_Watched, HTTPSConnection), own)
    return {
        "http": type("PlainPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecuredPool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": secured}),
    }


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
