"""The page of a site's supply: from the utility to the racks, and what a loss would do."""

from __future__ import annotations

from agent.web.page import Page
from agent.web.paths import site_path
from agent.web.views import power, sites, stages, supply


def draw(page: Page, site: str) -> str:
    """Return the HTML of `/sites/SITE/supply`."""
    name = sites.names(page.view)[site] or site
    return page.render(
        "supply.html",
        title=page.w("supply"),
        crumbs=[(name, site_path(site)), (page.w("supply"), f"{site_path(site)}/supply")],
        view=supply.read(
            page.view,
            site,
            page.query.get("at", ""),
            page.query.get("lose", ""),
            add=page.query.get("add", ""),
            row=page.query.get("row", ""),
        ),
        stages=stages.shown(power.stages(page.view, site)),
    )
