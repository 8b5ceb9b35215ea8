"""grafanalib's classes where they hold, `Modern` where they do not, and `mended` for the rest.

grafanalib 0.7.1 has these faults. It writes a threshold's base as the string "null", with leftovers
of an older format. It reduces a stat to its mean. It asks for a step of its own. It knows no status
history, and gives gauges, bar gauges and heat maps no options. `mended` drops what Grafana no
longer reads. This is the only module that knows these faults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import attr
from grafanalib import core

from dashboards.signals.base import BLUE, Excuse, Signal, Step

COLUMNS: Final = 24


SCHEMA_VERSION: Final = 41


DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


INFLUXDB: Final = {"type": "influxdb", "uid": "${datasource}"}


Json = dict[str, Any]


_LEFTOVERS: Final = frozenset(
    {
        "cacheTimeout",
        "editable",
        "error",
        "height",
        "hideTimeOverride",
        "minSpan",
        "span",
        "gnetId",
        "hideControls",
        "rows",
        "style",
        "sharedCrosshair",
        "__inputs",
        "useTags",
        "tagsQuery",
        "tagValuesQuery",
        "columns",
        "fontSize",
        "timeShift",
        "time_options",
    }
)
"""Keys that older versions of Grafana read and grafanalib still writes."""


_ROW: Final = frozenset({"collapsed", "gridPos", "id", "panels", "title", "type"})
"""All that Grafana reads of a row."""


LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}


LEGEND_TOOLTIP: Final = {
    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
    "tooltip": {"mode": "single", "sort": "none"},
}


@attr.s
class Query(core.Target):
    """A query as Grafana's Prometheus datasource reads it today.

    It has no step, no interval factor and no metric finder. It keeps its signal, so that the query
    can be written for another database.
    """

    signal: Signal = attr.ib(kw_only=True)

    def to_json_data(self) -> Json:
        """Return the query's JSON."""
        return {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "exemplar": False,
            "expr": self.expr,
            "format": self.format,
            "instant": self.instant,
            "legendFormat": self.legendFormat,
            "range": not self.instant,
            "refId": self.refId,
        }


@attr.s
class InfluxQuery(core.Target):
    """A query as Grafana's InfluxDB datasource reads it, in InfluxQL."""

    def to_json_data(self) -> Json:
        """Return the query's JSON."""
        return {
            "datasource": INFLUXDB,
            "query": self.expr,
            "rawQuery": True,
            "resultFormat": self.format,
            "alias": self.legendFormat,
            "refId": self.refId,
        }


@attr.s
class Modern(core.Panel):
    """A panel of a type that grafanalib lacks, or has only in an old form."""

    type: str = attr.ib(default="")
    options: Json = attr.ib(factory=dict)
    defaults: Json = attr.ib(factory=dict)
    overrides: list[Json] = attr.ib(factory=list)

    def to_json_data(self) -> Json:
        """Return the panel's JSON."""
        field_config = {"defaults": self.defaults, "overrides": self.overrides}
        made: Json = self.panel_json(
            {"type": self.type, "options": self.options, "fieldConfig": field_config}
        )
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A panel with its size in grid units, and which of its queries may return nothing, and why."""

    panel: core.Panel
    width: int
    height: int
    excuses: Mapping[str, Excuse] = field(default_factory=dict)


def mended(value: Any) -> Any:
    """Return grafanalib's objects as plain JSON without nulls and leftovers.

    Only a threshold's base keeps its null: there it means minus infinity.
    """
    if isinstance(value, core.RowPanel):
        return {key: mended(item) for key, item in value.to_json_data().items() if key in _ROW}
    if hasattr(value, "to_json_data"):
        return mended(value.to_json_data())
    if isinstance(value, Step):
        return {"color": value.color, "value": value.value}
    if isinstance(value, dict):
        return {
            key: mended(item)
            for key, item in value.items()
            if item is not None and key not in _LEFTOVERS
        }
    if isinstance(value, (list, tuple)):
        return [mended(item) for item in value]
    return value


def ref(index: int) -> str:
    """Return the letter of a panel's query; two letters behind the 26th."""
    first, letter = divmod(index, 26)
    return (ref(first - 1) if first else "") + chr(ord("A") + letter)


def steps_of(signal: Signal) -> Sequence[Step]:
    """Return a signal's thresholds; one colour where it has none."""
    return signal.steps or (Step(None, BLUE),)


def cell(panel: core.Panel, width: int, height: int, signals: Sequence[Signal]) -> Cell:
    """Return a panel with its size, and with the excuses of its signals by query."""
    excuses = {
        ref(index): signal.may_be_empty
        for index, signal in enumerate(signals)
        if signal.may_be_empty
    }
    return Cell(panel=panel, width=width, height=height, excuses=excuses)
