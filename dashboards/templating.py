"""The parts of a dashboard besides its panels: data source, variables, annotations and links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from grafanalib import core

from collectors.catalogue import site
from dashboards import uids
from dashboards.boards.base import HUB_TAG, Board, Variable
from dashboards.language import Language, Text
from dashboards.panels import (
    DATASOURCE,
    INFLUXDB,
)
from dashboards.promql import for_panel, of
from dashboards.signals.base import PINK, RED

Json = dict[str, Any]
Database = Literal["prometheus", "influxql"]
TAG: Final = "hubgauge"

_NAMES: Final = {
    uids.OVERVIEW: Text("All hubs"),
    uids.SITE: Text("Site"),
    uids.RACKS: Text("Racks"),
    uids.RACK: Text("Rack", context="board"),
    uids.NODES: Text("Nodes"),
    uids.CHIPS: Text("Chips"),
    uids.LINKS: Text("Links"),
    uids.METERS: Text("Meters"),
    uids.AGENTS: Text("Agents"),
}
_HUBS: Final = Text("Hubs")


def datasource(language: Language, database: Database) -> core.Template:
    """Return the variable that chooses the data source."""
    label = Text("Data source").of(language)
    return core.Template(
        name="datasource",
        type="datasource",
        query=_source(database)["type"],
        label=label,
        refresh=1,
    )


def _source(database: Database) -> Mapping[str, str]:
    return DATASOURCE if database == "prometheus" else INFLUXDB


def variable_of(variable: Variable, language: Language, database: Database) -> core.Template:
    """Return a variable of a board as Grafana's template."""
    query = (
        {"query": variable.promql, "refId": f"variable-{variable.name}"}
        if database == "prometheus"
        else variable.influxql
    )
    return core.Template(
        name=variable.name,
        label=variable.label.of(language),
        query=query,
        dataSource=_source(database),
        refresh=2,
        includeAll=variable.many,
        multi=variable.many,
        allValue=".*" if variable.many else None,
    )


def mend_variable(variable: Json) -> None:
    """Drop the keys that only interval variables have, and choose All at the start."""
    for key in ("auto", "auto_min", "auto_count", "tags"):
        variable.pop(key, None)
    variable.pop("current", None)
    if variable["includeAll"]:
        variable["current"] = {"text": ["All"], "value": ["$__all"]}
    variable["skipUrlSync"] = False
    if variable["type"] == "query":
        variable["regex"] = ""


def annotations_of(board: Board) -> list[Json]:
    """Return the annotations over every panel: deadlines of targets, and alerts that fire."""
    language = board.language
    due = of(site.TARGET_DEADLINE, scope="hub") + " * 1000"
    firing = f'ALERTS{{alertstate="firing",{board.alerts}}}'
    return [
        _annotation(
            Text("Targets due"),
            for_panel(due, hub=board.hub),
            PINK,
            language,
            title="{{target}}",
            text="{{hub}} {{kpi}} {{scope}}",
            tags="hub,kpi",
            useValueForTime="on",
        ),
        _annotation(
            Text("Alerts"),
            for_panel(firing, hub=board.hub),
            RED,
            language,
            title="{{alertname}}",
            text="{{severity}} {{hub}} {{site}} {{rack}} {{instance}}",
            tags="alertname,severity",
        ),
    ]


def _annotation(
    name: Text,
    expr: str,
    color: str,
    language: Language,
    *,
    title: str,
    text: str,
    tags: str,
    **more: str,
) -> Json:
    return {
        "name": name.of(language),
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": color,
        "expr": expr,
        "step": "60s",
        "titleFormat": title,
        "textFormat": text,
        "tagKeys": tags,
        **more,
    }


def links(board: Board) -> Iterator[core.DashboardLink]:
    """Yield links to the other dashboards; they keep the time range and the variables.

    The dashboard of one hub has no hub variable, so its links name the hub in the address.
    """
    language = board.language
    for uid, name in _NAMES.items():
        if uid != board.uid:
            hub = f"?var-hub={board.hub}" if board.hub and uid != uids.OVERVIEW else ""
            yield core.DashboardLink(
                type="link",
                title=name.of(language),
                uri=f"/d/{uids.local(uid, language)}{hub}",
                icon="dashboard",
                includeVars=True,
                keepTime=True,
            )
    yield core.DashboardLink(
        type="dashboards",
        title=_HUBS.of(language),
        tags=[uids.local(HUB_TAG, language)],
        asDropdown=True,
        includeVars=True,
        keepTime=True,
    )
