"""The board: for whoever walks past a wall screen, and for whoever is woken at night with a phone."""

from __future__ import annotations

from typing import Final

from agent.web import sitepage
from agent.web.markup import Safe, join
from agent.web.page import Page
from agent.web.views import pages, racks, sites

_WHOLE: Final = 3
"""Up to this many sites are all shown whole."""


def draw(page: Page) -> str:
    """Return the HTML of `/`."""
    return page.render("board.html", view=pages.board(page.view, page.board), sites=_sites(page))


def _sites(page: Page) -> Safe:
    """Draw the agent's sites: up to a few of them whole; of more the one that is asked for, and a list."""
    view = page.view
    by_site = racks.read(view.snapshot, view.hub)
    lines = sites.read(view, by_site)
    told = [line.site for line in lines if line.told]
    whole = told
    if len(told) > _WHOLE:
        asked = page.query.get("site", "")
        own = next((key for key in told if key == view.site), told[0])
        whole = [asked if asked in told else own]
    drawn = [
        sitepage.section(page, key, by_site.get(key, []), index) for index, key in enumerate(whole)
    ]
    listed = page.part("sites.html", "table", lines) if len(lines) > 1 else None
    return join([listed, *drawn])
