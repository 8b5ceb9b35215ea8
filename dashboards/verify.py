"""Runs every query of a dashboard as Grafana would, and lists those that show nothing.

Variables take the values the server has: All where a dashboard offers it, and each value by itself.
A query that may be empty says why (`Excuse`), and is excused only while the series that it is made
from are missing too.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal, Protocol

from agent.promapi import PrometheusApi, Series
from collectors.base import BadReply
from dashboards.filled import fill, seconds_of, step_of
from dashboards.signals.base import Excuse

Json = dict[str, Any]
Outcome = Literal["data", "empty", "failed", "excused"]

LAG: Final = 3.0
"""Seconds before now at which ranges end.

For times younger than its latency offset, VictoriaMetrics returns the value of the step before.
That step may be before the first sample of an agent that has just started.
"""
MOST_VALUES: Final = 50
"""The most values of a variable that are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard's JSON, and which of its queries may be empty, by panel id and refId."""

    json: Json
    excuses: Mapping[tuple[int, str], Sequence[Excuse]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query with every variable filled in; `span` is its time range in seconds."""

    dashboard: str
    panel: str
    ref: str
    expr: str
    instant: bool
    span: int
    excuses: tuple[Excuse, ...] = ()
    variable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of a query; `detail` is the server's error or the excuse."""

    query: Query
    outcome: Outcome
    detail: str = ""

    def __str__(self) -> str:
        where = f"{self.query.dashboard}: {self.query.panel}" + (
            f" [{self.query.ref}]" if self.query.ref else ""
        )
        return (
            f"{self.outcome}: {where}"
            + (f": {self.detail}" if self.detail else "")
            + f": {self.query.expr}"
        )


class Database(Protocol):
    """A database that answers queries."""

    def has(self, expr: str) -> bool:
        """Tell whether a query has a value now; raises BadReply with the server's error."""

    def had(self, expr: str, span: int, step: int) -> bool:
        """Tell whether a query had a value in the last `span` seconds, in steps of `step` seconds.

        Raises BadReply with the server's error.
        """

    def choices(self, query: str, span: int) -> list[str]:
        """Return the values of a variable."""

    def fill(self, expr: str, values: Mapping[str, str], span: int) -> str:
        """Fill in Grafana's own variables and the dashboard's."""


class Server(PrometheusApi):
    """A server with the Prometheus API; `timeout` is in seconds."""

    def __init__(
        self, url: str, *, timeout: float = 30.0, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(url, timeout=timeout)
        self.clock = clock

    def has(self, expr: str) -> bool:
        """Tell whether an instant query returns any number.

        Raises BadReply with the server's error.
        """
        return _has_number(self.instant(expr, self.clock()))

    def had(self, expr: str, span: int, step: int) -> bool:
        """Tell whether a range query returns any number."""
        end = self.clock() - LAG
        return _has_number(self.range(expr, end - (span - span % step), end, step))

    def values(self, selector: str, label: str, span: int) -> list[str]:
        """Return the values of one label among the series a selector finds."""
        end = self.clock()
        return self.label_values(selector, label, end - span, end)

    def choices(self, query: str, span: int) -> list[str]:
        """Return the values a variable's query in Grafana's notation finds; raises BadReply."""
        match = re.fullmatch(r"label_values\((.+),\s*(\w+)\)", query)
        if match is None:
            raise BadReply(f"unknown way to ask for a variable's values: {query}")
        return self.values(match[1], match[2], span)

    def fill(self, expr: str, values: Mapping[str, str], span: int) -> str:
        """Fill in Grafana's own variables and the dashboard's."""
        return fill(expr, values, span)


def _has_number(answer: Sequence[Series]) -> bool:
    return any(not math.isnan(value) for series in answer for _, value in series.points)


def verify(dashboards: Sequence[Dashboard], server: Database, *, workers: int = 4) -> list[Result]:
    """Run every query; returns one result each, in the order of the dashboards.

    Raises Unreachable if the server is not there.
    """
    queries = [query for dashboard in dashboards for query in _queries(dashboard, server)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(partial(answer, server), queries))


def answer(server: Database, query: Query) -> Result:
    """Ask one query; an error of the server is a result too."""
    try:
        if _is_shown(server, query):
            return Result(query=query, outcome="data")
        for excuse in query.excuses:
            if not excuse.unless or not server.has(excuse.unless):
                return Result(query=query, outcome="excused", detail=excuse.reason)
        if query.excuses and _is_shown(server, query):  # the first data came in between
            return Result(query=query, outcome="data")
    except BadReply as error:
        return Result(query=query, outcome="failed", detail=str(error))
    return Result(query=query, outcome="empty")


def _is_shown(server: Database, query: Query) -> bool:
    if query.variable:
        return bool(server.choices(query.expr, query.span))
    if query.instant:
        return server.has(query.expr)
    return server.had(query.expr, query.span, step_of(query.span))


def _queries(dashboard: Dashboard, server: Database) -> Iterator[Query]:
    """Yield every query of a dashboard, once for each text that values of its variables give."""
    board = dashboard.json
    span = seconds_of(board["time"]["from"])
    asked: set[tuple[str, str, str]] = set()
    for values in _choices(board["templating"]["list"], server, span):
        for query in _asked(dashboard, span):
            filled = replace(
                query,
                expr=server.fill(query.expr, values, span),
                excuses=tuple(
                    type(excuse)(
                        reason=excuse.reason, unless=server.fill(excuse.unless, values, span)
                    )
                    for excuse in query.excuses
                ),
            )
            key = (query.panel, query.ref, filled.expr)
            if key not in asked:
                asked.add(key)
                yield filled


def _asked(dashboard: Dashboard, span: int) -> Iterator[Query]:
    """Yield a dashboard's queries from its JSON: variables, annotations, panels."""
    board, name = dashboard.json, dashboard.json["uid"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield Query(
                dashboard=name,
                panel=f"variable {variable['name']}",
                ref="",
                expr=_text(variable),
                instant=True,
                span=span,
                excuses=tuple(dashboard.excuses.get((0, f"variable {variable['name']}"), ())),
                variable=True,
            )
    for annotation in board.get("annotations", {}).get("list", []):
        yield Query(
            dashboard=name,
            panel=f"annotation {annotation['name']}",
            ref="",
            expr=annotation["expr"],
            instant=False,
            span=span,
            excuses=tuple(dashboard.excuses.get((0, annotation["name"]), ())),
        )
    for panel in _panels(board["panels"]):
        for target in panel.get("targets", []):
            yield Query(
                dashboard=name,
                panel=f"{panel['title']} ({panel['id']})",
                ref=target["refId"],
                expr=target["expr"] if "expr" in target else target["query"],
                instant=bool(target.get("instant")),
                span=span,
                excuses=tuple(dashboard.excuses.get((panel["id"], target["refId"]), ())),
            )


def _panels(panels: Sequence[Json]) -> Iterator[Json]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", []))


def _text(variable: Json) -> str:
    query = variable["query"]
    return str(query["query"] if isinstance(query, dict) else query)


def _choices(variables: Sequence[Json], server: Database, span: int) -> Iterator[dict[str, str]]:
    """Yield settings of the variables: each value of each variable, with All of the others."""
    chosen: list[dict[str, str]] = [{}]
    for variable in variables:
        if variable["type"] != "query":
            continue
        longer = []
        for values in chosen:
            # A single value is tried only with All of the other variables, or there would be too
            # many combinations.
            narrowed = any(
                value != all_of
                for value, all_of in zip(values.values(), _defaults(variables, values), strict=True)
                if all_of
            )
            found = server.choices(server.fill(_text(variable), values, span), span)[:MOST_VALUES]
            options = (
                [variable["allValue"], *([] if narrowed else found)]
                if variable["includeAll"]
                else found or [""]
            )
            longer += [{**values, variable["name"]: option} for option in options]
        chosen = longer
    yield from chosen


def _defaults(variables: Sequence[Json], values: Mapping[str, str]) -> list[str]:
    """Return the All of each variable that has a value, empty where it offers none."""
    offered = {
        variable["name"]: variable.get("allValue", "") if variable.get("includeAll") else ""
        for variable in variables
    }
    return [offered[name] for name in values]
