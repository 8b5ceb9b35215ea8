"""The page about the API: every path, what it answers, and the parameters of its query."""

from __future__ import annotations

from typing import Final

from agent.web.operations import OPERATIONS
from agent.web.page import Page

PATH: Final = "/openapi"


def draw(page: Page) -> str:
    """Return the HTML of `/openapi`."""
    title = page.w("api")
    return page.render("api.html", title=title, crumbs=[(title, PATH)], operations=OPERATIONS)
