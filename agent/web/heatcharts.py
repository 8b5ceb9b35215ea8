"""The curve of a temperature, with the limits of a rack's inlet."""

from __future__ import annotations

from typing import Final, Literal

from markupsafe import Markup

from agent.web.axis import time_labels
from agent.web.chart_model import Chart, Line, Rule
from agent.web.charts import chart
from agent.web.format import clock, measured
from agent.web.lane import Wanted, lane
from agent.web.page import Page
from agent.web.paths import rack_path, site_path
from agent.web.views.temperature import TemperatureView

_CLASSES: Final = {"warmest": "c-facility", "mean": "c-ups"}


def temperature(view: TemperatureView, page: Page, wanted: Wanted) -> Markup:
    """Draw a temperature over time; nothing where it is not known.

    `wanted` tells which events belong in the lane below it.
    """
    trend, w = view.trend, page.w
    if trend is None:
        return Markup()
    lines = [
        Line(name=w(f"temperature.{name}"), kind=_CLASSES[name], values=values)
        for name, values in trend.series.items()
    ]
    where = rack_path(view.site, view.rack) if view.rack else site_path(view.site)
    highest = max(value for line in lines for value in line.values if value is not None)
    limits: tuple[tuple[Literal["caution", "limit"], str, float], ...] = (
        ("caution", "recommended", view.recommended_celsius),
        ("limit", "allowable", view.allowable_celsius),
    )
    ends = trend.times[0], trend.times[-1] + trend.step_seconds
    drawn = chart(
        Chart(
            title=w("trend.of", what=w("temperature"), site=view.rack or view.site),
            description=w("temperature.desc", highest=measured(highest, "°C", 1)),
            lines=lines,
            rules=[
                Rule(
                    value=value,
                    name=w(f"temperature.limit.{name}", value=measured(value, "°C")),
                    kind=kind,
                )
                for kind, name, value in limits
            ],
            x_labels=time_labels(trend.times, trend.step_seconds, page.zone),
            tick=lambda value: measured(value, "°C"),
            source=page.timed(f"/api{where}/temperature"),
            ends=ends,
            below=lane(page, ends, wanted),
        ),
        w,
    )
    rows = [
        (
            clock(at, page.now, page.zone),
            *(measured(line.values[index], "°C", 1) for line in lines),
        )
        for index, at in enumerate(trend.times)
    ]
    names = [w("col.time"), *(line.name for line in lines)]
    key = f"temperature-{view.rack or view.site}"
    return page.render("figure.html", chart=drawn, key=key, names=names, rows=rows)
