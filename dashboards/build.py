"""Lay dashboards out and write them as the JSON Grafana provisions: the same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from grafanalib import core

from dashboards.boards import all_boards
from dashboards.boards.base import AGENTS, HUB_TAG, NODES, OVERVIEW, RACKS, local
from dashboards.language import Text
from dashboards.panels import COLUMNS, SCHEMA_VERSION, mended
from dashboards.promql import for_panel
from dashboards.signals.base import Excuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from agent.hubs.model import Registry
    from dashboards.boards.base import Board, Section, Variable
    from dashboards.language import Language
    from dashboards.panels import Cell

Json = dict[str, Any]
TAG: Final = "hubgauge"
REFRESH: Final = "1m"
INTERVALS: Final = ["15s", "30s", "1m", "5m", "15m", "1h"]

_NAMES: Final = {
    OVERVIEW: Text("All hubs", "全部枢纽"),
    RACKS: Text("Racks and power", "机柜与供电"),
    NODES: Text("Nodes", "节点"),
    AGENTS: Text("Agents", "采集代理"),
}
_HUBS: Final = Text("Hubs", "枢纽")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A dashboard as JSON, and which of its queries may honestly be empty, by panel id and refId."""

    uid: str
    json: Json
    excuses: Mapping[tuple[int, str], tuple[Excuse, ...]]

    def text(self) -> str:
        """Return the file's text: sorted keys, a newline at the end."""
        return json.dumps(self.json, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def build_all(registry: Registry, language: Language) -> Iterator[Built]:
    """Yield every dashboard in one language."""
    for board in all_boards(registry, language):
        yield _built(board)


def write(out: Path, built: Iterable[Built]) -> list[Path]:
    """Write each dashboard to `UID.json` in a folder, which is made if need be; returns the files."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for dashboard in built:
        path = out / f"{dashboard.uid}.json"
        path.write_text(dashboard.text(), "utf-8")
        paths.append(path)
    return paths


def _built(board: Board) -> Built:
    language = board.language
    panels, excuses = _lay_out(board)
    uid = local(board.uid, language)
    dashboard = core.Dashboard(
        title=f"hubgauge / {board.title.of(language)}",
        uid=uid,
        description=board.description.of(language),
        schemaVersion=SCHEMA_VERSION,
        panels=panels,
        tags=[local(tag, language) for tag in (TAG, *board.tags)],
        templating=core.Templating(
            list=[_datasource(language), *(_variable(variable, language) for variable in board.variables)]
        ),
        links=list(_links(board)),
        time=core.Time(board.time_from, "now"),
        timePicker=core.TimePicker(refreshIntervals=INTERVALS, timeOptions=[]),
        timezone="browser",
        refresh=REFRESH,
        graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
    )
    made: Json = mended(dashboard)
    made |= {"editable": True, "fiscalYearStartMonth": 0, "liveNow": False, "weekStart": ""}
    for variable in made["templating"]["list"]:
        _mend_variable(variable)
    return Built(uid=uid, json=made, excuses=excuses)


def _lay_out(board: Board) -> tuple[list[core.Panel], dict[tuple[int, str], tuple[Excuse, ...]]]:
    """Place the panels from left to right under their headings; ids follow the order and do not depend on the language."""
    ids = count(1)
    panels: list[core.Panel] = []
    excuses: dict[tuple[int, str], tuple[Excuse, ...]] = {}
    top = 0
    for section in board.sections:
        heading = core.RowPanel(
            title=section.title.of(board.language), id=next(ids), gridPos=core.GridPos(h=1, w=COLUMNS, x=0, y=top)
        )
        panels.append(heading)
        top += 1
        for cell, left, upper in _flow(section, top):
            cell.panel.id = next(ids)
            cell.panel.gridPos = core.GridPos(h=cell.height, w=cell.width, x=left, y=upper)
            panels.append(cell.panel)
            for query in cell.panel.targets:
                reasons = [board.excuse, cell.excuses.get(query.refId)]
                rendered = tuple(_rendered(reason, board.hub) for reason in reasons if reason)
                if rendered:
                    excuses[cell.panel.id, query.refId] = rendered
            top = max(top, upper + cell.height)
    return panels, excuses


def _flow(section: Section, top: int) -> Iterator[tuple[Cell, int, int]]:
    """Yield each cell with its left and upper edge; a line is as high as its highest panel."""
    left = height = 0
    for cell in section.cells:
        if left + cell.width > COLUMNS:
            top, left, height = top + height, 0, 0
        yield cell, left, top
        left, height = left + cell.width, max(height, cell.height)


def _rendered(excuse: Excuse, hub: str) -> Excuse:
    return Excuse(reason=excuse.reason, unless=for_panel(excuse.unless, hub=hub))


def _datasource(language: Language) -> core.Template:
    label = Text("Data source", "数据源").of(language)
    return core.Template(name="datasource", type="datasource", query="prometheus", label=label, refresh=1)


def _variable(variable: Variable, language: Language) -> core.Template:
    return core.Template(
        name=variable.name,
        label=variable.label.of(language),
        query={"query": variable.query, "refId": f"variable-{variable.name}"},
        dataSource={"type": "prometheus", "uid": "${datasource}"},
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


def _links(board: Board) -> Iterator[core.DashboardLink]:
    """Yield links to the other dashboards; they keep the time range and the variables.

    A hub's own dashboard has no hub variable, so it hands its hub on in the address.
    """
    language = board.language
    for uid, name in _NAMES.items():
        if uid != board.uid:
            hub = f"?var-hub={board.hub}" if board.hub and uid != OVERVIEW else ""
            yield core.DashboardLink(
                type="link",
                title=name.of(language),
                uri=f"/d/{local(uid, language)}{hub}",
                icon="dashboard",
                includeVars=True,
                keepTime=True,
            )
    yield core.DashboardLink(
        type="dashboards",
        title=_HUBS.of(language),
        tags=[local(HUB_TAG, language)],
        asDropdown=True,
        includeVars=True,
        keepTime=True,
    )
