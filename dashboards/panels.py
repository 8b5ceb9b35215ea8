"""Panel makers over grafanalib, and the one place where its faults are mended.

grafanalib 0.7.1 writes a threshold's base as the string "null" with leftovers of an older format, reduces a stat to its mean,
asks for a step of its own, knows no status history, and gives gauges, bar gauges and heat maps no options. So panels are made
from its classes where they hold, from `Modern` where they do not, and `mended` drops what Grafana no longer reads. Every panel
gets a unit, a description, the datasource variable, and says so where data is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import attr
from grafanalib import core

from collectors.catalogue import site
from dashboards import uids
from dashboards.language import NO_DATA
from dashboards.promql import of
from dashboards.signals.base import BLUE, Excuse, Signal, Step

if TYPE_CHECKING:
    from dashboards.language import Language, Text

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
"""What older Grafanas read and grafanalib still writes."""

_ROW: Final = frozenset({"collapsed", "gridPos", "id", "panels", "title", "type"})
"""All that Grafana reads of a row."""


@attr.s
class Query(core.Target):  # type: ignore[misc]
    """A query as Grafana's Prometheus datasource reads it today: no step, no interval factor, no metric finder.

    It keeps the signal it was made of, so that it can be said to another database.
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
class InfluxQuery(core.Target):  # type: ignore[misc]
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
class Modern(core.Panel):  # type: ignore[misc]
    """A panel of a type grafanalib has not, or has only in an old form."""

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
    """A panel with its size in grid units, and which of its queries may honestly return nothing."""

    panel: core.Panel
    width: int
    height: int
    excuses: Mapping[str, Excuse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: a column a signal, rows joined on their labels.

    `names` gives the labels that are shown, in order, and what to call them; `links` where a label's cells lead.
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


_WAYS: Final = (
    ("rack", uids.RACK, ("hub", "site", "row", "rack")),
    ("instance", uids.NODES, ("hub", "site", "instance")),
    ("meter", uids.METERS, ("hub", "site")),
    ("site", uids.SITE, ("hub", "site")),
    ("hub", "", ()),
)
"""Where a series of a thing leads to, the nearest first, and which labels of it go along."""

_COLUMN_WIDTH: Final = 150
_LIST_LEGEND: Final = {
    "showLegend": True,
    "displayMode": "list",
    "placement": "bottom",
    "calcs": ["lastNotNull"],
}
_TABLE_LEGEND: Final = {
    "showLegend": True,
    "displayMode": "table",
    "placement": "right",
    "calcs": ["lastNotNull"],
    "sortBy": "Last *",
    "sortDesc": True,
}
_LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_LEGEND_TOOLTIP: Final = {
    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
    "tooltip": {"mode": "single", "sort": "none"},
}


def mended(value: Any) -> Any:  # noqa: ANN401 - JSON is of any shape
    """Return grafanalib's objects as plain JSON, without nulls and without what Grafana no longer reads.

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


class Maker:
    """Makes panels of signals in one language, for all hubs (variables) or for one."""

    def __init__(
        self, language: Language, hub: str = "", *, uid: str = "", within: Sequence[str] = ()
    ) -> None:
        self.language: Language = language
        self.hub = hub
        self.uid = uid
        self.within = ("hub",) if hub else tuple(within)
        """Labels of which the dashboard shows one value at a time, so that legends need not repeat them."""

    def say(self, text: Text) -> str:
        """Return a text in the maker's language."""
        return text.of(self.language)

    def stat(
        self,
        signal: Signal,
        *,
        width: int = 4,
        height: int = 4,
        title: Text | None = None,
        graph: bool = True,
    ) -> Cell:
        """One number a series, the newest there is; never a mean over the range."""
        panel = core.Stat(
            **self._common(signal, title=title, instant=not graph),
            format=signal.unit,
            decimals=signal.decimals,
            reduceCalc="lastNotNull",
            noValue=self.say(NO_DATA),
            thresholds=list(_steps(signal)),
            mappings=self._mappings(signal),
            color={"mode": "thresholds"},
            graphMode="area" if graph else "none",
            colorMode="background" if signal.states else "value",
            extraJson={"fieldConfig": {"defaults": {**self._bounds(signal), **self._ways(signal)}}},
        )
        return _cell(panel, width, height, [signal])

    def series(
        self,
        signal: Signal,
        *more: Signal,
        width: int = 12,
        height: int = 8,
        title: Text | None = None,
        stack: bool = False,
        legend: Literal["bottom", "right"] = "bottom",
    ) -> Cell:
        """Lines over time. A gap stays a gap. Where there may be many series, the legend is a table at the right."""
        limits = bool(signal.steps)
        panel = core.TimeSeries(
            **self._common(signal, *more, title=title),
            unit=signal.unit,
            valueDecimals=_axis_decimals(signal),
            spanNulls=False,
            fillOpacity=30 if stack else 0,
            showPoints="auto",
            tooltipMode="multi",
            tooltipSort="desc",
            stacking={"mode": "normal", "group": "A"} if stack else {"mode": "none", "group": "A"},
            thresholds=list(_steps(signal)),
            thresholdsStyleMode="dashed" if limits else "off",
            mappings=self._mappings(signal),
            extraJson={
                "fieldConfig": {
                    "defaults": {
                        **self._bounds(signal),
                        **self._ways(signal),
                        "noValue": self.say(NO_DATA),
                    }
                },
                "options": {"legend": _TABLE_LEGEND if legend == "right" else _LIST_LEGEND},
            },
        )
        return _cell(panel, width, height, [signal, *more])

    def gauge(
        self, signal: Signal, *, width: int = 4, height: int = 4, title: Text | None = None
    ) -> Cell:
        """A dial, for a ratio with two ends."""
        options = {
            "reduceOptions": _LAST,
            "orientation": "auto",
            "showThresholdLabels": False,
            "showThresholdMarkers": True,
            "minVizHeight": 75,
            "minVizWidth": 75,
            "sizing": "auto",
        }
        return self._modern(
            "gauge", signal, options, size=(width, height), title=title, instant=True
        )

    def bars(
        self,
        signal: Signal,
        *more: Signal,
        width: int = 8,
        height: int = 8,
        title: Text | None = None,
    ) -> Cell:
        """Horizontal bars side by side, for comparing places; they begin at zero where the signal names no least value."""
        options = {
            "reduceOptions": _LAST,
            "orientation": "horizontal",
            "displayMode": "basic",
            "valueMode": "color",
            "namePlacement": "auto",
            "showUnfilled": True,
            "minVizHeight": 12,
            "minVizWidth": 8,
            "maxVizHeight": 24,
            "sizing": "manual",
            "legend": {
                "calcs": [],
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": False,
            },
        }
        based = replace(signal, least=0 if signal.least is None else signal.least)
        return self._modern(
            "bargauge", based, options, *more, size=(width, height), title=title, instant=True
        )

    def tiles(
        self, signal: Signal, *, width: int = 24, height: int = 8, title: Text | None = None
    ) -> Cell:
        """A coloured tile a thing, as racks on a floor plan."""
        options = {
            "reduceOptions": _LAST,
            "orientation": "auto",
            "textMode": "value_and_name",
            "wideLayout": False,
            "colorMode": "background_solid",
            "graphMode": "none",
            "justifyMode": "center",
            "showPercentChange": False,
            "percentChangeColorMode": "standard",
        }
        return self._modern(
            "stat", signal, options, size=(width, height), title=title, instant=True
        )

    def heatmap(
        self, signal: Signal, *, width: int = 12, height: int = 9, title: Text | None = None
    ) -> Cell:
        """How many things are in which band, over time; each series is one band."""
        options = {
            "calculate": False,
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "cellGap": 1,
            "cellValues": {"unit": signal.unit},
            "color": {
                "mode": "scheme",
                "scheme": "Cividis",
                "steps": 64,
                "exponent": 0.5,
                "fill": "dark-orange",
                "reverse": False,
                "scale": "exponential",
            },
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "exemplars": {"color": BLUE},
            "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": True},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "percentunit"},
        }
        return self._modern("heatmap", signal, options, size=(width, height), title=title)

    def timeline(
        self, signal: Signal, *, width: int = 24, height: int = 8, title: Text | None = None
    ) -> Cell:
        """States over time as bands, each with its word."""
        options = {
            "mergeValues": True,
            "showValue": "auto",
            "alignValue": "left",
            "rowHeight": 0.85,
            **_LEGEND_TOOLTIP,
        }
        custom = {"fillOpacity": 80, "lineWidth": 0}
        return self._modern(
            "state-timeline", signal, options, size=(width, height), title=title, custom=custom
        )

    def history(
        self, signal: Signal, *, width: int = 24, height: int = 8, title: Text | None = None
    ) -> Cell:
        """States at regular times as cells: a heat map of many things with few states or thresholds."""
        options = {"showValue": "never", "rowHeight": 0.9, "colWidth": 0.9, **_LEGEND_TOOLTIP}
        return self._modern(
            "status-history",
            signal,
            options,
            size=(width, height),
            title=title,
            custom={"fillOpacity": 80, "lineWidth": 0},
        )

    def table(self, table: Table, *, width: int = 24, height: int = 10) -> Cell:
        """Rows joined on their labels, a column a signal."""
        columns, names = table.columns, table.names
        fields = (
            [f"Value #{_ref(index)}" for index in range(len(columns))]
            if len(columns) > 1
            else ["Value"]
        )
        common = self._common(
            *columns, instant=True, table=True, title=table.title, description=table.description
        )
        common["transformations"] = [
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {name: index for index, name in enumerate([*names, *fields])},
                    "renameByName": {label: self.say(text) for label, text in names.items()}
                    | {
                        field: self.say(signal.name)
                        for field, signal in zip(fields, columns, strict=True)
                    },
                },
            },
        ]
        overrides = [self._column(signal) for signal in columns]
        overrides += [_link(self.say(names[label]), url) for label, url in table.links.items()]
        overrides += [
            _width(self.say(names[label]), width) for label, width in table.widths.items()
        ]
        sort_by = (
            [{"displayName": self.say(table.sort.name), "desc": table.down}] if table.sort else []
        )
        panel = Modern(
            **common,
            type="table",
            overrides=overrides,
            options={"cellHeight": "sm", "showHeader": True, "sortBy": sort_by},
            defaults={
                "unit": "none",
                "noValue": self.say(NO_DATA),
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
        return _cell(panel, width, height, columns)

    def geomap(
        self,
        signal: Signal,
        *,
        places: Mapping[str, tuple[float, float]],
        title: Text,
        width: int = 12,
        height: int = 12,
    ) -> Cell:
        """Places on a map, coloured by the signal, which has one value a hub; `places` is latitude and longitude by hub.

        The base map is the one the Grafana server is set to, so that nothing is fetched from where it does not want to.
        """
        expr = " or ".join(_placed(signal.expr, hub, place) for hub, place in places.items())
        signal = replace(
            signal,
            expr=expr,
            may_be_empty=Excuse(
                reason="none of the hubs has a place on the map", unless=_known(places)
            ),
        )
        common = self._common(signal, instant=True, table=True, title=title)
        common["transformations"] = [
            {
                "id": "convertFieldType",
                "options": {
                    "fields": {},
                    "conversions": [
                        {"targetField": name, "destinationType": "number"}
                        for name in ("latitude", "longitude")
                    ],
                },
            },
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {},
                    "renameByName": {"Value": self.say(signal.name)},
                },
            },
        ]
        layer = {
            "type": "markers",
            "name": self.say(signal.name),
            "tooltip": True,
            "location": {"mode": "coords", "latitude": "latitude", "longitude": "longitude"},
            "config": {
                "showLegend": False,
                "style": {
                    "size": {"fixed": 9, "min": 6, "max": 14},
                    "opacity": 0.8,
                    "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
                    "color": {"field": self.say(signal.name), "fixed": BLUE},
                    "text": {"mode": "field", "field": "hub", "fixed": ""},
                    "textConfig": {
                        "fontSize": 12,
                        "offsetX": 12,
                        "offsetY": 0,
                        "textAlign": "left",
                        "textBaseline": "middle",
                    },
                },
            },
        }
        options = {
            "view": {
                "id": "fit",
                "allLayers": True,
                "lat": 30,
                "lon": 105,
                "zoom": 4,
                "padding": 20,
            },
            "basemap": {"type": "default", "name": "Basemap", "config": {}},
            "layers": [layer],
            "controls": {
                "showZoom": True,
                "showAttribution": True,
                "mouseWheelZoom": False,
                "showScale": False,
                "showMeasure": False,
                "showDebug": False,
            },
            "tooltip": {"mode": "details"},
        }
        defaults = {
            "unit": signal.unit,
            "decimals": signal.decimals,
            "noValue": self.say(NO_DATA),
            "color": {"mode": "thresholds"},
            "mappings": self._mappings(signal),
            "thresholds": {"mode": "absolute", "steps": _steps(signal)},
            "custom": {},
        }
        marker = {
            "matcher": {"id": "byName", "options": "hub"},
            "properties": [
                {
                    "id": "links",
                    "value": [
                        {
                            "title": "${__value.text}",
                            "url": self.way(uids.hub_uid("${__value.raw}")),
                        }
                    ],
                }
            ],
        }
        panel = Modern(
            **common, type="geomap", options=options, defaults=defaults, overrides=[marker]
        )
        return _cell(panel, width, height, [signal])

    def text(
        self, title: Text, content: str, *, description: Text, width: int = 24, height: int = 4
    ) -> Cell:
        """Words, as Markdown."""
        common: Json = {
            "title": self.say(title),
            "description": self.say(description),
            "dataSource": DATASOURCE,
            "maxDataPoints": None,
        }
        panel = Modern(
            **common,
            type="text",
            options={
                "mode": "markdown",
                "content": content,
                "code": {"language": "plaintext", "showLineNumbers": False, "showMiniMap": False},
            },
            defaults={
                "unit": "none",
                "thresholds": {"mode": "absolute", "steps": [Step(None, BLUE)]},
            },
        )
        return Cell(panel=panel, width=width, height=height)

    def _modern(
        self,
        kind: str,
        signal: Signal,
        options: Json,
        *more: Signal,
        size: tuple[int, int],
        title: Text | None,
        custom: Json | None = None,
        instant: bool = False,
    ) -> Cell:
        color = (
            {"mode": "thresholds"}
            if signal.steps or signal.states or kind != "heatmap"
            else {"mode": "palette-classic"}
        )
        defaults = {
            "unit": signal.unit,
            "decimals": signal.decimals,
            "noValue": self.say(NO_DATA),
            "mappings": self._mappings(signal),
            "color": color,
            "custom": custom or {},
            "thresholds": {"mode": "absolute", "steps": _steps(signal)},
            **self._bounds(signal),
            **self._ways(signal),
        }
        panel = Modern(
            **self._common(signal, *more, instant=instant, title=title),
            type=kind,
            options=options,
            defaults=defaults,
        )
        return _cell(panel, *size, [signal, *more])

    def _common(
        self,
        signal: Signal,
        *more: Signal,
        instant: bool = False,
        table: bool = False,
        title: Text | None = None,
        description: Text | None = None,
    ) -> Json:
        queries: list[Json] = [
            {
                "expr": item.panel(hub=self.hub),
                "legendFormat": self._legend(item) or "__auto",
                "refId": _ref(index),
                "instant": instant,
                "format": "table" if table else "time_series",
                "signal": item,
            }
            for index, item in enumerate((signal, *more))
        ]
        targets = [Query(**query) for query in queries]
        text = description or signal.description
        return {
            "title": self.say(title or signal.name),
            "description": self.say(text),
            "dataSource": DATASOURCE,
            "targets": targets,
            "maxDataPoints": None,
        }

    def _legend(self, signal: Signal) -> str:
        """Return a series' name without the labels that are the same in the whole dashboard, unless nothing else is left."""
        short = signal.legend
        for label in self.within:
            short = short.replace(f"{{{{{label}}}}}", "")
        return " ".join(short.split()) or signal.legend

    def way(self, uid: str) -> str:
        """Return the address of another dashboard that keeps time and data source."""
        return (
            f"/d/{uids.local(uid, self.language)}?${{__url_time_range}}&${{datasource:queryparam}}"
        )

    def _ways(self, signal: Signal) -> Json:
        """Return the link of each series to the dashboard of what it is of: the nearest place its legend names."""
        for label, uid, names in _WAYS:
            if (
                f"{{{{{label}}}}}" in signal.legend
                and uid != self.uid
                and (label != "hub" or not self.hub)
            ):
                leads = uid or uids.hub_uid("${__field.labels.hub}")
                chosen = "".join(f"&var-{name}=${{__field.labels.{name}}}" for name in names)
                return {
                    "links": [
                        {"title": f"${{__field.labels.{label}}}", "url": self.way(leads) + chosen}
                    ]
                }
        return {}

    def _mappings(self, signal: Signal) -> list[Json]:
        if not signal.states:
            return []
        options = {
            str(state.value): {"text": self.say(state.text), "color": state.color, "index": index}
            for index, state in enumerate(signal.states)
        }
        return [{"type": "value", "options": options}]

    def _bounds(self, signal: Signal) -> Json:
        return {"min": signal.least, "max": signal.most}

    def _column(self, signal: Signal) -> Json:
        properties: list[Json] = [
            {"id": "unit", "value": signal.unit},
            {"id": "custom.minWidth", "value": _COLUMN_WIDTH},
        ]
        if signal.decimals is not None:
            properties.append({"id": "decimals", "value": signal.decimals})
        if signal.states:
            properties.append({"id": "mappings", "value": self._mappings(signal)})
            properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
        if signal.steps:
            properties.append(
                {"id": "thresholds", "value": {"mode": "absolute", "steps": list(signal.steps)}}
            )
            properties.append({"id": "custom.cellOptions", "value": {"type": "color-text"}})
        return {
            "matcher": {"id": "byName", "options": self.say(signal.name)},
            "properties": properties,
        }


