"""Places on a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from collectors.catalogue import site
from dashboards import uids
from dashboards.language import NO_DATA, Text
from dashboards.naming import mappings
from dashboards.panels.grafana import (
    Cell,
    Modern,
    cell,
    steps_of,
)
from dashboards.panels.maker import Maker
from dashboards.promql import of
from dashboards.signals.base import BLUE, Excuse, Signal


def geomap(
    make: Maker,
    signal: Signal,
    *,
    places: Mapping[str, tuple[float, float]],
    title: Text,
    width: int = 12,
    height: int = 12,
) -> Cell:
    """Places on a map, coloured by the signal, which has one value a hub.

    `places` has latitude and longitude in degrees, by hub.

    The base map is the default of the Grafana server, so that browsers load maps only from where
    its operator wants.
    """
    expr = " or ".join(_placed(signal.expr, hub, place) for hub, place in places.items())
    signal = replace(
        signal,
        expr=expr,
        may_be_empty=Excuse(
            reason="none of the hubs has a place on the map", unless=_known(places)
        ),
    )
    common = make.common(signal, instant=True, table=True, title=title)
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
                "renameByName": {"Value": make.say(signal.name)},
            },
        },
    ]
    layer = {
        "type": "markers",
        "name": make.say(signal.name),
        "tooltip": True,
        "location": {"mode": "coords", "latitude": "latitude", "longitude": "longitude"},
        "config": {
            "showLegend": False,
            "style": {
                "size": {"fixed": 9, "min": 6, "max": 14},
                "opacity": 0.8,
                "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
                "color": {"field": make.say(signal.name), "fixed": BLUE},
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
        "noValue": make.say(NO_DATA),
        "color": {"mode": "thresholds"},
        "mappings": make.mappings(signal),
        "thresholds": {"mode": "absolute", "steps": steps_of(signal)},
        "custom": {},
    }
    marker = {
        "matcher": {"id": "byName", "options": "hub"},
        "properties": [
            {"id": "mappings", "value": mappings("hub", make.names)},
            {
                "id": "links",
                "value": [
                    {
                        "title": "${__value.text}",
                        "url": make.way(uids.hub_uid("${__value.raw:percentencode}")),
                    }
                ],
            },
        ],
    }
    panel = Modern(**common, type="geomap", options=options, defaults=defaults, overrides=[marker])
    return cell(panel, width, height, [signal])


def _known(places: Iterable[str]) -> str:
    """Return an expression that has a value if any hub of the map has targets."""
    return " or ".join(of(site.TARGET_INFO, f'hub="{hub}"', scope="hub") for hub in places)


def _placed(expr: str, hub: str, place: tuple[float, float]) -> str:
    """Return the expression for one hub, with its latitude and longitude as labels."""
    found = expr.replace("<hub>", f'<hub>,hub="{hub}"')
    for label, degrees in zip(("latitude", "longitude"), place, strict=True):
        found = f'label_replace({found}, "{label}", "{degrees:g}", "hub", "{hub}")'
    return found
