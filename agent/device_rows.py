"""A list of devices in CSV, as the YAML nodes that the same list would have.

So both forms are checked by the same models, and each mistake has its line.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

import yaml

from agent.inventory.text import text_of
from collectors.base import ConfigError
from collectors.strict import Document, Problems

COLLECTOR: Final = "collector"
"""The column that names the section."""
_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))


def document_of_rows(path: Path) -> Document:
    """Read a file; raises Problems where it is no table with a column `collector`.

    An empty cell states nothing. A column such as `ratios.ct` is a key of a mapping.
    """
    document = Document(path, text="")
    reader = csv.reader(io.StringIO(text_of(path)), strict=True)
    lists: dict[str, list[yaml.Node]] = {}
    try:
        header = [column.strip() for column in next(reader, ())]
        _check_header(document, header)
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                _add(
                    document,
                    lists,
                    dict(zip(header, cells, strict=False)),
                    cells[len(header) :],
                    reader.line_num,
                )
    except csv.Error as error:
        raise Problems([_mistake(path, reader.line_num, "", f"is not CSV: {error}")]) from None
    first = _mark(0)
    pairs = [(_scalar(name, first), _sequence(rows)) for name, rows in lists.items()]
    document.root = yaml.MappingNode(_MAP, pairs, first, first)
    return document


def _check_header(document: Document, header: list[str]) -> None:
    errors = [
        _mistake(document.path, 1, column, "given twice")
        for number, column in enumerate(header)
        if column and column in header[:number]
    ]
    if COLLECTOR not in header:
        message = f"missing column; expected such as {COLLECTOR},address,pdu,rack,feed"
        errors.append(_mistake(document.path, 1, COLLECTOR, message))
    if errors:
        raise Problems(errors)


def _mistake(path: Path, line: int, key: str, message: str) -> ConfigError:
    return ConfigError(message, file=str(path), line=line, key=key)


def _add(
    document: Document,
    lists: dict[str, list[yaml.Node]],
    cells: dict[str, str],
    more: list[str],
    line: int,
) -> None:
    """Add the device of a row to the list of its section; notes a row that cannot be read."""
    mark = _mark(line - 1)
    name = cells.pop(COLLECTOR, "")
    stray = [cell for cell in (*more, cells.pop("", "")) if cell]
    if stray or not name:
        problem = "more cells than columns" if stray else "missing; expected such as snmp"
        document.errors.append(_mistake(document.path, line, "" if stray else COLLECTOR, problem))
        return
    entry = yaml.MappingNode(_MAP, [], mark, mark)
    for column, cell in cells.items():
        if cell:
            _put(entry, column.split("."), _scalar(cell, mark))
    lists.setdefault(name, []).append(entry)


def _put(node: yaml.MappingNode, key: list[str], value: yaml.Node) -> None:
    """Put a value under a key, making the mappings on the way."""
    first, *rest = key
    if rest:
        inner = next((one for name, one in node.value if name.value == first), None)
        if not isinstance(inner, yaml.MappingNode):
            inner = yaml.MappingNode(_MAP, [], value.start_mark, value.start_mark)
            node.value.append((_scalar(first, value.start_mark), inner))
        _put(inner, rest, value)
    else:
        node.value.append((_scalar(first, value.start_mark), value))


def _mark(line: int) -> yaml.Mark:
    return yaml.Mark("", 0, line, 0, None, 0)


def _scalar(text: str, mark: yaml.Mark) -> yaml.ScalarNode:
    return yaml.ScalarNode(_STR, text, mark, mark)


def _sequence(rows: list[yaml.Node]) -> yaml.SequenceNode:
    return yaml.SequenceNode(_SEQ, rows, rows[0].start_mark, rows[-1].end_mark)
