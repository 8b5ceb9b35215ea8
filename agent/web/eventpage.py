"""The page of what happened."""

from __future__ import annotations

from typing import Final

from agent.web.limits import MOST_EVENTS
from agent.web.page import Page
from agent.web.views import events, sites

PATH: Final = "/events"
_DAYS: Final = 7


def draw(page: Page) -> str:
    """Return the HTML of `/events`."""
    asked = page.query
    days = int(asked["days"]) if "days" in asked else _DAYS
    kind = asked.get("kind", "")
    return page.render(
        "events.html",
        title=page.w("events"),
        crumbs=[(page.w("events"), PATH)],
        kinds=events.KINDS,
        spans=events.DAYS,
        kind=kind if kind in events.KINDS else "",
        days=days,
        most=MOST_EVENTS,
        sites=sites.names(page.view),
        view=events.read(
            page.view,
            days=days,
            site=asked.get("site", ""),
            kind=kind,
            find=asked.get("find", ""),
        ),
    )
