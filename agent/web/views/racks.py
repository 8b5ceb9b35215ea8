"""The racks of a hub: read from the snapshot in one pass, found by site and row, and summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Final
from weakref import WeakKeyDictionary

from agent.snapshot import Snapshot
from agent.web.computed import computed_once
from agent.web.format import iso, natural
from agent.web.view import BoardView
from agent.web.views.families import by_label
from agent.web.views.rack import (
    COLUMNS,
    NEEDS,
    Cell,
    RackLimitsView,
    RackView,
    cells,
    needs_of,
)
from collectors.base import Metric, Series
from collectors.catalogue import facility, rack
from collectors.catalogue import site as site_catalogue

Rows = Callable[[Metric], Mapping[Series, float]]
"""Gives the live series of a metric with their values."""
Index = Mapping[tuple[str, str], int]
"""Where the rack of a site and a name stands in the columns."""
Column = list[float | None]

_VALUES: Final = attrgetter("values")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a rack stands, and the state that the inventory gives it."""

    site: str
    row: str
    rack: str
    state: str


def index_of(places: Sequence[Place]) -> Index:
    """Return where each rack stands in a sequence."""
    return {(place.site, place.rack): at for at, place in enumerate(places)}


def measure(places: Sequence[Place], index: Index, rows: Rows) -> list[RackView]:
    """Return racks with what is measured of them now, in the order of `places`.

    Every metric is read once and written into a column, for a whole hub has 300 000 such series.
    """
    load, space = _utilization(index, rows)
    silent, answering = _pdus(index, rows)
    columns = zip(
        places,
        _column(index, rows, rack.RACK_HEIGHT),
        _column(index, rows, rack.RACK_USED),
        _power(index, rows),
        _column(index, rows, rack.RACK_POWER_CAPACITY),
        space,
        load,
        _column(index, rows, rack.RACK_FAILOVER_LOAD),
        _column(index, rows, rack.RACK_INLET_TEMPERATURE),
        _column(index, rows, rack.RACK_STRANDED),
        silent,
        answering,
        strict=True,
    )
    return [
        RackView(
            site=place.site,
            row=place.row,
            rack=place.rack,
            state=place.state,
            height_units=height,
            used_units=used,
            power_watts=power,
            rated_power_watts=rated,
            space_utilization_ratio=space_share,
            power_utilization_ratio=power_share,
            failover_load_ratio=failover,
            inlet_temperature_celsius=inlet,
            stranded_power_watts=stranded,
            silent_pdus=silent_pdus,
            answering_pdus=answering_pdus,
            needs=needs_of(power_share, inlet, failover, silent=bool(silent_pdus)),
        )
        for (
            place,
            height,
            used,
            power,
            rated,
            space_share,
            power_share,
            failover,
            inlet,
            stranded,
            silent_pdus,
            answering_pdus,
        ) in columns
    ]


def _positions(
    index: Index, metric: Metric, family: Mapping[Series, float]
) -> Iterator[int | None]:
    """Yield the column's position for each series; None for a rack that is not asked for."""
    key = itemgetter(metric.at("site"), metric.at("rack"))
    return map(index.get, map(key, map(_VALUES, family)))


def _column(index: Index, rows: Rows, metric: Metric) -> Column:
    """Return a metric's value for each rack."""
    found: Column = [None] * len(index)
    family = rows(metric)
    for at, value in zip(_positions(index, metric, family), family.values(), strict=True):
        if at is not None:
            found[at] = value
    return found


def _utilization(index: Index, rows: Rows) -> tuple[Column, Column]:
    """Return the used share of each rack's rated power, and of its units."""
    metric = rack.RACK_UTILIZATION
    kind_at = metric.at("kind")
    power: Column = [None] * len(index)
    space: Column = [None] * len(index)
    by_kind = {"power": power, "space": space}
    family = rows(metric)
    for at, (series, value) in zip(_positions(index, metric, family), family.items(), strict=True):
        column = by_kind.get(series.values[kind_at])
        if at is not None and column is not None:
            column[at] = value
    return power, space


