"""The first page, `/`: what the hub promised, how its sites stand, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.web import sitepage
from agent.web.page import Page
from agent.web.views import pages, racks

_WHOLE: Final = 3
"""Up to this many sites are shown with their panels."""


def draw(page: Page) -> str:
    """Return the HTML of `/`."""
    by_site = racks.read(page.view)
    view = pages.board(page.view, page.board, by_site)
    told = [line.site for line in view.sites if line.told]
    sections = [sitepage.panels(page, site, by_site.get(site, [])) for site in _whole(page, told)]
    return page.render("board.html", view=view, sections=sections)


def _whole(page: Page, told: Sequence[str]) -> Sequence[str]:
    """Return the sites to show with their panels: all if they are few, else only the one chosen."""
    if len(told) <= _WHOLE:
        return told
    wanted = (page.query.get("site", ""), page.view.site, told[0])
    return [next(site for site in wanted if site in told)]
