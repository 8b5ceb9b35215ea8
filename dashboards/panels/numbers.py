"""Panels of numbers: stat, gauge, bars and tiles."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from grafanalib import core

from dashboards.language import NO_DATA, Text
from dashboards.panels.grafana import (
    LAST,
    Cell,
    cell,
    steps_of,
)
from dashboards.panels.maker import Maker
from dashboards.promql import TOLD
from dashboards.signals.base import Signal

_SMALL: Final = 16
"""Pixels of a word that is no figure."""
_NAME: Final = 12
"""Pixels of a series' name beside its number, which else shrinks with each further one."""
_NAMED: Final = (TOLD, "{{precision}}")
"""Labels without which a number does not say what it is of, so that it has its name beside it even
where it is the only one."""


def stat(
    make: Maker,
    signal: Signal,
    *,
    width: int = 4,
    height: int = 4,
    title: Text | None = None,
    small: bool = False,
) -> Cell:
    """One number a series, as it is now: never a mean over the range, nor the last one of it.

    `small` is for a word that is no figure.

    A line behind the number would need the range, and then what ended hours ago has a number too.
    """
    (signal, *apart), overrides = make.under(signal)
    panel = core.Stat(
        **make.common(signal, *apart, title=title, instant=True),
        format=signal.unit,
        decimals=signal.decimals,
        reduceCalc="lastNotNull",
        noValue=make.say(NO_DATA),
        thresholds=list(steps_of(signal)),
        mappings=make.mappings(signal),
        overrides=overrides,
        color={"mode": "thresholds"},
        graphMode="none",
        colorMode="background" if signal.states and not small else "value",
        textMode="value_and_name" if any(one in signal.legend for one in _NAMED) else "auto",
        extraJson={
            "fieldConfig": {"defaults": {**make.bounds(signal), **make.ways(signal)}},
            "options": {"text": {"titleSize": _NAME, **({"valueSize": _SMALL} if small else {})}},
        },
    )
    return cell(panel, width, height, [signal, *apart])


def gauge(
    make: Maker, signal: Signal, *, width: int = 4, height: int = 4, title: Text | None = None
) -> Cell:
    """A dial, for a ratio with two ends."""
    options = {
        "reduceOptions": LAST,
        "orientation": "auto",
        "showThresholdLabels": False,
        "showThresholdMarkers": True,
        "minVizHeight": 75,
        "minVizWidth": 75,
        "sizing": "auto",
    }
    return make.modern("gauge", signal, options, size=(width, height), title=title, instant=True)


def bars(
    make: Maker,
    signal: Signal,
    *more: Signal,
    width: int = 8,
    height: int = 8,
    title: Text | None = None,
) -> Cell:
    """Horizontal bars side by side, for comparing places.

    They begin at zero where the signal names no least value.
    """
    options = {
        "reduceOptions": LAST,
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
    return make.modern(
        "bargauge", based, options, *more, size=(width, height), title=title, instant=True
    )


def tiles(
    make: Maker, signal: Signal, *, width: int = 24, height: int = 8, title: Text | None = None
) -> Cell:
    """A coloured tile for each series, such as racks on a floor plan."""
    options = {
        "reduceOptions": LAST,
        "orientation": "auto",
        "textMode": "value_and_name",
        "wideLayout": False,
        "colorMode": "background_solid",
        "graphMode": "none",
        "justifyMode": "center",
        "showPercentChange": False,
        "percentChangeColorMode": "standard",
    }
    return make.modern("stat", signal, options, size=(width, height), title=title, instant=True)
