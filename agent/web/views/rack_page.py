"""One rack with everything that is known of it, for its page and `/api/sites/…/racks/…`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.inventory.maintenance import Window
from agent.inventory.model import Rack
from agent.racks.capacity import spare_watts
from agent.web import grafana
from agent.web.curves import PowerTrendView
from agent.web.format import iso
from agent.web.view import BoardView
from agent.web.views import contents, events, feeds
from agent.web.views.contents import ElevationView, NodeView, SensorView
from agent.web.views.events import EventView
from agent.web.views.families import of_hub
from agent.web.views.feeds import BankRowView, FeedView, OutletView, PhaseRowView
from agent.web.views.plugs import PlugView, plugs
from agent.web.views.rack import RackView, excused
from agent.web.views.rack_columns import Index, Place, measure
from agent.web.views.rack_readings import RackReadings
from collectors.catalogue import facility
from collectors.catalogue import rack as catalogue
from collectors.catalogue.needs import GRAVITY, Need, Severity
from collectors.catalogue.rack_limits import RackLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedView:
    """Why a rack needs attention, and the alert whose section of the runbook says what to do."""

    need: Need
    value: float | None
    """Share of rated power, degrees Celsius, or load after losing a feed; None for silence."""
    pdus: Sequence[str]
    """The PDUs that do not answer, for the need `silent`; empty for others."""
    alert: str
    severity: Severity
    since: str | None
    since_seconds: float | None
    """When it began, seconds since the epoch; None where that is not known."""
    pending: bool
    """Whether it has not lasted as long as its alert waits."""
    excused: bool
    """Whether the rack is in maintenance, so that nobody is called."""
    grafana: str
    """The rack's dashboard in Grafana around the time it began; empty where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RackPageView:
    """What `/api/sites/{site}/racks/{rack}` answers. None stands for what is not known."""

    at: str | None
    hub: str
    site: str
    row: str
    rack: str
    state: str
    listed: bool
    """Whether the inventory lists the rack."""
    height_units: float | None
    used_units: float | None
    reserved_units: float | None
    power_watts: float | None
    power_complete: bool
    """Whether every metered feed has a value. If not, `power_watts` is only a part."""
    judged: bool
    """Whether enough is measured to say that the rack needs nobody."""
    rated_power_watts: float | None
    power_utilization_ratio: float | None
    space_utilization_ratio: float | None
    failover_capacity_watts: float | None
    failover_load_ratio: float | None
    headroom_watts: float | None
    stranded_power_watts: float | None
    inlet_temperature_celsius: float | None
    needs: Sequence[NeedView]
    maintenance: Window | None
    """The maintenance window that the rack is in; None for none."""
    elevation: ElevationView | None
    feeds: Sequence[FeedView]
    outlets: Sequence[OutletView]
    sensors: Sequence[SensorView]
    nodes: Sequence[NodeView]
    limits: RackLimits
    trend: PowerTrendView | None
    """Mean power of each feed by hour."""
    events: Sequence[EventView]
    """What happened to the rack and its PDUs in thirty days, the newest first."""

    @property
    def has_silent_feed(self) -> bool:
        """Whether a PDU does not answer: nobody knows then what is attached to it."""
        return any(feed.up is False for feed in self.feeds)

    @property
    def phases(self) -> list[PhaseRowView]:
        """The phases of all feeds."""
        return feeds.phase_rows(self.feeds)

    @property
    def plugs(self) -> list[PlugView]:
        """The devices whose outlets are known by name, the highest first."""
        return plugs(self.elevation, self.outlets)

    @property
    def banks(self) -> list[BankRowView]:
        """The banks of all feeds."""
        return feeds.bank_rows(self.feeds)

    @property
    def feed_capacity_watts(self) -> float | None:
        """The capacity of the smallest feed."""
        known = (feed.capacity_watts for feed in self.feeds)
        return min((watts for watts in known if watts), default=None)

    @property
    def free_units(self) -> float | None:
        """Units neither used nor reserved."""
        if self.height_units is None or self.used_units is None:
            return None
        return self.height_units - self.used_units - (self.reserved_units or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RackSitesView:
    """What `/api/racks/{rack}` answers: the sites that have a rack of this name."""

    rack: str
    sites: Sequence[str]


def sites_of(view: BoardView, rack: str) -> RackSitesView:
    """Return the sites that have a rack of a name: by the inventory, else by the readings."""
    if view.inventory is not None and rack in view.inventory.racks:
        return RackSitesView(rack=rack, sites=[view.inventory.racks[rack].site])
    found = {
        series.label("site")
        for metric in (catalogue.RACK_INFO, catalogue.RACK_POWER, facility.PDU_UP)
        for series, _ in of_hub(view, metric)
        if series.label("rack") == rack
    }
    return RackSitesView(rack=rack, sites=sorted(found))


def read(view: BoardView, site: str, name: str) -> RackPageView | None:
    """Return a rack; None for one that neither the inventory nor any reading names."""
    listed = view.inventory.racks.get(name) if view.inventory is not None else None
    if listed is not None and listed.site != site:
        listed = None
    readings = RackReadings(view, site, name)
    if listed is None and not readings:
        return None
    one = _measured(view, readings, listed, site, name)
    rack_feeds = feeds.read(view, readings, listed)
    rack_nodes = contents.nodes(readings, listed)
    metered = [feed for feed in rack_feeds if feed.pdu]
    return RackPageView(
        at=iso(view.now()),
        hub=view.hub,
        site=site,
        row=one.row,
        rack=name,
        state=one.state,
        listed=listed is not None,
        height_units=one.height_units,
        used_units=one.used_units,
        reserved_units=readings.one(catalogue.RACK_RESERVED),
        power_watts=one.power_watts,
        power_complete=bool(rack_feeds) and all(feed.power_watts is not None for feed in metered),
        judged=one.judged and all(feed.power_watts is not None for feed in metered),
        rated_power_watts=one.rated_power_watts,
        power_utilization_ratio=one.power_utilization_ratio,
        space_utilization_ratio=one.space_utilization_ratio,
        failover_capacity_watts=(spare_watts(listed) or None) if listed is not None else None,
        failover_load_ratio=one.failover_load_ratio,
        headroom_watts=readings.one(catalogue.RACK_HEADROOM),
        stranded_power_watts=one.stranded_power_watts,
        inlet_temperature_celsius=one.inlet_temperature_celsius,
        needs=(
            [_need(view, one, need) for need in (*one.needs, *one.pending, *one.excused)]
            if one.live
            else []
        ),
        maintenance=one.maintenance,
        elevation=contents.elevation(listed, rack_nodes),
        feeds=rack_feeds,
        outlets=feeds.outlets(readings),
        sensors=contents.sensors(readings, one.limits),
        nodes=rack_nodes,
        limits=one.limits,
        trend=_trend(view, site, metered),
        events=events.of_rack(view, site, name, [feed.pdu for feed in metered]),
    )


def _measured(
    view: BoardView, readings: RackReadings, listed: Rack | None, site: str, name: str
) -> RackView:
    """Return the rack as the other pages compute it, so that all pages say the same."""
    info = next(iter(readings.of(catalogue.RACK_INFO)), None)
    heard = info or next(iter(readings.of(facility.PDU_UP)), None)
    row = heard.label("row") if heard is not None else ""
    state = listed.state if listed is not None else "in_service"
    place = Place(
        site=site,
        row=row or (listed.row if listed is not None else ""),
        rack=name,
        state=info.label("state") if info is not None else state,
    )
    (one,) = measure([place], Index([place]), readings.of, view.now(), view.limits)
    return excused(one, view.windows, view.now())


def _need(view: BoardView, one: RackView, need: Need) -> NeedView:
    """Return a need with its value, its alert, and when it began."""
    return NeedView(
        need=need,
        value=one.value_of(need),
        pdus=one.silent_pdus if need == "silent" else [],
        alert=GRAVITY[need].alert,
        severity=GRAVITY[need].severity,
        since=iso(one.since.get(need)),
        since_seconds=one.since.get(need),
        pending=need in one.pending,
        excused=need in one.excused,
        grafana=grafana.rack_at(
            view.grafana, view.hub, one.site, one.row, one.rack, since=one.since.get(need)
        ),
    )


def _trend(view: BoardView, site: str, metered: Sequence[FeedView]) -> PowerTrendView | None:
    """Return the power of the rack's feeds over the last hours, by feed."""
    if view.past is None or not metered:
        return None
    names = {feed.pdu: feed.name for feed in metered}
    trend = view.past.power(site, list(names), view.over)
    if trend is None:
        return None
    return replace(trend, series={names[pdu]: watts for pdu, watts in trend.series.items()})
