"""Lay dashboards out and write them as the JSON Grafana provisions: the same input gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import attr
from grafanalib import core

from collectors.catalogue import site
from dashboards import influxql, uids
from dashboards.boards import all_boards
from dashboards.boards.base import HUB_TAG
from dashboards.language import Text
from dashboards.panels import COLUMNS, DATASOURCE, INFLUXDB, SCHEMA_VERSION, InfluxQuery, mended
from dashboards.promql import for_panel, of
from dashboards.signals.base import PINK, RED, Excuse

if TYPE_CHECKING:
    from agent.hubs.model import Registry
    from dashboards.boards.base import Board, Section, Variable
    from dashboards.language import Language
    from dashboards.panels import Cell

Json = dict[str, Any]
Database = Literal["prometheus", "influxql"]
WHOLE_MINUTES: Final = "now-1m/m"
"""Where ranges of InfluxQL end: what is added up over a minute that is not over yet is not all there."""
TAG: Final = "hubgauge"
REFRESH: Final = "1m"
INTERVALS: Final = ["15s", "30s", "1m", "5m", "15m", "1h"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A dashboard as JSON, and which of its queries may honestly be empty: by panel id and refId, annotations by 0 and name."""

    uid: str
    json: Json
    excuses: Mapping[tuple[int, str], tuple[Excuse, ...]]
    left_out: tuple[str, ...] = ()
    """What the database's language cannot say: a line a panel or query, with the reason."""

    def text(self) -> str:
        """Return the file's text: sorted keys, a newline at the end."""
        return json.dumps(self.json, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def build_all(
    registry: Registry, language: Language, database: Database = "prometheus"
) -> Iterator[Built]:
    """Yield every dashboard in one language, for one kind of database."""
    for board in all_boards(registry, language):
        yield _built(board, database)


def write(out: Path, built: Iterable[Built]) -> list[Path]:
    """Write each dashboard to `UID.json` in a folder, which is made if need be; returns the files."""
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
    panels, excuses = _lay_out(board, database)
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
                _datasource(language, database),
                *(_variable(variable, language, database) for variable in board.variables),
            ]
        ),
        annotations=core.Annotations(list=_annotations(board) if database == "prometheus" else []),
        links=list(_links(board)),
        time=core.Time(board.time_from, "now" if database == "prometheus" else WHOLE_MINUTES),
        timePicker=core.TimePicker(refreshIntervals=INTERVALS, timeOptions=[]),
        timezone="browser",
        refresh=REFRESH,
        graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
    )
    made: Json = mended(dashboard)
    made |= {"editable": True, "fiscalYearStartMonth": 0, "liveNow": False, "weekStart": ""}
    for variable in made["templating"]["list"]:
        _mend_variable(variable)
    return Built(
        uid=uid, json=made, excuses=excuses, left_out=tuple(f"{uid}: {line}" for line in left_out)
    )


