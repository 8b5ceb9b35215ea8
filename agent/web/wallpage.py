"""The wall screen: the board in a form that can be read from across the room."""

from __future__ import annotations

from agent.web import sitecharts
from agent.web.page import Page
from agent.web.views import racks, wall


def draw(page: Page) -> str:
    """Return the HTML of `/?kiosk`."""
    by_site = racks.read(page.view)
    view = wall.read(page.view, page.board, by_site, page.query.get("site", ""))
    trends = {one.line.site: sitecharts.pue(one.pue, page) for one in view.sites}
    return page.render("wall.html", view=view, trends=trends)
