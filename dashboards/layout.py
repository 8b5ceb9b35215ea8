"""The places of the panels of a dashboard: lines under headings, each as wide as the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from grafanalib import core

from dashboards import influxql
from dashboards.boards.base import Board, Section
from dashboards.panels import (
    COLUMNS,
    Cell,
)
from dashboards.promql import for_panel
from dashboards.signals.base import Excuse
from dashboards.templating import Database, annotations_of


def lay_out(
    board: Board, database: Database
) -> tuple[list[core.Panel], dict[tuple[int, str], tuple[Excuse, ...]]]:
    """Place the panels from left to right under their headings.

    Returns the panels, and the excuses of their queries as `Built.excuses` has them. Ids follow the
    order and do not depend on the language.
    """
    ids = count(1)
    excuses: dict[tuple[int, str], tuple[Excuse, ...]] = {
        (0, annotation["name"]): (Excuse(reason="nothing to mark"),)
        for annotation in annotations_of(board)
    }
    if board.excuse is not None:
        reason = _rendered(board.excuse, board.hub, database)
        excuses |= {(0, f"variable {one.name}"): (reason,) for one in board.variables}
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
    """Yield each cell with its left and upper edge; each line fills the whole width.

    A cell goes below the cell before it if it is as wide and the first cell of the line is high
    enough for both. Otherwise it goes to the right, or onto a new line.
    """
    for line in _lines(section.cells):
        yield from _placed(line, top)
        top += max(sum(cell.height for cell in column) for column in line)


def _lines(cells: Sequence[Cell]) -> Iterator[list[list[Cell]]]:
    """Yield lines of columns of cells; no column is higher than the first cell of its line."""
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
    """Yield the cells of a line with their places, widened to fill it and stretched to one height.

    The last column gets the rest of the width.
    """
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
    """Return an excuse with its query in the database's language.

    If the query cannot be expressed there, the excuse holds without it.
    """
    if database == "prometheus" or not excuse.unless:
        return Excuse(reason=excuse.reason, unless=for_panel(excuse.unless, hub=hub))
    try:
        return Excuse(reason=excuse.reason, unless=influxql.render_text(excuse.unless, hub=hub))
    except influxql.InexpressibleError:
        return Excuse(reason=excuse.reason)
