"""The racks of a hub: read from the snapshot, sorted by site and row, and summed up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from agent.snapshot import Snapshot
from agent.web.computed import computed_once
from agent.web.format import iso, natural
from agent.web.view import BoardView
from agent.web.views.families import by_label
from agent.web.views.rack import (
    COLUMNS,
    Cell,
    RackView,
    cells,
    excused,
    unheard,
)
from agent.web.views.rack_columns import Index, Place, measure
from collectors.base import Series
from collectors.catalogue import rack
from collectors.catalogue import site as site_catalogue
from collectors.catalogue.needs import NEEDS
from collectors.catalogue.rack_limits import RackLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """The racks of a hub in the order of their names.

    It is kept from page to page, because racks are seldom added or removed.
    """

    hub: str
    infos: Sequence[Series]
    places: Sequence[Place]
    index: Index


_standing: Final[WeakKeyDictionary[Snapshot, _Standing]] = WeakKeyDictionary()


def read(view: BoardView) -> dict[str, list[RackView]]:
    """Return the hub's racks by site, sorted by row and name: A2 comes before A10."""
    snapshot, hub = view.snapshot, view.hub
    return computed_once(snapshot, ("racks", hub, *view.windows), lambda: _read(view))


def _read(view: BoardView) -> dict[str, list[RackView]]:
    snapshot, hub = view.snapshot, view.hub
    hub_at = rack.RACK_INFO.at("hub")
    infos = [series for series in snapshot.family(rack.RACK_INFO) if series.values[hub_at] == hub]
    if not infos:
        return {}
    known = _standing.get(snapshot)
    if known is None or known.hub != hub or known.infos != infos:
        places = _places(infos)
        known = _Standing(hub=hub, infos=infos, places=places, index=Index(places))
        _standing[snapshot] = known
    found: dict[str, list[RackView]] = {}
    now = view.now()
    windows = [one for one in view.windows if one.begins <= now < one.ends]
    for one in measure(known.places, known.index, snapshot.family, now, view.limits):
        found.setdefault(one.site, []).append(excused(one, windows, now) if windows else one)
    return found


def _places(infos: Iterable[Series]) -> list[Place]:
    """Return the places of the racks, sorted by site, row and name: A2 comes before A10."""
    metric = rack.RACK_INFO
    site_at, row_at, rack_at, state_at = map(metric.at, ("site", "row", "rack", "state"))
    found = {(one.values[site_at], one.values[rack_at]): one.values for one in infos}
    rows = sorted({values[row_at] for values in found.values()}, key=natural)
    rank = {row: at for at, row in enumerate(rows)}
    keys = sorted(
        (site, rank[values[row_at]], len(name), name) for (site, name), values in found.items()
    )
    return [
        Place(site, rows[row], name, found[site, name][state_at]) for site, row, _, name in keys
    ]


def by_row(racks: Sequence[RackView]) -> dict[str, list[RackView]]:
    """Return the racks by row, in the order they come."""
    found: dict[str, list[RackView]] = {}
    for one in racks:
        found.setdefault(one.row, []).append(one)
    return found


# ------------------------------------------------------------------ what they amount to

_STATES: Final = ("in_service", "under_construction", "planned")


@dataclass(frozen=True, slots=True, kw_only=True)
class RackSummaryView:
    """The racks of a site, summed up. Power and needs are of racks in service only."""

    racks: Mapping[str, int]
    """How many racks, by state."""
    measured_racks: int
    """Racks of which any power is known."""
    judged_racks: int
    """Racks of which enough is measured to say whether they need somebody."""
    unheard_racks: int
    """Racks of which nothing is known now, because none of their PDUs answers."""
    power_watts: float | None
    rated_power_watts: float | None
    stranded_power_watts: float | None
    needs: Mapping[str, int]
    """How many racks have each need."""
    limits: RackLimits
    """The limits that the site's racks are compared with."""
    occupancy: Mapping[str, float]
    """Share in use, 0 to 1 (上架率), by method: racks that hold a device, units used, rated power
    drawn."""


def summary(view: BoardView, site: str, racks: Sequence[RackView]) -> RackSummaryView:
    """Return the sums of a site's racks; None stands for what is not known."""
    states = dict.fromkeys(_STATES, 0)
    for one in racks:
        states[one.state] = states.get(one.state, 0) + 1
    live = [one for one in racks if one.live]
    needs: dict[str, int] = dict.fromkeys(NEEDS, 0)
    for one in live:
        for need in one.needs:
            needs[need] += 1
    drawn = [one.power_watts for one in live if one.power_watts is not None]
    stranded = [one.stranded_power_watts for one in live if one.stranded_power_watts is not None]
    return RackSummaryView(
        racks=states,
        measured_racks=len(drawn),
        judged_racks=sum(one.judged for one in live),
        unheard_racks=len(unheard(live)),
        power_watts=round(sum(drawn), 1) if drawn else None,
        rated_power_watts=sum(one.rated_power_watts or 0.0 for one in live) or None,
        stranded_power_watts=sum(stranded) if stranded else None,
        needs=needs,
        limits=view.limits.of(site),
        occupancy=by_label(view, site_catalogue.SITE_OCCUPANCY, site, "method"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RacksView:
    """What `/api/racks` answers: racks as rows under `columns`, and the sums of each site."""

    at: str | None
    hub: str
    sites: Mapping[str, RackSummaryView]
    limits: RackLimits
    """The limits for racks of sites that have no limits of their own."""
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def table(
    view: BoardView, by_site: Mapping[str, Sequence[RackView]], listed: Iterable[RackView]
) -> RacksView:
    """Return the table of `/api/racks`: the sites in `by_site`, and the racks in `listed`."""
    return RacksView(
        at=iso(view.now()),
        hub=view.hub,
        sites={site: summary(view, site, found) for site, found in by_site.items()},
        limits=view.limits.common,
        columns=COLUMNS,
        rows=[cells(one) for one in listed],
    )
