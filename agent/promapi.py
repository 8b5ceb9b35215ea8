"""Queries to a server that has Prometheus's HTTP API: Prometheus, VictoriaMetrics, Mimir.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/ (instant queries, range queries,
label values).
"""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPResponse
from pathlib import Path
from typing import Final, NamedTuple

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


class Series(NamedTuple):
    """One series of an answer.

    `points` are pairs of seconds since the epoch and value, in order of time. The answer to an
    instant query has one point a series.
    """

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the API has none, and the token must not reach another host."""

    def redirect_request(self, *_: object) -> None:
        """Refuse; urllib then raises HTTPError."""


class PrometheusApi:
    """A server, by its base address. All calls block.

    `timeout` bounds, in seconds, the connection, each wait for data, and an answer's whole body.
    All calls raise Unreachable, Refused or BadReply.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        token: str = "",
        ca_file: Path | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        parts = http_url(url)
        if parts is None:
            raise ConfigError(f"{url}: expected http://… or https://…")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._max_bytes = max_bytes
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=ca_file)
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def instant(self, expr: str, when: float) -> list[Series]:
        """Return the value of an expression at one moment; a scalar is a series without labels."""
        return _series(self.ask("query", {"query": expr, "time": f"{when:.3f}", "nocache": "1"}))

    def range(self, expr: str, start: float, end: float, step: float) -> list[Series]:
        """Return the values of an expression from `start` to `end`, one every `step` seconds."""
        form = {
            "query": expr,
            "start": f"{start:.3f}",
            "end": f"{end:.3f}",
            "step": f"{step:g}",
            "nocache": "1",
        }
        return _series(self.ask("query_range", form))

    def label_values(self, selector: str, label: str, start: float, end: float) -> list[str]:
        """Return the values of a label among the series that a selector finds in a time range."""
        asked = {"match[]": selector, "start": f"{start:.3f}", "end": f"{end:.3f}"}
        path = f"label/{urllib.parse.quote(label)}/values?{urllib.parse.urlencode(asked)}"
        values = self.ask(path)
        if not isinstance(values, list):
            raise _unexpected_shape()
        return sorted(str(value) for value in values)

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> object:
        """Return the `data` of an answer, which is JSON of any shape.

        Raises Unreachable, Refused, or BadReply with the error that the server gave.
        """
        body = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}", data=body, headers=self._headers
        )
        try:
            with self._opener.open(request, timeout=self.timeout) as reply:
                answer = json.loads(self._read(reply))
        except urllib.error.HTTPError as error:
            kind = Refused if error.code in _ACCESS_DENIED else BadReply
            raise kind(_server_error(error)) from None
        except urllib.error.URLError as error:
            raise Unreachable(f"{self.url}: {error.reason}") from None
        except OSError as error:
            raise Unreachable(f"{self.url}: {error}") from None
        except (ValueError, RecursionError):
            raise BadReply(f"{self.url}: the answer is not JSON; is that a Prometheus?") from None
        return self._data(answer)

    def _data(self, answer: object) -> object:
        """Return what a successful answer holds."""
        if not isinstance(answer, dict):
            raise BadReply(f"{self.url}: the answer is no JSON object")
        if answer.get("status") != "success" or "data" not in answer:
            raise BadReply(f"{self.url}: {answer.get('error', 'the answer reports no success')}")
        data: object = answer["data"]
        return data

    def _read(self, reply: HTTPResponse) -> bytes:
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
    text = error.read(_ERROR_BYTES).decode("utf-8", "replace")
    try:
        return f"HTTP {error.code}: {json.loads(text)['error']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"HTTP {error.code}: {' '.join(text.split())[:_ERROR_CHARACTERS]}"


def _unexpected_shape() -> BadReply:
    return BadReply("the answer does not have the shape that the query API describes")


def _series(data: object) -> list[Series]:
    """Return the series of a query's answer: a scalar, a vector or a matrix."""
    match data:
        case {"resultType": "scalar", "result": list() as point}:
            return [Series({}, [_point(point)])]
        case {"result": list() as found}:
            return [_one_series(one) for one in found]
        case _:
            raise _unexpected_shape()


def _one_series(one: object) -> Series:
    match one:
        case {"metric": dict() as labels, "values": list() as points}:
            found = [_point(point) for point in points]
        case {"metric": dict() as labels, "value": list() as point}:
            found = [_point(point)]
        case _:
            raise _unexpected_shape()
    return Series({str(name): str(value) for name, value in labels.items()}, found)


def _point(pair: object) -> tuple[float, float]:
    match pair:
        case [(int() | float()) as moment, (str() | int() | float()) as value]:
            try:
                return float(moment), float(value)
            except ValueError:
                raise _unexpected_shape() from None
        case _:
            raise _unexpected_shape()
