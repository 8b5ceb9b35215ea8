"""Run every query of every panel against a Prometheus or VictoriaMetrics, as Grafana would, and list what shows nothing.

Variables take the values the server has; where a dashboard offers All, All is asked, since that is what it opens with. A query
that may honestly be empty says why (`Excuse`), and is excused only while what it is made of is missing too.
"""

from __future__ import annotations

import math
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from agent.promapi import PrometheusApi
from collectors.base import BadReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from agent.promapi import Series
    from dashboards.signals.base import Excuse

Json = dict[str, Any]
Outcome = Literal["data", "empty", "failed", "excused"]

SCRAPE_INTERVAL: Final = 15
"""Seconds; what the provisioned datasource tells Grafana (`timeInterval`)."""
POINTS: Final = 240
LAG: Final = 3.0
"""Seconds before now at which ranges end. What is younger than its latency offset, VictoriaMetrics shows as of the step before, and
that step may lie before the first sample of an agent that has just started."""
MOST_VALUES: Final = 50
"""Values of a single-choice variable that are tried at most."""
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard's JSON, and which of its queries may be empty, by panel id and refId."""

    json: Json
    excuses: Mapping[tuple[int, str], Sequence[Excuse]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query as it is asked, every variable filled in."""

    dashboard: str
    panel: str
    ref: str
    expr: str
    instant: bool
    span: int
    excuses: tuple[Excuse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a query; `detail` is the server's error or the excuse."""

    query: Query
    outcome: Outcome
    detail: str = ""

    def __str__(self) -> str:
        where = f"{self.query.dashboard}: {self.query.panel} [{self.query.ref}]"
        return f"{self.outcome}: {where}" + (f": {self.detail}" if self.detail else "") + f": {self.query.expr}"


class Server(PrometheusApi):
    """A server of the Prometheus API, asked whether there is anything to show."""

    def __init__(self, url: str, *, timeout: float = 30.0, clock: Callable[[], float] = time.time) -> None:
        super().__init__(url, timeout=timeout)
        self.clock = clock

    def has(self, expr: str) -> bool:
        """Tell whether an instant query returns any number; raises BadReply with the server's error."""
        return _has_number(self.instant(expr, self.clock()))

    def had(self, expr: str, span: int, step: int) -> bool:
        """Tell whether a range query returns any number."""
        end = self.clock() - LAG
        return _has_number(self.range(expr, end - (span - span % step), end, step))

    def values(self, selector: str, label: str, span: int) -> list[str]:
        """Return the values of one label among the series a selector finds."""
        end = self.clock()
        return self.label_values(selector, label, end - span, end)


def _has_number(answer: Sequence[Series]) -> bool:
    return any(not math.isnan(value) for series in answer for _, value in series.points)


def verify(dashboards: Sequence[Dashboard], server: Server, *, workers: int = 4) -> list[Result]:
    """Run every query; returns one result each, in the order of the dashboards. Raises Unreachable if the server is not there."""
    queries = [query for dashboard in dashboards for query in _queries(dashboard, server)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(partial(_run, server), queries))


def _run(server: Server, query: Query) -> Result:
    try:
        step = _step(query.span)
        found = server.has(query.expr) if query.instant else server.had(query.expr, query.span, step)
        if found:
            return Result(query=query, outcome="data")
        for excuse in query.excuses:
            if not excuse.unless or not server.has(excuse.unless):
                return Result(query=query, outcome="excused", detail=excuse.reason)
    except BadReply as error:
        return Result(query=query, outcome="failed", detail=str(error))
    return Result(query=query, outcome="empty")


def _queries(dashboard: Dashboard, server: Server) -> Iterator[Query]:
    """Yield every query of a dashboard, once for each value of its single-choice variables."""
    span = _seconds(dashboard.json["time"]["from"])
    name = dashboard.json["uid"]
    asked: set[tuple[int, str, str]] = set()
    for values in _choices(dashboard.json["templating"]["list"], server, span):
        for panel in _panels(dashboard.json["panels"]):
            for target in panel.get("targets", []):
                expr = fill(target["expr"], values, span)
                key = (panel["id"], target["refId"], expr)
                if key in asked:
                    continue
                asked.add(key)
                excuses = dashboard.excuses.get((panel["id"], target["refId"]), ())
                yield Query(
                    dashboard=name,
                    panel=panel["title"],
                    ref=target["refId"],
                    expr=expr,
                    instant=bool(target.get("instant")),
                    span=span,
                    excuses=tuple(
                        type(excuse)(reason=excuse.reason, unless=fill(excuse.unless, values, span)) for excuse in excuses
                    ),
                )


def _panels(panels: Sequence[Json]) -> Iterator[Json]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", []))


def _choices(variables: Sequence[Json], server: Server, span: int) -> Iterator[dict[str, str]]:
    """Yield what the variables may be set to: All where it is offered, else each value in turn."""
    chosen: list[dict[str, str]] = [{}]
    for variable in variables:
        if variable["type"] != "query":
            continue
        longer = []
        for values in chosen:
            options = [variable["allValue"]] if variable["includeAll"] else _values(variable, values, server, span)
            longer += [{**values, variable["name"]: option} for option in options or [""]]
        chosen = longer
    yield from chosen


def _values(variable: Json, values: Mapping[str, str], server: Server, span: int) -> list[str]:
    match = re.fullmatch(r"label_values\((.+),\s*(\w+)\)", fill(variable["query"]["query"], values, span))
    if match is None:
        raise BadReply(f"the variable {variable['name']} is asked for in an unknown way: {variable['query']['query']}")
    return server.values(match[1], match[2], span)[:MOST_VALUES]


def fill(expr: str, values: Mapping[str, str], span: int) -> str:
    """Fill in Grafana's own variables and the dashboard's, `$name` and `${name}` alike."""
    step = _step(span)
    own = {
        "__rate_interval": f"{max(step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)}s",
        "__interval": f"{step}s",
        "__interval_ms": f"{step * 1000}",
        "__range": f"{span}s",
        "__range_s": f"{span}",
    }
    known = {**own, **values}
    return re.sub(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", lambda match: known.get(match[1] or match[2], match[0]), expr)


def _step(span: int) -> int:
    return max(SCRAPE_INTERVAL, span // POINTS)


def _seconds(text: str) -> int:
    match = re.fullmatch(r"now-(\d+)([smhdw])", text)
    return int(match[1]) * _UNITS[match[2]] if match else _UNITS["h"]
