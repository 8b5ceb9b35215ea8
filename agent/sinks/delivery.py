"""One write request, sent through influxdb-client, and what came of it. Never raises, and always ends in time.

influxdb-client makes the request and keeps the connection; its own retries, compression and redirects are off, for the spool
decides what is sent again. Two things it cannot do are added at its connection class: a deadline for the whole exchange
(urllib3's time-outs are for each read, so a server that sends a byte a second is never late), and a bound on what is read
of an error page, with the token struck out of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from agent.deadline import Deadline
from agent.retry import parse_retry_after
from collectors.secrets import read_secret

if TYPE_CHECKING:
    import socket

    from agent.config import Influx

MAX_ERROR_PAGE: Final = 64 * 1024
MAX_MESSAGE: Final = 300
PRECISION: Final = "ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a request: `code` is the HTTP status, or timeout, unreachable, aborted."""

    code: str
    message: str = ""
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the database has taken all of it."""
        return len(self.code) == 3 and self.code.startswith("2")  # noqa: PLR2004 - a status has three digits


class Delivery:
    """Sends ready bodies to one database. `post` is for one thread; `close` may come from any."""

    def __init__(
        self,
        config: Influx,
        *,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415 - 15 MB, only for who pushes
        from influxdb_client.service.write_service import WriteService  # noqa: PLC0415 - 15 MB, only for who pushes

        self._config: Final = config
        self._wall_clock: Final = wall_clock
        self._deadline: Final = Deadline(monotonic)
        self._closed = False
        self._token = ""
        client = InfluxDBClient(
            url=config.url,
            token="",
            org=config.org,
            timeout=round(config.timeout * 1000),
            enable_gzip=False,
            retries=False,
            ssl_ca_cert=str(config.ca_file) if config.ca_file else None,
            connection_pool_maxsize=1,
        )
        self._client: Final[Any] = client
        client.api_client.user_agent = "hubgauge"
        client.api_client.rest_client.pool_manager.pool_classes_by_scheme = _pool_classes(
            self._deadline, self._strike
        )
        self._service: Final[Any] = WriteService(client.api_client)  # type: ignore[no-untyped-call]
        self.read_token()

    def read_token(self) -> None:
        """Read the token's file again, as it may have been replaced; raises ConfigError where it cannot be read."""
        if self._config.token_file is not None:
            self._token = read_secret(self._config.token_file, "outputs.influxdb.token_file")
            self._client.api_client.set_default_header("Authorization", f"Token {self._token}")

    def _strike(self, page: bytes) -> str:
        """Turn an error page into text without the token."""
        text = page.decode("utf-8", "replace")
        return text.replace(self._token, "***") if self._token else text

    def post(self, body: bytes) -> Reply:
        """Send a gzip body of line protocol; returns when the database has answered or the time is up."""
        from influxdb_client.rest import ApiException  # noqa: PLC0415 - loaded by now
        from urllib3.exceptions import HTTPError, NewConnectionError  # noqa: PLC0415 - loaded by now
        from urllib3.exceptions import TimeoutError as TimedOut  # noqa: PLC0415 - loaded by now

        timeout = self._config.timeout
        response: Any = None
        try:
            self._deadline.arm(timeout)
            response = self._service.post_write(
                self._config.org,
                self._config.bucket,
                body,
                precision=PRECISION,
                content_encoding="gzip",
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
        ) as error:  # refused at once, though urllib3 counts it among the time-outs
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

    def _refusal(self, error: Any) -> Reply:  # noqa: ANN401 - influxdb-client has no types
        if not error.status:  # it wraps TLS errors so
            return self._failure("unreachable", str(error.reason))
        headers: Mapping[str, str] = error.headers or {}
        wait = parse_retry_after(
            headers.get("Retry-After"), now=self._wall_clock(), date=headers.get("Date")
        )
        return Reply(
            code=str(error.status),
            message=_one_line(str(error.message or error.reason)),
            retry_after=wait,
        )

    def _failure(self, code: str, message: str) -> Reply:
        if self._closed:
            return Reply(code="aborted")
        if self._deadline.passed:
            return Reply(code="timeout", message=f"no answer within {self._config.timeout:g} s")
        return Reply(code=code, message=_one_line(message))

    def close(self) -> None:
        """End a request that is under way, and send no more."""
        self._closed = True
        self._deadline.close()
        with suppress(Exception):
            self._client.api_client.rest_client.pool_manager.clear()


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MAX_MESSAGE]


def _reason(error: BaseException) -> str:
    """Name what went wrong without the address objects urllib3 puts into its messages."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__


def _pool_classes(deadline: Deadline, strike: Callable[[bytes], str]) -> dict[str, type]:
    """Return urllib3's connection pools with connections that keep the deadline and bound what is read of an answer."""
    import urllib3  # noqa: PLC0415 - comes with influxdb-client
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415 - comes with influxdb-client

    class Watched:
        """Mixed into both kinds of connection."""

        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()  # type: ignore[misc]
            try:
                deadline.attach(connected)
            except OSError:  # out of descriptors: it cannot be watched, so it is not used
                connected.close()
                raise
            return connected

        def getresponse(self) -> urllib3.HTTPResponse:
            response: urllib3.HTTPResponse = super().getresponse()  # type: ignore[misc]
            page = b""
            while len(page) < MAX_ERROR_PAGE and (
                piece := response.read(MAX_ERROR_PAGE - len(page), decode_content=False)
            ):
                page += piece
            if len(page) >= MAX_ERROR_PAGE:
                self.close()  # type: ignore[attr-defined] # what is left of it must not be taken for the next answer
            return urllib3.HTTPResponse(
                body=_as_json(strike(page)) if page else b"",
                headers=response.headers,
                status=response.status,
                reason=response.reason,
                preload_content=False,
                decode_content=False,
            )

    class Plain(Watched, HTTPConnection):  # type: ignore[misc] # the answer is another class, used alike
        """A connection without TLS."""

    class Secured(Watched, HTTPSConnection):  # type: ignore[misc] # the answer is another class, used alike
        """A connection with TLS."""

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecuredPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secured

    return {"http": PlainPool, "https": SecuredPool}


def _as_json(text: str) -> bytes:
    """Return an error page as the JSON that influxdb-client looks for a message in: what is not, it writes to the root logger."""
    message = text
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict):
            message = str(found.get("message") or found.get("error") or text)
    return json.dumps({"message": message[:MAX_MESSAGE]}).encode()
