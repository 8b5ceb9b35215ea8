"""The board: one page for whoever walks past a wall screen, and for whoever is woken at night with a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agent.web import api, cards, health, sitelist, sitepage
from agent.web.markup import Safe, el, join
from agent.web.views import collectors, devices, racks

if TYPE_CHECKING:
    from agent.web.page import Page

_WHOLE: Final = 3
"""Up to this many sites are all shown whole."""

Data = dict[str, Any]


def draw(page: Page) -> str:
    """Return the HTML of `/`: which promises are in danger, this agent's hub and sites, its own health, the other hubs."""
    w, view, scoreboard = page.w, page.view, page.scoreboard
    parents = {hub["hub"]: hub for hub in scoreboard}
    own = [hub for hub in scoreboard if hub["hub"] == view.hub]
    others = [hub for hub in scoreboard if hub["hub"] != view.hub]
    sites = _sites(page)
    main = [
        cards.headline(scoreboard, w),
        join([cards.card(hub, w, parents=parents, own=True, link=page.link) for hub in own]),
        el("div", sites, class_="sites") if sites else None,
        el(
            "div",
            _host(page),
            page.part("health.html", "collectors", collectors.read(view)),
            page.part("health.html", "devices", devices.read(view)),
            class_="machine",
        ),
        el(
            "section",
            el("h2", w("others"), id="others", class_="section-title"),
            el(
                "div",
                [cards.card(hub, w, parents=parents, own=False, link=page.link) for hub in others],
                class_="hubs",
            ),
            aria_labelledby="others",
            class_="others",
        )
        if others
        else None,
    ]
    return page.document(page.hub_name, main)


def _sites(page: Page) -> Safe:
    """Draw the agent's sites: up to a few of them whole, of more the one that is asked for, and all of them as a list."""
    view = page.view
    by_site = racks.read(view.snapshot, view.hub)
    lines = api.site_lines(view, by_site)
    told = [line["site"] for line in lines if sitelist.tells(line)]
    whole = told
    if len(told) > _WHOLE:
        asked = page.query.get("site", "")
        whole = [
            asked if asked in told else next((key for key in told if key == view.site), told[0])
        ]
    drawn = [
        sitepage.section(page, key, by_site.get(key, []), index) for index, key in enumerate(whole)
    ]
    return join([sitelist.table(lines, page) if len(lines) > 1 else None, *drawn])


def _host(page: Page) -> Safe | None:
    data = api.host_data(page.view)
    return None if data is None else health.host(data, page.w)