def _said(cells: Iterable[Cell], hub: str, left_out: list[str]) -> Iterator[Cell]:
    """Yield cells with their queries in InfluxQL, without what cannot be said in it."""
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
                    f"{panel.title}{f' [{query.refId}]' if said or len(panel.targets) > 1 else ''}: {error}"
                )
                if not said and not table:
                    break
            else:
                named: Json = {
                    "expr": text,
                    "refId": query.refId,
                    "format": query.format,
                    "legendFormat": influxql.alias(query.legendFormat),
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


def _lay_out(
    board: Board, database: Database
) -> tuple[list[core.Panel], dict[tuple[int, str], tuple[Excuse, ...]]]:
    """Place the panels from left to right under their headings; ids follow the order and do not depend on the language."""
    ids = count(1)
    excuses: dict[tuple[int, str], tuple[Excuse, ...]] = {
        (0, annotation["name"]): (Excuse(reason="nothing to mark"),)
        for annotation in _annotations(board)
    }
    panels: list[core.Panel] = []
    top = 0
    for section in board.sections:
        heading = core.RowPanel(
            title=section.title.of(board.language),
            id=next(ids),
            gridPos=core.GridPos(h=1, w=COLUMNS, x=0, y=top),
        )
        panels.append(heading)
        top += 1
        for cell, left, upper in _flow(section, top):
            cell.panel.id = next(ids)
            cell.panel.gridPos = core.GridPos(h=cell.height, w=cell.width, x=left, y=upper)
            panels.append(cell.panel)
            for query in cell.panel.targets:
                reasons = [board.excuse, cell.excuses.get(query.refId)]
                rendered = tuple(
                    _rendered(reason, board.hub, database) for reason in reasons if reason
                )
                if rendered:
                    excuses[cell.panel.id, query.refId] = rendered
            top = max(top, upper + cell.height)
    return panels, excuses


def _flow(section: Section, top: int) -> Iterator[tuple[Cell, int, int]]:
    """Yield each cell with its left and upper edge, no line left ragged at its right.

    A cell goes below the last one where it is as wide and there is room left beside a higher cell before them; otherwise to the
    right, or onto a new line.
    """
    for line in _lines(section.cells):
        yield from _placed(line, top)
        top += max(sum(cell.height for cell in column) for column in line)


def _lines(cells: Sequence[Cell]) -> Iterator[list[list[Cell]]]:
    """Yield lines of columns of cells: a column is stacked up to the height of the line's first."""
    line: list[list[Cell]] = []
    used = 0
    for cell in cells:
        room = line[0][0].height - sum(other.height for other in line[-1]) if len(line) > 1 else 0
        if len(line) > 1 and cell.width == line[-1][0].width and cell.height <= room:
            line[-1].append(cell)
            continue
        if used + cell.width > COLUMNS:
            yield line
            line, used = [], 0
        line.append([cell])
        used += cell.width
    if line:
        yield line


def _placed(line: Sequence[Sequence[Cell]], top: int) -> Iterator[tuple[Cell, int, int]]:
    """Widen a line's columns so that they fill it, the last one taking what does not divide; stretch all to one height."""
    spare = COLUMNS - sum(column[0].width for column in line)
    height = max(sum(cell.height for cell in column) for column in line)
    left = 0
    for position, column in enumerate(line):
        share = (
            spare // len(line)
            if position < len(line) - 1
            else spare - spare // len(line) * (len(line) - 1)
        )
        upper = top
        for cell in column[:-1]:
            yield replace(cell, width=cell.width + share), left, upper
            upper += cell.height
        yield (
            replace(column[-1], width=column[-1].width + share, height=height - (upper - top)),
            left,
            upper,
        )
        left += column[0].width + share


def _rendered(excuse: Excuse, hub: str, database: Database) -> Excuse:
    """Return an excuse with its query for the database; one that cannot be said there holds as it is."""
    if database == "prometheus" or not excuse.unless:
        return Excuse(reason=excuse.reason, unless=for_panel(excuse.unless, hub=hub))
    try:
        return Excuse(reason=excuse.reason, unless=influxql.render_text(excuse.unless, hub=hub))
    except influxql.InexpressibleError:
        return Excuse(reason=excuse.reason)


def _datasource(language: Language, database: Database) -> core.Template:
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


def _variable(variable: Variable, language: Language, database: Database) -> core.Template:
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


def _mend_variable(variable: Json) -> None:
    """Take off what only interval variables have, and start at All: a reader's choice is not the file's business."""
    for key in ("auto", "auto_min", "auto_count", "tags"):
        variable.pop(key, None)
    variable.pop("current", None)
    if variable["includeAll"]:
        variable["current"] = {"text": ["All"], "value": ["$__all"]}
    variable["skipUrlSync"] = False
    if variable["type"] == "query":
        variable["regex"] = ""


def _annotations(board: Board) -> list[Json]:
    """Return what is drawn over every panel: when targets are due, and the alerts that fire."""
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


def _links(board: Board) -> Iterator[core.DashboardLink]:
    """Yield links to the other dashboards; they keep the time range and the variables.

    A hub's own dashboard has no hub variable, so it hands its hub on in the address.
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