def _power(index: Index, rows: Rows) -> Column:
    """Return what each rack draws: its feeds added up."""
    found: Column = [None] * len(index)
    family = rows(rack.RACK_POWER)
    for at, watts in zip(_positions(index, rack.RACK_POWER, family), family.values(), strict=True):
        if at is not None:
            found[at] = watts + (found[at] or 0.0)
    return found


def _pdus(index: Index, rows: Rows) -> tuple[list[Sequence[str]], list[int]]:
    """Return the PDUs of each rack that do not answer, and how many do."""
    metric = facility.PDU_UP
    pdu_at = metric.at("pdu")
    silent: list[Sequence[str]] = [()] * len(index)
    answering = [0] * len(index)
    family = rows(metric)
    for at, (series, up) in zip(_positions(index, metric, family), family.items(), strict=True):
        if at is not None and up:
            answering[at] += 1
        elif at is not None:
            silent[at] = (*silent[at], series.values[pdu_at])
    return silent, answering


# ------------------------------------------------------------------ all racks of a hub


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """The racks of a hub in the order of their names.

    A round hardly ever changes which there are.
    """

    hub: str
    infos: Sequence[Series]
    places: Sequence[Place]
    index: Index


_standing: Final[WeakKeyDictionary[Snapshot, _Standing]] = WeakKeyDictionary()


def read(snapshot: Snapshot, hub: str) -> dict[str, list[RackView]]:
    """Return the hub's racks by site, sorted by row and name as people count them."""
    return computed_once(snapshot, ("racks", hub), lambda: _read(snapshot, hub))


def forget() -> None:
    """Forget which racks there are, as at a start."""
    _standing.clear()


def _read(snapshot: Snapshot, hub: str) -> dict[str, list[RackView]]:
    hub_at = rack.RACK_INFO.at("hub")
    infos = [series for series in snapshot.family(rack.RACK_INFO) if series.values[hub_at] == hub]
    if not infos:
        return {}
    known = _standing.get(snapshot)
    if known is None or known.hub != hub or known.infos != infos:
        places = _places(infos)
        known = _Standing(hub=hub, infos=infos, places=places, index=index_of(places))
        _standing[snapshot] = known
    found: dict[str, list[RackView]] = {}
    for one in measure(known.places, known.index, snapshot.family):
        found.setdefault(one.site, []).append(one)
    return found


def _places(infos: Iterable[Series]) -> list[Place]:
    """Return where the racks stand: rows as people count them, and in a row A2 before A10."""
    metric = rack.RACK_INFO
    site_at, row_at, rack_at, state_at = map(metric.at, ("site", "row", "rack", "state"))
    found = {
        (series.values[site_at], series.values[rack_at]): Place(
            site=series.values[site_at],
            row=series.values[row_at],
            rack=series.values[rack_at],
            state=series.values[state_at],
        )
        for series in infos
    }
    rows = {row: natural(row) for row in {place.row for place in found.values()}}
    return sorted(
        found.values(),
        key=lambda place: (place.site, rows[place.row], len(place.rack), place.rack),
    )


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
    """What the racks of a site amount to. Power and needs are of racks in service only."""

    racks: Mapping[str, int]
    """How many racks, by state."""
    measured_racks: int
    power_watts: float | None
    rated_power_watts: float | None
    stranded_power_watts: float | None
    needs: Mapping[str, int]
    """How many racks, by what they need."""
    occupancy: Mapping[str, float]
    """Share in use (上架率) by method: racks that hold a device, units used, rated power drawn."""


def summary(view: BoardView, site: str, racks: Sequence[RackView]) -> RackSummaryView:
    """Return what a site's racks amount to; None stands for what is not known."""
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
        power_watts=round(sum(drawn), 1) if drawn else None,
        rated_power_watts=sum(one.rated_power_watts or 0.0 for one in live) or None,
        stranded_power_watts=sum(stranded) if stranded else None,
        needs=needs,
        occupancy=by_label(view, site_catalogue.SITE_OCCUPANCY, site, "method"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RacksView:
    """What `/api/racks` answers: racks as rows under `columns`, and what each site amounts to."""

    at: str | None
    hub: str
    sites: Mapping[str, RackSummaryView]
    limits: RackLimitsView
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
        limits=RackLimitsView(),
        columns=COLUMNS,
        rows=[cells(one) for one in listed],
    )
