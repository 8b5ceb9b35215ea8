"""A server that is asked over HTTP and answers JSON: a database, an Alertmanager."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from agent.tls_socket import ClosingSocket
from collectors.address import http_url
from collectors.base import BadReply, ConfigError, Refused, Unreachable

MAX_BYTES: Final = 256 * 2**20
"""Bytes of one answer, at most."""
_CHUNK: Final = 1 << 16
_ERROR_BYTES: Final = 4096
"""Bytes of an error's body that are read."""
_ERROR_CHARACTERS: Final = 200
"""How much of it is quoted where it is not JSON."""
_ACCESS_DENIED: Final = (401, 403)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: no API has one, and the secret must not reach another host."""

    def redirect_request(self, *_: object) -> None:
        """Refuse; urllib then raises HTTPError."""


class JsonServer:
    """A server, by its base address. All calls block.

    `timeout` bounds, in seconds, the connection, each wait for data, and an answer's whole body.
    `login` is a user with a password. `called` says what the server should be, for who reads the
    error of one that is something else.
    """

    def __init__(
        self,
        url: str,
        *,
        called: str,
        timeout: float = 30.0,
        token: str = "",
        login: tuple[str, str] | None = None,
        ca_file: Path | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        parts = http_url(url)
        if parts is None:
            raise ConfigError(f"{url}: expected http://… or https://…")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._called, self._max_bytes = called, max_bytes
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if login is not None:
            pair = base64.b64encode(":".join(login).encode()).decode()
            self._headers = {"Authorization": f"Basic {pair}"}
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            context.sslsocket_class = ClosingSocket
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def ask(self, path: str, body: bytes | None = None) -> object:
        """Return an answer, which is JSON of any shape; with a body, POST it.

        Raises Unreachable, Refused, or BadReply with the error that the server gave.
        """
        request = urllib.request.Request(f"{self.url}{path}", data=body, headers=self._headers)
        try:
            with self._opener.open(request, timeout=self.timeout) as reply:
                answer: object = json.loads(self._read(reply))
        except urllib.error.HTTPError as error:
            kind = Refused if error.code in _ACCESS_DENIED else BadReply
            with error:  # its page may be longer than what is read of it
                raise kind(_server_error(error)) from None
        except urllib.error.URLError as error:
            raise Unreachable(f"{self.url}: {error.reason}") from None
        except OSError as error:
            raise Unreachable(f"{self.url}: {error}") from None
        except http.client.HTTPException as error:
            raise BadReply(f"{self.url}: not a whole HTTP answer: {error!r}"[:200]) from None
        except (ValueError, RecursionError):
            raise BadReply(f"{self.url}: the answer is not JSON; is that {self._called}?") from None
        return answer

    def _read(self, reply: http.client.HTTPResponse) -> bytes:
        """Read a whole answer; raises Unreachable if it is late, BadReply if it is too long."""
        deadline = time.monotonic() + self.timeout
        chunks, size = [], 0
        while chunk := reply.read1(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_bytes:
                raise BadReply(f"{self.url}: the answer is longer than {self._max_bytes} bytes")
            if time.monotonic() > deadline:
                raise Unreachable(f"{self.url}: no whole answer within {self.timeout:g} s")
        return b"".join(chunks)


def _server_error(error: urllib.error.HTTPError) -> str:
    try:
        text = error.read(_ERROR_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return f"HTTP {error.code}"
    try:
        return f"HTTP {error.code}: {json.loads(text)['error']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"HTTP {error.code}: {' '.join(text.split())[:_ERROR_CHARACTERS]}"
