"""Ask a server that answers Prometheus's HTTP API: Prometheus, VictoriaMetrics, Mimir.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/ (instant and range queries, label values).
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from collectors.base import BadReply, ConfigError, Refused, Unreachable

if TYPE_CHECKING:
    from http.client import HTTPResponse


MAX_BYTES: Final = 256 * 2**20
_PIECE: Final = 1 << 16
_DENIED: Final = (401, 403)


class Series(NamedTuple):
    """One series of an answer: its labels, and (seconds since the epoch, value) in order of time; an instant query has one."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token must not follow a redirect to another host, and no API redirects."""

    def redirect_request(self, *_: object) -> None:
        """Refuse: the answer is then an HTTPError like any other."""


class PrometheusApi:
    """A server by its base address; `timeout` is of a whole call, in seconds. Calls block."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        token: str = "",
        ca_file: Path | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"{url}: expected http://… or https://…")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._max_bytes = max_bytes
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if url.startswith("https://"):
            import ssl  # noqa: PLC0415 - a megabyte, where it is used

            handlers.append(
                urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file))
            )
        self._opener = urllib.request.build_opener(*handlers)

    def instant(self, expr: str, when: float) -> list[Series]:
        """Return what an expression is at a moment; a scalar is a series without labels."""
        return _series(self.ask("query", {"query": expr, "time": f"{when:.3f}", "nocache": "1"}))

    def range(self, expr: str, start: float, end: float, step: float) -> list[Series]:
        """Return what an expression is from `start` to `end`, every `step` seconds."""
        form = {
            "query": expr,
            "start": f"{start:.3f}",
            "end": f"{end:.3f}",
            "step": f"{step:g}",
            "nocache": "1",
        }
        return _series(self.ask("query_range", form))

    def label_values(self, selector: str, label: str, start: float, end: float) -> list[str]:
        """Return the values of one label among the series a selector finds between two moments."""
        asked = {"match[]": selector, "start": f"{start:.3f}", "end": f"{end:.3f}"}
        path = f"label/{urllib.parse.quote(label)}/values?{urllib.parse.urlencode(asked)}"
        return sorted(str(value) for value in self.ask(path))

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON is of any shape
        """Return the `data` of an answer; raises Unreachable, Refused, or BadReply with the server's own error."""
        body = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/api/v1/{path}", data=body, headers=self._headers
        )
        try:
            with self._opener.open(request, timeout=self.timeout) as reply:
                answer = json.loads(self._body(reply))
        except urllib.error.HTTPError as error:
            kind = Refused if error.code in _DENIED else BadReply
            raise kind(_server_error(error)) from None
        except OSError as error:
            raise Unreachable(f"{self.url}: {getattr(error, 'reason', None) or error}") from None
        except (ValueError, RecursionError):
            raise BadReply(f"{self.url}: the answer is not JSON; is that a Prometheus?") from None
        if (
            not isinstance(answer, dict)
            or answer.get("status") != "success"
            or "data" not in answer
        ):
            raise BadReply(
                f"{self.url}: {answer.get('error', 'no success') if isinstance(answer, dict) else 'no object'}"
            )
        return answer["data"]

    def _body(self, reply: HTTPResponse) -> bytes:
        """Read an answer whole, within the deadline and the bound."""
        deadline = time.monotonic() + self.timeout
        pieces, size = [], 0
        while piece := reply.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > self._max_bytes:
                raise BadReply(f"{self.url}: the answer is longer than {self._max_bytes} bytes")
            if time.monotonic() > deadline:
                raise Unreachable(f"{self.url}: no whole answer within {self.timeout:g} s")
        return b"".join(pieces)


def _server_error(error: urllib.error.HTTPError) -> str:
    text = error.read(4096).decode("utf-8", "replace")
    try:
        return f"HTTP {error.code}: {json.loads(text)['error']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"HTTP {error.code}: {' '.join(text.split())[:200]}"


def _series(data: Any) -> list[Series]:  # noqa: ANN401 - as above
    try:
        if data["resultType"] == "scalar":
            return [Series({}, [_point(data["result"])])]
        return [
            Series(
                {str(name): str(value) for name, value in found["metric"].items()},
                [
                    _point(point)
                    for point in (found["values"] if "values" in found else [found["value"]])
                ],
            )
            for found in data["result"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadReply("the answer has not the shape of the query API") from None


def _point(pair: Any) -> tuple[float, float]:  # noqa: ANN401 - as above
    moment, value = pair
    return float(moment), float(value)
