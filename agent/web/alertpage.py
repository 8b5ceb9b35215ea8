"""The page of the alerts that fire."""

from __future__ import annotations

from typing import Final

from agent.web.page import Page
from agent.web.views import alerts

PATH: Final = "/alerts"


def draw(page: Page) -> str:
    """Return the HTML of `/alerts`."""
    return page.render(
        "alerts.html",
        title=page.w("firing"),
        crumbs=[(page.w("firing"), PATH)],
        view=alerts.read(page.view),
    )
