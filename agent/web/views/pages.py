"""What the board and the pages of hubs show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from agent.targets.views import HubView
from agent.web.view import BoardView
from agent.web.views import (
    chips,
    collectors,
    devices,
    evidence,
    host,
    links,
    promises,
    sites,
    standing,
)
from agent.web.views.chips import ChipModelView
from agent.web.views.collectors import CollectorsView
from agent.web.views.devices import DevicesView
from agent.web.views.evidence import HubDetailView, PromiseView
from agent.web.views.host import HostView
from agent.web.views.links import LinkView
from agent.web.views.promises import CardView, HeadlineView
from agent.web.views.rack import RackView
from agent.web.views.sites import SiteView
from agent.web.views.standing import StandingView


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPageView:
    """The board."""

    headline: HeadlineView
    own: Sequence[CardView]
    """The card of the agent's hub; none where the registry does not know the hub."""
    others: Sequence[CardView]
    sites: Sequence[SiteView]
    host: HostView | None
    collectors: CollectorsView
    devices: DevicesView


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPageView:
    """A hub's page. Sites, links and chips are known of the agent's own hub only."""

    headline: HeadlineView
    card: CardView
    detail: HubDetailView
    near: Sequence[HubView]
    """The hub above and those below."""
    sites: Sequence[SiteView]
    links: Sequence[LinkView]
    chips: Sequence[ChipModelView]

    @property
    def details(self) -> Mapping[str, PromiseView]:
        """Every stated figure of the hub with its evidence, by id."""
        return {one.target.id: one for one in (*self.detail.targets, *self.detail.policy)}


def board(
    view: BoardView, hubs: Sequence[HubView], by_site: Mapping[str, Sequence[RackView]]
) -> BoardPageView:
    """Return what the board shows; `hubs` is the scoreboard, `by_site` the hub's racks."""
    own, others = cards(view, hubs)
    health = collectors.read(view)
    return BoardPageView(
        headline=headline(view, own, others, by_site, health),
        own=own,
        others=others,
        sites=sites.read(view, by_site),
        host=host.read(view),
        collectors=health,
        devices=devices.read(view),
    )


def cards(
    view: BoardView, hubs: Sequence[HubView]
) -> tuple[Sequence[CardView], Sequence[CardView]]:
    """Return the cards of the agent's hub, and of the others if the config shows these."""
    made = [promises.card(hub, hubs, own=hub.hub == view.hub) for hub in hubs]
    others = [card for card in made if not card.own] if view.show_others else []
    return [card for card in made if card.own], others


def headline(
    view: BoardView,
    own: Sequence[CardView],
    others: Sequence[CardView],
    by_site: Mapping[str, Sequence[RackView]],
    health: CollectorsView,
) -> HeadlineView:
    """Return the first lines of a page about the agent's hub."""
    return promises.headline(
        [card.hub for card in own],
        others=[card.hub for card in others],
        standing=_standing(view, by_site, health),
    )


def hub(
    view: BoardView,
    key: str,
    hubs: Sequence[HubView],
    by_site: Mapping[str, Sequence[RackView]],
) -> HubPageView | None:
    """Return what a hub's page shows; None for a hub that the registry does not have.

    `by_site` are the racks of the agent's own hub.
    """
    detail = evidence.read(view, key, hubs)
    if detail is None:
        return None
    own = key == view.hub
    by_key = {one.hub: one for one in hubs}
    around = (detail.hub.parent or "", *detail.children)
    return HubPageView(
        headline=promises.headline(
            [detail.hub],
            standing=_standing(view, by_site, collectors.read(view)) if own else None,
        ),
        card=promises.card(detail.hub, hubs, own=own),
        detail=detail,
        near=[by_key[one] for one in around if one in by_key],
        sites=sites.read(view, by_site) if own else (),
        links=links.read(view) if own else (),
        chips=chips.read(view) if own else (),
    )


def _standing(
    view: BoardView, by_site: Mapping[str, Sequence[RackView]], health: CollectorsView
) -> StandingView:
    return standing.read(view, chain.from_iterable(by_site.values()), health.counts)
