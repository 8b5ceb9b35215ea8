"""Tables: a column a signal, rows joined on their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dashboards.language import NO_DATA, Text
from dashboards.naming import mappings
from dashboards.panels.grafana import (
    Cell,
    Json,
    Modern,
    cell,
    ref,
)
from dashboards.panels.maker import Maker
from dashboards.signals.base import BLUE, Signal, Step

_COLUMN_WIDTH: Final = 105
_STATE_WIDTH: Final = 160
_LETTER_WIDTH: Final = 7
_SIGNS_WIDTH: Final = 45
"""Of a column whose words have a mark: "∅ expired, unreported"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: a column a signal, rows joined on their labels.

    `names` has the labels that are shown, in order, with their headings. `links` has the addresses
    that the cells of a label link to.
    """

    title: Text
    description: Text
    columns: Sequence[Signal]
    names: Mapping[str, Text]
    sort: Signal | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    """Pixels of the label columns that are wider or narrower than the rest."""
    down: bool = True
    hidden: Sequence[str] = ()
    """Labels that are not shown, but that links hand on or rows are joined on."""


def table(make: Maker, table: Table, *, width: int = 24, height: int = 10) -> Cell:
    """Rows joined on their labels, a column a signal."""
    columns, names = table.columns, table.names
    fields = (
        [f"Value #{ref(index)}" for index in range(len(columns))] if len(columns) > 1 else ["Value"]
    )
    common = make.common(
        *columns, instant=True, table=True, title=table.title, description=table.description
    )
    common["transformations"] = [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "indexByName": {name: index for index, name in enumerate([*names, *fields])},
                "renameByName": {label: make.say(text) for label, text in names.items()}
                | {
                    field: make.say(signal.name)
                    for field, signal in zip(fields, columns, strict=True)
                },
            },
        },
    ]
    overrides = [_column(make, signal) for signal in columns]
    overrides += [_link(make.say(names[label]), url) for label, url in table.links.items()]
    overrides += [
        _named(make.say(text), known)
        for label, text in names.items()
        if (known := mappings(label, make.names))
    ]
    overrides += [_hidden(make.say(names[label])) for label in table.hidden]
    overrides += [_width(make.say(names[label]), width) for label, width in table.widths.items()]
    sort_by = [{"displayName": make.say(table.sort.name), "desc": table.down}] if table.sort else []
    panel = Modern(
        **common,
        type="table",
        overrides=overrides,
        options={"cellHeight": "sm", "showHeader": True, "sortBy": sort_by},
        defaults={
            "unit": "none",
            "noValue": make.say(NO_DATA),
            "custom": {
                "align": "auto",
                "cellOptions": {"type": "auto"},
                "filterable": True,
                "inspect": False,
            },
            "thresholds": {"mode": "absolute", "steps": [Step(None, BLUE)]},
            "mappings": [],
        },
    )
    return cell(panel, width, height, columns)


def _column(make: Maker, signal: Signal) -> Json:
    properties: list[Json] = [
        {"id": "unit", "value": signal.unit},
        # Grafana shares the width out evenly and keeps no room for a column that needs more.
        {"id": "custom.width", "value": _STATE_WIDTH}
        if signal.states
        else {"id": "custom.minWidth", "value": _least_width(make.say(signal.name))},
    ]
    if signal.decimals is not None:
        properties.append({"id": "decimals", "value": signal.decimals})
    if signal.states:
        properties.append({"id": "mappings", "value": make.mappings(signal)})
        properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
    if signal.steps:
        properties.append(
            {"id": "thresholds", "value": {"mode": "absolute", "steps": list(signal.steps)}}
        )
        properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
    return {
        "matcher": {"id": "byName", "options": make.say(signal.name)},
        "properties": properties,
    }


def _least_width(name: str) -> int:
    """Return the pixels that a column's name and its signs take; at least those of its values."""
    letters = sum(1 if letter.isascii() else 2 for letter in name)
    return max(_COLUMN_WIDTH, _LETTER_WIDTH * letters + _SIGNS_WIDTH)


def _named(column: str, known: list[Json]) -> Json:
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [{"id": "mappings", "value": known}],
    }


def _hidden(column: str) -> Json:
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [
            {"id": "custom.hideFrom", "value": {"legend": False, "tooltip": False, "viz": True}}
        ],
    }


def _width(column: str, width: int) -> Json:
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [{"id": "custom.width", "value": width}],
    }


def _link(column: str, url: str) -> Json:
    links = [{"title": "${__value.text}", "url": url}]
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [{"id": "links", "value": links}],
    }
