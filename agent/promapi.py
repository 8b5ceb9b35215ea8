"""Queries to a server that has Prometheus's HTTP API: Prometheus, VictoriaMetrics, Mimir.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/ (instant queries, range queries,
label values).
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from agent.json_server import MAX_BYTES, JsonServer
from collectors.base import BadReply


class Series(NamedTuple):
    """One series of an answer.

    `points` are pairs of seconds since the epoch and value, in order of time. The answer to an
    instant query has one point a series.
    """

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


class PrometheusApi:
    """A server, by its base address. All calls block.

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
        """Take the address; all else is as `JsonServer` has it."""
        self._server = JsonServer(
            url,
            called="a Prometheus",
            timeout=timeout,
            token=token,
            ca_file=ca_file,
            max_bytes=max_bytes,
        )
        self.url = self._server.url

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
        return self._data(self._server.ask(f"/api/v1/{path}", body))

    def _data(self, answer: object) -> object:
        """Return what a successful answer holds."""
        if not isinstance(answer, dict):
            raise BadReply(f"{self.url}: the answer is no JSON object")
        if answer.get("status") != "success" or "data" not in answer:
            raise BadReply(f"{self.url}: {answer.get('error', 'the answer reports no success')}")
        data: object = answer["data"]
        return data


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
