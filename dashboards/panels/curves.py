"""Panels over time: series, heat map, timeline of states and status history."""

from __future__ import annotations

from typing import Final, Literal

from grafanalib import core

from dashboards.language import NO_DATA, Text
from dashboards.panels.grafana import (
    LEGEND_TOOLTIP,
    Cell,
    cell,
    steps_of,
)
from dashboards.panels.maker import Maker
from dashboards.signals.base import BLUE, Signal

LIST_LEGEND: Final = {
    "showLegend": True,
    "displayMode": "list",
    "placement": "bottom",
    "calcs": [],
}
"""No last value: of a series that ended hours ago it would stand there as the present one."""
TABLE_LEGEND: Final = {
    "showLegend": True,
    "displayMode": "table",
    "placement": "right",
    "calcs": ["min", "max"],
    "sortBy": "Max",
    "sortDesc": True,
}


def series(
    make: Maker,
    signal: Signal,
    *more: Signal,
    width: int = 12,
    height: int = 8,
    title: Text | None = None,
    stack: bool = False,
    legend: Literal["bottom", "right"] = "bottom",
) -> Cell:
    """Lines over time.

    A gap stays a gap. Where there may be many series, the legend is a table at the right.
    """
    (signal, *apart), overrides = make.under(signal)
    more = (*apart, *more)
    limits = bool(signal.steps)
    panel = core.TimeSeries(
        **make.common(signal, *more, title=title),
        unit=signal.unit,
        valueDecimals=_axis_decimals(signal),
        axisSoftMin=signal.begins,
        axisSoftMax=signal.ends,
        spanNulls=False,
        fillOpacity=30 if stack else 0,
        showPoints="auto",
        tooltipMode="multi",
        tooltipSort="desc",
        stacking={"mode": "normal", "group": "A"} if stack else {"mode": "none", "group": "A"},
        thresholds=list(steps_of(signal)),
        thresholdsStyleMode="dashed" if limits else "off",
        mappings=make.mappings(signal),
        overrides=overrides,
        extraJson={
            "fieldConfig": {
                "defaults": {
                    **make.bounds(signal),
                    **make.ways(signal),
                    "noValue": make.say(NO_DATA),
                }
            },
            "options": {"legend": TABLE_LEGEND if legend == "right" else LIST_LEGEND},
        },
    )
    return cell(panel, width, height, [signal, *more])


def heatmap(
    make: Maker, signal: Signal, *, width: int = 12, height: int = 9, title: Text | None = None
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
    return make.modern("heatmap", signal, options, size=(width, height), title=title)


def timeline(
    make: Maker, signal: Signal, *, width: int = 24, height: int = 8, title: Text | None = None
) -> Cell:
    """States over time as bands, each with its word."""
    options = {
        "mergeValues": True,
        "showValue": "auto",
        "alignValue": "left",
        "rowHeight": 0.85,
        **LEGEND_TOOLTIP,
    }
    custom = {"fillOpacity": 80, "lineWidth": 0}
    return make.modern(
        "state-timeline", signal, options, size=(width, height), title=title, custom=custom
    )


def history(
    make: Maker, signal: Signal, *, width: int = 24, height: int = 8, title: Text | None = None
) -> Cell:
    """States at regular times as cells: a heat map of many things with few states or thresholds."""
    options = {"showValue": "never", "rowHeight": 0.9, "colWidth": 0.9, **LEGEND_TOOLTIP}
    return make.modern(
        "status-history",
        signal,
        options,
        size=(width, height),
        title=title,
        custom={"fillOpacity": 80, "lineWidth": 0},
    )


def _axis_decimals(signal: Signal) -> int | None:
    """Return the decimals of an axis; None lets Grafana take as many as tell its ticks apart.

    They are set where they surely do: for counts, and where a scale has a beginning far away. Of
    shares none are set: Grafana counts decimals before it makes them a percentage.
    """
    if signal.unit == "percentunit":
        return None
    return signal.decimals if signal.decimals == 0 or signal.begins else None
