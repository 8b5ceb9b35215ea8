"""The curves of a site's page: PUE and power over time, each with its values as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from agent.messages.catalogue import Words
from agent.web import puemarks
from agent.web.axis import time_labels
from agent.web.chart_model import Chart, Line
from agent.web.charts import chart
from agent.web.curves import PowerTrendView, PueTrendView
from agent.web.format import (
    MISSING,
    PUE_DIGITS,
    SHARES,
    THIN,
    local,
    percent,
    quantity,
    ratio,
    short,
)
from agent.web.lane import Wanted, lane
from agent.web.page import Page
from agent.web.views.power import PowerView
from agent.web.views.pue import SitePueView

_DAY: Final = 86_400.0
_CURVES: Final = {"facility": "c-facility", "ups": "c-ups", "pdu": "c-pdu", "it": "c-it"}
"""The classes of the power curves, from utility to IT."""


def pue(view: SitePueView, page: Page) -> Markup:
    """Draw a site's PUE over time with its limit and uncertainty; nothing without values."""
    trend, w, zone = view.trend, page.w, page.zone
    known = [value for value in trend.pue if value is not None] if trend is not None else []
    if trend is None or not known:
        return Markup()
    drawn = chart(
        Chart(
            title=w("trend.of", what=w("pue.trend"), site=view.site),
            description=w(
                "pue.desc",
                first=_minute(trend.times[0], zone),
                last=_minute(trend.times[-1], zone),
                low=ratio(min(known), PUE_DIGITS),
                high=ratio(max(known), PUE_DIGITS),
            ),
            lines=[Line(name=w("pue"), kind="c-facility", values=trend.pue)],
            rules=puemarks.limit(view.limit, w),
            bands=puemarks.uncertainty(trend.pue, trend.uncertainty),
            marks=puemarks.switches(trend.category, w),
            coverage=trend.coverage,
            coverage_name=w("coverage"),
            x_labels=time_labels(trend.times, trend.step_seconds, zone),
            tick=ratio,
            floor=1.0,
            source=page.timed(f"/api/sites/{quote(view.site, safe='')}/pue"),
            names={"coverage": w("coverage")},
            ends=ends_of(trend),
            below=_lane(page, view.site, trend),
        ),
        w,
    )
    rows = [
        (
            _moment(at, trend.step_seconds, zone),
            ratio(value, PUE_DIGITS),
            _plus_minus(value, doubt),
            percent(share, SHARES["coverage"]),
            MISSING if category is None else str(category),
        )
        for at, value, doubt, share, category in zip(
            trend.times,
            trend.pue,
            trend.uncertainty,
            trend.coverage,
            trend.category,
            strict=True,
        )
    ]
    names = [w(f"col.{one}") for one in ("time", "pue", "uncertainty", "coverage", "category")]
    return _figure(page, f"pue-{view.site}", drawn, names, rows)


def _plus_minus(value: float | None, doubt: float | None) -> str:
    return MISSING if value is None or not doubt else f"±{THIN}{ratio(value * doubt, PUE_DIGITS)}"


def power(view: PowerView, page: Page) -> Markup:
    """Draw a site's power over the last day, a curve for each stage; nothing without values."""
    trend, w, zone = view.trend, page.w, page.zone
    lines = _lines(trend, w) if trend is not None else []
    if trend is None or not lines:
        return Markup()
    drawn = chart(
        Chart(
            title=w("trend.of", what=w("power.trend"), site=view.site),
            description=w(
                "power.desc",
                first=_minute(trend.times[0], zone),
                last=_minute(trend.times[-1], zone),
            ),
            lines=lines,
            x_labels=time_labels(trend.times, trend.step_seconds, zone),
            tick=watts,
            floor=0.0,
            source=page.timed(f"/api/sites/{quote(view.site, safe='')}/power"),
            names={key: w(f"curve.{key}") for key in _CURVES if key in trend.series},
            ends=ends_of(trend),
            below=_lane(page, view.site, trend),
        ),
        w,
    )
    rows = [
        (
            _moment(at, trend.step_seconds, zone),
            *(quantity(line.values[index], "W", digits=4) for line in lines),
        )
        for index, at in enumerate(trend.times)
    ]
    names = [w("col.time"), *(line.name for line in lines)]
    return _figure(page, f"power-{view.site}", drawn, names, rows)


def ends_of(trend: PueTrendView | PowerTrendView) -> tuple[float, float]:
    """Return when a curve begins and ends."""
    return trend.times[0], trend.times[-1] + trend.step_seconds


def _lane(page: Page, site: str, trend: PueTrendView | PowerTrendView) -> Markup:
    return lane(page, ends_of(trend), of_site(site))


def of_site(site: str) -> Wanted:
    """Return which events belong to a site's curves: its own, the agent's, and of promises."""
    return lambda one: one.site in ("", site)


def _lines(trend: PowerTrendView, w: Words) -> list[Line]:
    """Return the curves that have a value, from utility to IT."""
    return [
        Line(name=w(f"curve.{key}"), kind=kind, values=trend.series[key])
        for key, kind in _CURVES.items()
        if any(value is not None for value in trend.series.get(key, ()))
    ]


def watts(value: float) -> str:
    """Write a power on a chart's scale; zero needs no unit."""
    return short(value, "W") if value else "0"


def _figure(
    page: Page, key: str, drawn: Markup, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> Markup:
    return page.render("figure.html", chart=drawn, key=key, names=names, rows=rows)


def _minute(seconds: float, zone: dt.tzinfo) -> str:
    return local(seconds, zone).strftime("%Y-%m-%d %H:%M")


def _moment(seconds: float, step_seconds: float, zone: dt.tzinfo) -> str:
    """Write when an interval begins: its day, or for shorter intervals day and time."""
    shape = "%Y-%m-%d" if step_seconds >= _DAY else "%m-%d %H:%M"
    return local(seconds, zone).strftime(shape)