def _axis_decimals(signal: Signal) -> int | None:
    """Return the decimals of an axis. Of shares none are set: Grafana counts decimals before it makes them a percentage."""
    return None if signal.unit == "percentunit" else signal.decimals


def _known(places: Iterable[str]) -> str:
    """Return what is there where any hub of the map is."""
    return " or ".join(of(site.TARGET_INFO, f'hub="{hub}"', scope="hub") for hub in places)


def _placed(expr: str, hub: str, place: tuple[float, float]) -> str:
    """Return the expression for one hub, with where it is as labels."""
    found = expr.replace("<hub>", f'<hub>,hub="{hub}"')
    for label, degrees in zip(("latitude", "longitude"), place, strict=True):
        found = f'label_replace({found}, "{label}", "{degrees:g}", "hub", "{hub}")'
    return found


def _ref(index: int) -> str:
    return chr(ord("A") + index)


def _steps(signal: Signal) -> Sequence[Step]:
    return signal.steps or (Step(None, BLUE),)


def _cell(panel: core.Panel, width: int, height: int, signals: Sequence[Signal]) -> Cell:
    excuses = {
        _ref(index): signal.may_be_empty
        for index, signal in enumerate(signals)
        if signal.may_be_empty
    }
    return Cell(panel=panel, width=width, height=height, excuses=excuses)


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
