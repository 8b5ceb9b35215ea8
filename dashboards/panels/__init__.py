"""Panels made of signals, over grafanalib.

Every panel has a unit, a description and the datasource variable, and shows `no data` where data is
missing.
"""

from dashboards.panels.curves import heatmap, history, series, timeline
from dashboards.panels.grafana import (
    COLUMNS,
    DATASOURCE,
    INFLUXDB,
    SCHEMA_VERSION,
    Cell,
    InfluxQuery,
    mended,
)
from dashboards.panels.maker import Maker
from dashboards.panels.maps import geomap
from dashboards.panels.numbers import bars, gauge, stat, tiles
from dashboards.panels.tables import Table, table
from dashboards.panels.words import text

__all__ = [
    "COLUMNS",
    "DATASOURCE",
    "INFLUXDB",
    "SCHEMA_VERSION",
    "Cell",
    "InfluxQuery",
    "Maker",
    "Table",
    "bars",
    "gauge",
    "geomap",
    "heatmap",
    "history",
    "mended",
    "series",
    "stat",
    "table",
    "text",
    "tiles",
    "timeline",
]
