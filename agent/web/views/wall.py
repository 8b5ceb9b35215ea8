"""The wall screen: the promises of each hub with their states, beside the sites of this hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from agent.hubs.model import Registry
from agent.hubs.text import Text
from agent.targets.model import State
from agent.targets.views import HubView, TargetView
from agent.web.view import BoardView
from agent.web.views import collectors, pages, pue, sites, standing
from agent.web.views.promises import COUNTED, CardView, HeadlineView
from agent.web.views.pue import SitePueView
from agent.web.views.rack import RackCounts, RackView, counted, pending, urgent
from agent.web.views.sites import SiteView
from agent.web.views.standing import SilentKind

T = TypeVar("T")

Family = Literal["pue", "chips", "compute", "racks", "network", "green", "other"]
"""What promises are about, a column each."""

_FAMILIES: Final[Mapping[Family, tuple[str, ...]]] = {
    "pue": ("pue",),
    "chips": ("accelerators",),
    "compute": ("compute_",),
    "racks": ("rack", "data_centers"),
    "network": ("round_trip", "link_"),
    "green": ("renewable_", "carbon", "water_", "energy_reuse_"),
}
"""How the keys of a family's KPIs begin; any other KPI is `other`."""
_OTHER: Final[Family] = "other"

SITES: Final = 3
"""Sites that are shown at once; more of them take turns."""
OTHERS: Final = 3
"""Other hubs that are shown at once, below this one; more of them take turns."""
TURN_SECONDS: Final = 30
"""How long one turn lasts."""
_RACKS: Final = 8
"""Racks that are named on the screen, all sites together."""
_TOLD: Final[Mapping[bool, int]] = {True: 2, False: 1}
"""Promises shown in a cell of the agent's own hub (True) and of another (False). Of the rest, the
cell shows the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseCellView:
    """One promise in a cell."""

    target: TargetView
    share: float | None
    """How long the bar of its value is, 0 to 1; None where there is no value or no limit."""
    limit_share: float
    """Where on the same scale the limit lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WallCellView:
    """The promises of one hub in one family, the gravest first."""

    family: Family
    told: Sequence[PromiseCellView]
    more: int
    """How many promises are left out because there is no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WallRowView:
    """One hub with a cell for each family, in the order of `WallView.families`."""

    hub: str
    name: Text
    own: bool
    cells: Sequence[WallCellView]


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSiteView:
    """One site: its PUE against its limit, how many of its devices answer, and its racks."""

    line: SiteView
    pue: SitePueView
    heard: Sequence[SilentKind]
    """The kinds of devices that are expected there, and how many of them are silent."""
    racks: RackCounts
    urgent: Sequence[RackView]
    """Racks that need attention, the most urgent first; as many as there is room for."""
    pending: Sequence[RackView]
    """Racks whose need is younger than its alert waits, as far as there is room."""

    @property
    def deaf(self) -> int:
        """How many devices are polled, if they are of several kinds and none of them answers."""
        polled = [one for one in self.heard if one.polled and one.expected]
        silent = len(polled) > 1 and all(one.all_silent for one in polled)
        return sum(one.expected for one in polled) if silent else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WallView:
    """What `/?kiosk` shows."""

    headline: HeadlineView
    families: Sequence[Family]
    rows: Sequence[WallRowView]
    sites: Sequence[WallSiteView]
    unheard: Sequence[str]
    """Names of sites that are listed as in service, and of which nothing is known here."""
    turn: int
    """The present turn, from 1."""
    turns: int


def read(
    view: BoardView,
    hubs: Sequence[HubView],
    by_site: Mapping[str, Sequence[RackView]],
    chosen: str = "",
) -> WallView:
    """Return the wall; `chosen` is the one site to show, else the sites take turns."""
    own, other_cards = pages.cards(view, hubs)
    rows = [
        (card, _by_family(card.promises))
        for card in (*own, *other_cards)
        if card.own or card.promises
    ]
    stated = {family for _, members in rows for family in members}
    families = [family for family in (*_FAMILIES, _OTHER) if family in stated]
    lines = sites.read(view, by_site)
    told = [line for line in lines if line.told]
    shown = [line for line in told if line.site == chosen] or told
    others = [row for row in rows if not row[0].own]
    turns = max(_groups(shown, SITES), _groups(others, OTHERS))
    turn = int(view.now() // TURN_SECONDS) % turns
    group = _group(shown, SITES, turn)
    return WallView(
        headline=pages.headline(view, own, other_cards, by_site, collectors.read(view)),
        families=families,
        rows=[
            _row(view.registry, card, families, members)
            for card, members in (*rows[: len(rows) - len(others)], *_group(others, OTHERS, turn))
        ],
        sites=[
            _site(view, line, hubs, by_site.get(line.site, ()), _RACKS // len(group))
            for line in group
        ],
        unheard=[
            line.name or line.site
            for line in lines
            if not line.told and line.state == "in_service" and not chosen
        ],
        turn=turn + 1,
        turns=turns,
    )


def family_of(kpi: str) -> Family:
    """Return the family of a KPI by its key."""
    return next((family for family, begins in _FAMILIES.items() if kpi.startswith(begins)), _OTHER)


def _groups(of: Sequence[object], size: int) -> int:
    return max(1, -(-len(of) // size))


def _group(of: Sequence[T], size: int, turn: int) -> Sequence[T]:
    """Return the group of a turn; a sequence is cut into groups of `size` members at most."""
    groups = _groups(of, size)
    each, at = -(-len(of) // groups), turn % groups
    return of[at * each : (at + 1) * each]


def _by_family(promises: Sequence[TargetView]) -> dict[Family, list[TargetView]]:
    found: dict[Family, list[TargetView]] = {}
    for target in promises:
        found.setdefault(family_of(target.kpi), []).append(target)
    return found


def _row(
    registry: Registry,
    card: CardView,
    families: Sequence[Family],
    members: Mapping[Family, Sequence[TargetView]],
) -> WallRowView:
    most = _TOLD[card.own]
    return WallRowView(
        hub=card.hub.hub,
        name=card.hub.name,
        own=card.own,
        cells=[_cell(registry, family, members.get(family, ()), most) for family in families],
    )


_GRAVITY: Final[Mapping[State, int]] = {state: at for at, state in enumerate(COUNTED)}


def _cell(
    registry: Registry, family: Family, promised: Sequence[TargetView], most: int
) -> WallCellView:
    gravest = sorted(promised, key=lambda one: _GRAVITY.get(one.state, len(_GRAVITY)))
    return WallCellView(
        family=family,
        told=[_promise(registry, target) for target in gravest[:most]],
        more=max(0, len(gravest) - most),
    )


def _promise(registry: Registry, target: TargetView) -> PromiseCellView:
    """Return a promise with its bar: from the KPI's least value to a fifth beyond the limit."""
    kpi = registry.kpis.get(target.kpi)
    least = (kpi.least if kpi is not None else None) or 0.0
    value, limit = target.value, target.limit
    if value is None or limit is None or limit <= least:
        return PromiseCellView(target=target, share=None, limit_share=0.0)
    whole = max(value, limit) + (limit - least) / 5 - least
    return PromiseCellView(
        target=target, share=(value - least) / whole, limit_share=(limit - least) / whole
    )


def _site(
    view: BoardView,
    line: SiteView,
    hubs: Sequence[HubView],
    members: Sequence[RackView],
    room: int,
) -> WallSiteView:
    needing = urgent(members)[:room]
    return WallSiteView(
        line=line,
        pue=pue.read(view, line.site, hubs),
        heard=standing.kinds(view, line.site),
        racks=counted(members, standing.listed_racks(view, line.site)),
        urgent=needing,
        pending=pending(members)[: room - len(needing)],
    )
