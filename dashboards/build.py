"""Writes dashboards as the JSON that Grafana provisions. The same input gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import attr
from grafanalib import core

from agent.hubs.model import Registry
from collectors.catalogue.rack_limits import SiteLimits
from dashboards import influxql, uids
from dashboards.boards import all_boards
from dashboards.boards.base import Board
from dashboards.language import Language
from dashboards.layout import lay_out
from dashboards.panels import (
    INFLUXDB,
    SCHEMA_VERSION,
    Cell,
    InfluxQuery,
    mended,
)
from dashboards.signals.base import Excuse
from dashboards.templating import (
    TAG,
    Database,
    Json,
    annotations_of,
    datasource,
    links,
    mend_variable,
    variable_of,
)

WHOLE_MINUTES: Final = "now-1m/m"
"""Where ranges of InfluxQL end: a sum over a minute that is not over yet would be too small."""
REFRESH: Final = "1m"
INTERVALS: Final = ["15s", "30s", "1m", "5m", "15m", "1h"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A dashboard as JSON, and which of its queries may be empty without being wrong.

    The keys of `excuses` are panel id and refId of a query, or 0 and the name of an annotation
    or `variable NAME`.
    """

    uid: str
    json: Json
    excuses: Mapping[tuple[int, str], tuple[Excuse, ...]]
    left_out: tuple[str, ...] = ()
    """Panels and queries that the database's language cannot express: a line each, with the reason.
    """

    def text(self) -> str:
        """Return the file's text: sorted keys, a newline at the end."""
        return json.dumps(self.json, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def build_all(
    registry: Registry,
    language: Language,
    database: Database = "prometheus",
    limits: SiteLimits | None = None,
) -> Iterator[Built]:
    """Yield every dashboard in one language, for one kind of database, by an operator's limits."""
    for board in all_boards(registry, language, limits):
        yield _built(board, database)


def write(out: Path, built: Iterable[Built]) -> list[Path]:
    """Write each dashboard to `UID.json` in a folder, which is made if need be.

    Returns the files.
    """
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for dashboard in built:
        path = out / f"{dashboard.uid}.json"
        path.write_text(dashboard.text(), "utf-8")
        paths.append(path)
    return paths


def _built(board: Board, database: Database) -> Built:
    language = board.language
    left_out: list[str] = []
    if database == "influxql":
        sections = [
            replace(section, cells=list(_said(section.cells, board.hub, left_out)))
            for section in board.sections
        ]
        board = replace(board, sections=[section for section in sections if section.cells])
    panels, excuses = lay_out(board, database)
    uid = uids.local(board.uid, language)
    dashboard = core.Dashboard(
        title=f"hubgauge / {board.title.of(language)}",
        uid=uid,
        description=board.description.of(language),
        schemaVersion=SCHEMA_VERSION,
        panels=panels,
        tags=[uids.local(tag, language) for tag in (TAG, *board.tags)],
        templating=core.Templating(
            list=[
                datasource(language, database),
                *(variable_of(variable, language, database) for variable in board.variables),
            ]
        ),
        annotations=core.Annotations(
            list=annotations_of(board) if database == "prometheus" else []
        ),
        links=list(links(board)),
        time=core.Time(board.time_from, "now" if database == "prometheus" else WHOLE_MINUTES),
        timePicker=core.TimePicker(refreshIntervals=INTERVALS, timeOptions=[]),
        timezone="browser",
        refresh=REFRESH,
        graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
    )
    made: Json = mended(dashboard)
    made |= {"editable": True, "fiscalYearStartMonth": 0, "liveNow": False, "weekStart": ""}
    for variable in made["templating"]["list"]:
        mend_variable(variable)
    return Built(
        uid=uid, json=made, excuses=excuses, left_out=tuple(f"{uid}: {line}" for line in left_out)
    )


def _said(cells: Iterable[Cell], hub: str, left_out: list[str]) -> Iterator[Cell]:
    """Yield cells with their queries in InfluxQL, without those that it cannot express."""
    for cell in cells:
        panel = cell.panel
        said: list[core.Target] = []
        for query in panel.targets:
            table = query.format == "table"
            column = (
                ("Value" if len(panel.targets) == 1 else f"Value #{query.refId}") if table else "v"
            )
            try:
                text = influxql.render(query.signal, hub=hub, instant=query.instant, column=column)
            except influxql.InexpressibleError as error:
                left_out.append(
                    f"{panel.title}{f' [{query.refId}]' if said or len(panel.targets) > 1 else ''}:"
                    f" {error}"
                )
                if not said and not table:
                    break
            else:
                named: Json = {
                    "expr": text,
                    "refId": query.refId,
                    "format": query.format,
                    "legendFormat": influxql.alias(query.legendFormat, query.signal),
                }
                said.append(InfluxQuery(**named))
        if said or not panel.targets:
            made = attr.evolve(
                panel,
                targets=said,
                dataSource=INFLUXDB,
                interval=influxql.INTERVAL if said else None,
            )
            yield replace(cell, panel=made)
