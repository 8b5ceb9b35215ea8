"""A site: its PUE, where its energy goes, its power from utility to chip, and its racks; on a page of its own, or on the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.web import api, headroom, heat, hubdata, overhead, panels, tell
from agent.web import racks as racks_model
from agent.web import sites as places
from agent.web.markup import Safe, el
from agent.web.paths import site_path

if TYPE_CHECKING:
    from agent.web.page import Page
    from agent.web.racks import Rack


def draw(page: Page, site: str) -> str:
    """Return the HTML of `/sites/SITE`."""
    name = places.site_names(page.view)[site]
    racks = racks_model.read(page.view.snapshot, page.view.hub).get(site, [])
    title = el(
        "h1",
        name or site,
        el("span", f" {site}", class_="quiet") if name else None,
        class_="section-title",
    )
    main = [
        el("div", title, class_="headline"),
        el(
            "div",
            el("h2", page.w("site_of"), class_="hidden"),
            _panels(page, site, racks, whole=True),
            class_="site alone",
        ),
    ]
    return page.document(name or site, main, crumbs=[(name or site, site_path(site))])


def section(page: Page, site: str, racks: Sequence[Rack], index: int) -> Safe:
    """Draw a site as a part of the board."""
    name = places.site_names(page.view)[site]
    title = f"site-{index}"
    link = el("a", name or site, href=page.link(site_path(site)))
    return el(
        "section",
        el(
            "h2",
            link,
            el("span", f" {site}", class_="quiet") if name else None,
            id=title,
            class_="section-title",
        ),
        _panels(page, site, racks, whole=False),
        class_="site",
        aria_labelledby=title,
    )


def _panels(page: Page, site: str, racks: Sequence[Rack], *, whole: bool) -> list[Safe]:
    view, w = page.view, page.w
    bears = [
        panels.pue(api.pue(view, site, page.scoreboard), w, page.zone),
        panels.power(api.power(view, site), w, page.zone),
    ]
    more = [
        heat.racks(page, site, racks, api.rack_summary(view, site, racks), whole=whole),
        overhead.draw(overhead.read(view, site), w),
        headroom.draw(page, site) if whole else None,
    ]
    parts: list[tuple[str, Sequence[Safe | None]]] = [
        ("bears", bears),
        ("more-of", more),
        ("beside", _beside(page, site) if whole else []),
    ]
    return [
        el("div", [one for one in drawn if one], class_=name) for name, drawn in parts if any(drawn)
    ]


def _beside(page: Page, site: str) -> list[Safe | None]:
    """Return what else is known of a site: its links and chips."""
    return [
        tell.links(hubdata.links(page.view, site), page.w),
        tell.chips(hubdata.chips(page.view, site), page.w),
    ]
