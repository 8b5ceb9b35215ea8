"""The page of a hub: its promises with their evidence, its sites, links and chips."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from agent.hubs.units import LANGUAGES, show
from agent.messages.catalogue import Words
from agent.targets.views import TargetView
from agent.web import axis, sitepage
from agent.web.chart_model import Band, Chart, Dot, Line, Rule
from agent.web.charts import chart
from agent.web.lane import lane
from agent.web.over import SPANS
from agent.web.page import Page
from agent.web.paths import hub_path, site_path
from agent.web.views import course, heat, heat_panel, pages, racks
from agent.web.views.course import CourseView

_WHOLE: Final = 3
"""Up to this many sites are shown with their panels; more are shown as a tile each."""


def draw(page: Page, key: str) -> str | None:
    """Return the HTML of `/hubs/HUB`; None for a hub that the registry does not have."""
    by_site = racks.read(page.view) if key == page.view.hub else {}
    view = pages.hub(page.view, key, page.board, by_site)
    if view is None:
        return None
    charts = {}
    for promise in view.detail.targets:
        found = course.read(page.view, view.detail, promise.target.id)
        if found is not None:
            charts[promise.target.id] = _chart(page, promise.target, found)
    told = [line for line in view.sites if line.told]
    few = len(told) <= _WHOLE
    show = heat.show_of(page.query.get("racks"))
    return page.render(
        "hub.html",
        view=view,
        charts=charts,
        sections=[
            sitepage.panels(page, line.site, by_site.get(line.site, []))
            for line in (told if few else ())
        ],
        show=show,
        tiles=[]
        if few
        else [
            (
                heat_panel.block(
                    by_site[line.site], show, key=line.site, name=line.name or line.site
                ),
                page.link(site_path(line.site)),
            )
            for line in told
            if line.site in by_site
        ],
    )


def _chart(page: Page, target: TargetView, found: CourseView) -> Markup:
    """Draw a promise over time: measured, published, and expected."""
    w, trend, series = page.w, found.trend, found.trend.series
    known = page.view.registry.hubs[found.hub]
    unit = next(fact.unit for fact in known.facts if fact.id == found.target)
    what = w.pick(target.kpi_name)
    lines = [Line(name=w.of("origin", found.kind), kind="c-facility", values=series["value"])]
    bands = []
    if "expected" in series:
        name = w("evidence.forecast")
        lines.append(Line(name=name, kind="forecast", values=series["expected"]))
        bands = [Band(lower=series["lower"], upper=series["upper"], kind="forecast")]
    values = [value for value in series["value"] if value is not None]
    return chart(
        Chart(
            title=f"{what}, {w.pick(known.name)}",
            description=w(
                "evidence.desc",
                what=what,
                low=_tick(min(values), unit, w),
                high=_tick(max(values), unit, w),
            ),
            lines=lines,
            bands=bands,
            dots=_dots(found, w),
            rules=[]
            if found.limit is None
            else [Rule(value=found.limit, name=w("pue.limit", value=_tick(found.limit, unit, w)))],
            x_labels=axis.time_labels(trend.times, trend.step_seconds, page.zone),
            tick=lambda value: _tick(value, unit, w),
            source=page.timed(f"/api{hub_path(found.hub)}/trends/{found.target}"),
            ends=_ends(found),
            below=lane(
                page,
                _ends(found),
                lambda one: one.kind == "promise" and one.subject == found.target,
                usual=SPANS["1y"],
                kind="promise",
                find=found.target,
            ),
        ),
        w,
    )


def _ends(found: CourseView) -> tuple[float, float]:
    trend = found.trend
    first = trend.times[0] - trend.step_seconds / 2
    return first, first + len(trend.times) * trend.step_seconds


def _dots(found: CourseView, w: Words) -> list[Dot]:
    first, last = _ends(found)
    return [
        Dot(
            at=(one.time_seconds - first) / (last - first),
            value=one.value,
            name=one.display[w.nearest(one.display)],
        )
        for one in found.registered
    ]


def _tick(value: float, unit: str, w: Words) -> str:
    said = show(value, unit, w.nearest(LANGUAGES))
    return said.split(" ")[0] if unit == "ratio" else said
