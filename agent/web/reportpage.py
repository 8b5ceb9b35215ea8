"""The report of a week, a month or a year: a sheet, as a page or as a file that needs no other."""

from __future__ import annotations

from functools import partial
from importlib.resources import files

from markupsafe import Markup

from agent.messages.catalogue import Words
from agent.report.model import FormerState, HubReport
from agent.report.period import KINDS, Period, period_of
from agent.targets.views import Display, TargetView
from agent.web import reportcharts
from agent.web.markup import raw
from agent.web.page import Page
from agent.web.render import render
from agent.web.views import periods
from agent.web.views.report import view_of

_TEMPLATE = "report.html"


def draw(page: Page, hub: str) -> str | None:
    """Return the HTML of `/hubs/HUB/report`; None for an unknown hub.

    The report is of the week, month or year that the address asks for, else of the last week that
    is over.
    """
    view = page.view
    known = view.registry.hubs.get(hub)
    if known is None:
        return None
    period, report = periods.read(view, hub, page.query)
    return render(
        _TEMPLATE,
        page.w,
        page=page,
        hub=hub,
        linked=True,
        other_kinds={
            kind: period_of(kind, "", period.zone, view.now()).name
            for kind in KINDS
            if kind != period.kind
        },
        being_made=report is None and view.past is not None,
        **_values(report, page.w, period, page.w.pick(known.name), simulated=view.simulated),
    )


def document(
    report: HubReport, w: Words, period: Period, *, hub_name: str, simulated: bool = False
) -> str:
    """Return the report as an HTML file that refers to no other file."""
    return render(
        _TEMPLATE,
        w,
        linked=False,
        being_made=False,
        style=_style(),
        **_values(report, w, period, hub_name, simulated=simulated),
    )


def _values(
    report: HubReport | None, w: Words, period: Period, hub_name: str, *, simulated: bool
) -> dict[str, object]:
    """Return what the sheet needs, wherever it is shown."""
    return {
        "hub_name": hub_name,
        "period": period,
        "report": report,
        "view": view_of(report) if report is not None else None,
        "day_chart": reportcharts.days(report, w) if report is not None else Markup(),
        "year_chart": reportcharts.months(report, w) if report is not None else Markup(),
        "shown": partial(_display, w=w),
        "simulated": simulated,
    }


def _display(row: TargetView | FormerState, w: Words) -> Display:
    """Return the texts of a promise in the page's language, else in a language that it has."""
    nearest = w.nearest(list(row.display))
    return next(texts for language, texts in row.display.items() if language == nearest)


def _style() -> Markup:
    return raw(files("agent.web").joinpath("static", "report.css").read_text("utf-8"))
