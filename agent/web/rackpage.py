"""The page of one rack, and the choice between racks of one name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from markupsafe import Markup

from agent.web import heatcharts, rackfront
from agent.web.axis import time_labels
from agent.web.chart_model import Chart, Line, Rule
from agent.web.charts import chart
from agent.web.format import clock, quantity
from agent.web.lane import Wanted, lane
from agent.web.page import Page
from agent.web.paths import rack_path
from agent.web.sitecharts import ends_of, watts
from agent.web.views import rack_page, sites, temperature
from agent.web.views.rack_page import RackPageView

_CURVES: Final = ("c-ups", "c-pdu", "c-it", "c-chips")
"""The classes of the feeds' curves."""


def draw(page: Page, site: str, name: str) -> str | None:
    """Return the HTML of `/sites/SITE/racks/RACK`; None for a rack that no data names."""
    view = rack_page.read(page.view, site, name)
    if view is None:
        return None
    elevation, warm = view.elevation, temperature.of_rack(page.view, site, name)
    return page.render(
        "rack.html",
        view=view,
        site_name=sites.names(page.view).get(site) or site,
        front=(
            rackfront.draw(
                page, elevation, view.height_units, {one.device.node for one in view.plugs}
            )
            if elevation
            else ""
        ),
        trend=_trend(view, page),
        temperature=warm,
        temperature_trend=heatcharts.temperature(warm, page, _of_rack(view)),
    )


def choose(page: Page, name: str) -> str | None:
    """Return the HTML of `/racks/RACK`; None for a rack that no data names.

    It is the rack's page, or a choice between sites if several have a rack of that name.
    """
    found = rack_page.sites_of(page.view, name).sites
    if not found:
        return None
    if len(found) == 1:
        return draw(page, found[0], name)
    names = sites.names(page.view)
    choice = [(site, names.get(site) or site) for site in found]
    return page.render("rack_choice.html", rack=name, sites=choice)


def _trend(view: RackPageView, page: Page) -> Markup:
    """Draw the power of a rack's feeds over the last two days; nothing without values."""
    trend, w = view.trend, page.w
    if trend is None:
        return Markup()
    lines = [
        Line(name=name, kind=_CURVES[index % len(_CURVES)], values=values)
        for index, (name, values) in enumerate(trend.series.items())
    ]
    if len(lines) > 1:
        lines.append(_sum(lines))
    drawn = chart(
        Chart(
            title=w("rack.trend"),
            description=w("rack.trend.desc", rack=view.rack),
            lines=lines,
            rules=[
                *_rule(lines, view.feed_capacity_watts, w("rack.one_feed"), "second"),
                *_rule(lines, view.rated_power_watts, w("col.rated")),
            ],
            x_labels=time_labels(trend.times, trend.step_seconds, page.zone),
            tick=watts,
            floor=0.0,
            source=page.timed(f"/api{rack_path(view.site, view.rack)}"),
            ends=ends_of(trend),
            below=lane(
                page,
                ends_of(trend),
                _of_rack(view),
                site=view.site,
                find=view.rack,
            ),
        ),
        w,
    )
    rows = [
        (clock(at, page.now, page.zone), *(quantity(line.values[index], "W") for line in lines))
        for index, at in enumerate(trend.times)
    ]
    names = [w("col.time"), *(line.name for line in lines)]
    return page.render("figure.html", chart=drawn, key="rack-trend", names=names, rows=rows)


def _of_rack(view: RackPageView) -> Wanted:
    """Return which events belong to a rack's curves: its own, its PDUs', and the agent's."""
    places = (view.rack, view.site, f"{view.site} {view.row}")  # of a maintenance window
    own = {*places, *(feed.pdu for feed in view.feeds)}
    return lambda one: one.kind == "agent" or (one.site == view.site and one.subject in own)


def _sum(lines: Sequence[Line]) -> Line:
    """Return the sum of all feeds; None for a time at which one of them is not known."""
    values = [
        None if None in column else sum(value or 0.0 for value in column)
        for column in zip(*(line.values for line in lines), strict=True)
    ]
    return Line(name="+".join(line.name for line in lines), kind="c-facility", values=values)


def _rule(
    lines: Sequence[Line],
    watts: float | None,
    name: str,
    kind: Literal["limit", "second"] = "limit",
) -> list[Rule]:
    """Return a limit to draw; none where it is not known, or the power never passed half of it."""
    most = max((value or 0.0 for line in lines for value in line.values), default=0.0)
    return [] if watts is None or most <= watts / 2 else [Rule(value=watts, name=name, kind=kind)]
