"""A site: its PUE, where its energy goes, its power from utility to chip, and its racks; on a page of its own, or on the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.web import headroom, heat, overhead, panels
from agent.web.markup import Safe, el
from agent.web.paths import site_path
from agent.web.views import chips, links, power, sites
from agent.web.views import overhead as overhead_view
from agent.web.views import pue as pue_view
from agent.web.views import racks as racks_view
from agent.web.views.serialise import plain

if TYPE_CHECKING:
    from agent.web.page import Page
    from agent.web.views.rack import RackView


def draw(page: Page, site: str) -> str:
    """Return the HTML of `/sites/SITE`."""
    name = sites.names(page.view)[site]
    racks = racks_view.read(page.view.snapshot, page.view.hub).get(site, [])
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


def section(page: Page, site: str, racks: Sequence[RackView], index: int) -> Safe:
    """Draw a site as a part of the board."""
    name = sites.names(page.view)[site]
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


def _panels(page: Page, site: str, racks: Sequence[RackView], *, whole: bool) -> list[Safe]:
    view, w = page.view, page.w
    bears = [
        panels.pue(plain(pue_view.read(view, site, page.board)), w, page.zone),
        panels.power(plain(power.read(view, site)), w, page.zone),
    ]
    more = [
        heat.racks(page, site, racks, plain(racks_view.summary(view, site, racks)), whole=whole),
        overhead.draw(plain(overhead_view.read(view, site)), w),
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
        page.part("equipment.html", "links", links.read(page.view, site)),
        page.part("equipment.html", "chips", chips.read(page.view, site)),
    ]
