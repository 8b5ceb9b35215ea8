"""The weekly report: one A4 sheet, as a page of the agent or as a file that needs no other file."""

from __future__ import annotations

import datetime as dt
from functools import partial
from importlib.resources import files

from markupsafe import Markup

from agent.messages.catalogue import Words
from agent.report.model import FormerState, WeekReport
from agent.report.week import Week
from agent.targets.views import Display, TargetView
from agent.web.format import local
from agent.web.markup import raw
from agent.web.page import Page
from agent.web.render import render
from agent.web.views import weeks
from agent.web.views.report import view_of

_TEMPLATE = "report.html"
_ONE_WEEK = dt.timedelta(days=7)


def draw(page: Page, hub: str) -> str | None:
    """Return the HTML of `/hubs/HUB/report`; None for an unknown hub.

    The report is of the week that the address asks for, else of the last week that is over.
    """
    view = page.view
    known = view.registry.hubs.get(hub)
    if known is None:
        return None
    week, report = weeks.read(view, hub, page.query.get("week", ""))
    monday = local(week.start, week.zone)
    return render(
        _TEMPLATE,
        page.w,
        page=page,
        hub=hub,
        hub_name=page.w.pick(known.name),
        week=week,
        report=report,
        view=view_of(report) if report is not None else None,
        shown=partial(_display, w=page.w),
        simulated=view.simulated,
        linked=True,
        before=f"{monday - _ONE_WEEK:%G-W%V}",
        after=f"{monday + _ONE_WEEK:%G-W%V}",
        being_made=report is None and view.past is not None,
    )


def document(
    report: WeekReport, w: Words, week: Week, *, hub_name: str, simulated: bool = False
) -> str:
    """Return the report as an HTML file that refers to no other file."""
    return render(
        _TEMPLATE,
        w,
        hub_name=hub_name,
        week=week,
        report=report,
        view=view_of(report),
        shown=partial(_display, w=w),
        simulated=simulated,
        linked=False,
        being_made=False,
        style=_style(),
    )


def _display(row: TargetView | FormerState, w: Words) -> Display:
    """Return the texts of a promise in the page's language, else in a language that it has."""
    nearest = w.nearest(list(row.display))
    return next(texts for language, texts in row.display.items() if language == nearest)


def _style() -> Markup:
    return raw(files("agent.web").joinpath("static", "report.css").read_text("utf-8"))
