"""The page of what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.web.format import clock, local
from agent.web.limits import MOST_EVENTS
from agent.web.page import Page
from agent.web.views import events, sites

PATH: Final = "/events"


def draw(page: Page) -> str:
    """Return the HTML of `/events`."""
    asked = page.query
    over = events.chosen(page.over, asked.get("days", ""))
    page = Page(replace(page.view, over=over), w=page.w, path=page.path, query=asked)
    kind = asked.get("kind", "")
    return page.render(
        "events.html",
        title=page.w("events"),
        crumbs=[(page.w("events"), PATH)],
        kinds=events.KINDS,
        kind=kind if kind in events.KINDS else "",
        stretch=_stretch(page, *over.bounds(page.now, events.USUAL)),
        most=MOST_EVENTS,
        sites=sites.names(page.view),
        view=events.read(
            page.view,
            over,
            site=asked.get("site", ""),
            kind=kind,
            find=asked.get("find", ""),
        ),
    )


def _stretch(page: Page, first: float, last: float) -> str:
    """Write the time of the page: of one day as clocks, else with the day and year of both ends."""
    begin, end = local(first, page.zone), local(last, page.zone)
    if begin.date() == end.date():
        written = [clock(at, page.now, page.zone) for at in (first, last)]
    else:
        written = [at.strftime("%Y-%m-%d %H:%M") for at in (begin, end)]
    return page.w("over.stretch", first=written[0], last=written[1])
