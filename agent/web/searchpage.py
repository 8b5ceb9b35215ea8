"""The page with the results of a search."""

from __future__ import annotations

from typing import Final

from agent.web.page import Page
from agent.web.views import lookup

PATH: Final = "/search"


def draw(page: Page) -> str:
    """Return the HTML of `/search`."""
    return page.render(
        "search.html",
        title=page.w("search"),
        crumbs=[(page.w("search"), PATH)],
        view=lookup.find(page.view, page.query.get("find", "")),
    )
