"""The temperature of a rack's inlet, or of a site's, over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agent.hubs.text import in_each_language
from agent.hubs.units import Language
from agent.web.curves import TemperatureTrendView
from agent.web.format import MISSING, measured
from agent.web.view import BoardView

Kept = Literal["known", "empty", "unread", "failed", "not_kept"]
"""Whether a curve is known: there may be no value of this time, the database may not have answered
yet or fail, and where the config names none, nothing is kept."""
NAMES: Final = ("warmest", "mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperaturesView:
    """Curves over evenly spaced times: where each interval begins, seconds since the epoch."""

    times: Sequence[float]
    step_seconds: float
    series: Mapping[str, Sequence[float | None]]
    """`warmest`, and of a site `mean`: degrees Celsius."""
    texts: Mapping[Language, Sequence[str]]
    """The text shown beside the pointer, by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureView:
    """What `/api/sites/{site}/temperature` answers, and the same of a rack."""

    hub: str
    site: str
    rack: str
    """Empty for the site."""
    kept: Kept
    error: str
    """Why the database did not answer."""
    recommended_celsius: float
    allowable_celsius: float
    trend: TemperaturesView | None


def of_site(view: BoardView, site: str) -> TemperatureView:
    """Return the warmest inlet of a site's racks, and the mean of all."""
    asked = view.temperatures
    return _view(view, site, "", asked.of_site(site, view.over) if asked is not None else None)


def of_rack(view: BoardView, site: str, rack: str) -> TemperatureView:
    """Return the warmest air at a rack's inlet."""
    asked = view.temperatures
    found = asked.of_rack(site, rack, view.over) if asked is not None else None
    return _view(view, site, rack, found)


def _view(
    view: BoardView, site: str, rack: str, found: TemperatureTrendView | None
) -> TemperatureView:
    limits = view.limits.of(site)
    return TemperatureView(
        hub=view.hub,
        site=site,
        rack=rack,
        kept=_kept(view, found),
        error=found.error if found is not None else "",
        recommended_celsius=limits.inlet_recommended_celsius,
        allowable_celsius=limits.inlet_allowable_celsius,
        trend=_trend(found) if found is not None and found.times else None,
    )


def _kept(view: BoardView, found: TemperatureTrendView | None) -> Kept:
    if view.temperatures is None:
        return "not_kept"
    if found is None:
        return "unread"
    if found.error:
        return "failed"
    return "known" if found.times else "empty"


def _trend(found: TemperatureTrendView) -> TemperaturesView:
    told = [
        " / ".join(_said(values[index]) for values in found.series.values())
        for index in range(len(found.times))
    ]
    return TemperaturesView(
        times=found.times,
        step_seconds=found.step_seconds,
        series=found.series,
        texts=in_each_language(lambda _: told),
    )


def _said(value: float | None) -> str:
    return MISSING if value is None else measured(value, "°C", 1)
