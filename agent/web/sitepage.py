"""A site on a page of its own, or as a part of the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from agent.web import heatcharts, sitecharts
from agent.web.page import Page
from agent.web.views import (
    breakers,
    chips,
    heat_panel,
    links,
    overhead,
    power,
    pue,
    racks,
    rows,
    sites,
    stages,
    temperature,
)
from agent.web.views.breakers import BreakerView
from agent.web.views.chips import ChipModelView
from agent.web.views.heat_panel import HeatPanelView
from agent.web.views.links import LinkView
from agent.web.views.overhead import OverheadView
from agent.web.views.power import PowerView
from agent.web.views.pue import SitePueView
from agent.web.views.rack import RackView
from agent.web.views.rows import RowView
from agent.web.views.stages import ShownStageView
from collectors.catalogue.rack_limits import RackLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePanels:
    """One site with its panels, its curves drawn. What the site does not have is empty."""

    site: str
    name: str
    pue: SitePueView
    pue_trend: Markup
    power: PowerView
    stages: Sequence[ShownStageView]
    power_trend: Markup
    racks: HeatPanelView | None
    overhead: OverheadView
    breakers: Sequence[BreakerView] = ()
    rows: Sequence[RowView] = ()
    limits: RackLimits
    links: Sequence[LinkView] = ()
    chips: Sequence[ChipModelView] = ()


def draw(page: Page, site: str) -> str:
    """Return the HTML of `/sites/SITE`."""
    members = racks.read(page.view).get(site, [])
    warm = temperature.of_site(page.view, site)
    return page.render(
        "site.html",
        view=panels(page, site, members, whole=True),
        temperature=warm,
        temperature_trend=heatcharts.temperature(warm, page, sitecharts.of_site(site)),
        has_inlets=any(one.inlet_temperature_celsius is not None for one in members),
    )


def panels(
    page: Page, site: str, members: Sequence[RackView], *, whole: bool = False
) -> SitePanels:
    """Return a site with its panels; only on its own page (`whole`) it has all of them."""
    view = page.view
    its_pue, its_power = pue.read(view, site, page.board), power.read(view, site)
    return SitePanels(
        site=site,
        name=sites.names(view)[site],
        pue=its_pue,
        pue_trend=sitecharts.pue(its_pue, page),
        power=its_power,
        stages=stages.shown(its_power.now),
        power_trend=sitecharts.power(its_power, page),
        racks=heat_panel.read(view, site, members, page.query, whole=whole),
        overhead=overhead.read(view, site),
        limits=view.limits.of(site),
        breakers=breakers.read(view, site) if whole else (),
        rows=rows.read(view, site) if whole else (),
        links=links.read(view, site) if whole else (),
        chips=chips.read(view, site) if whole else (),
    )
