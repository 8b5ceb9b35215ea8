"""Racks and meters of a period, hour by hour: what each rack drew, when a meter was silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agent.inventory.model import Rack
from agent.ledger.energy import HOUR_MS
from agent.ledger.ledger import Ledger
from agent.pue.places import Place as MeterPlace
from agent.pue.pue import Pue
from agent.racks.capacity import spare_watts
from agent.report.model import MeterLoss, MeterTally, RackReport, RackTally
from agent.report.period import Period
from collectors.catalogue.rack_limits import RackLimits

HOUR: Final = 3600.0
_HEARD_SHARE: Final = 0.9
"""An hour of a PDU counts if the PDU was heard for this share of it."""
_WHOLE_SHARE: Final = 0.999
"""A meter that was covered for a smaller share of the period has lost something."""

MeterKey = tuple[str, str]
"""Site and meter."""


class _RackHours:
    """Counts the hours in which one rack needed someone."""

    __slots__ = (
        "_failover",
        "_heard",
        "_most",
        "_over",
        "_peak",
        "_silent",
        "_spare",
        "feeds",
        "rack",
        "whole",
    )

    def __init__(self, rack: Rack, limits: RackLimits) -> None:
        self.rack, self._spare = rack, spare_watts(rack)
        self.feeds = [(rack.site, feed.pdu) for feed in rack.feeds.values() if feed.pdu]
        self._most = limits.failover_load_ratio * self._spare
        self._over = self._failover = self._silent = self._heard = 0
        self._peak = 0.0
        self.whole = 0
        """Hours in which every feed was heard."""

    def add_hour(self, watts: Sequence[float | None]) -> None:
        """Take the mean power of each feed in one hour; None for a feed that was not heard."""
        known = [value for value in watts if value is not None]
        self._heard += bool(known)
        if len(known) < len(watts):
            self._silent += 1
            return
        self.whole += 1
        total = sum(known)
        self._peak = max(self._peak, total)
        rated = self.rack.rated_power_watts
        self._over += rated is not None and total > rated
        self._failover += self._spare > 0 and total > self._most

    @property
    def unheard(self) -> bool:
        """Whether no feed was heard in any hour."""
        return not self._heard

    def row(self) -> RackReport | None:
        """Return the rack if it needed someone. One that was never heard is not known to."""
        if not (self._over or self._failover or (self._silent and self._heard)):
            return None
        return RackReport(
            rack=self.rack.rack,
            site=self.rack.site,
            row=self.rack.row,
            over_hours=self._over,
            failover_hours=self._failover,
            silent_hours=self._silent,
            peak_watts=self._peak or None,
            rated_watts=self.rack.rated_power_watts,
        )


def racks_and_meters(
    ledger: Ledger, pue: Pue, metered: Sequence[str], period: Period
) -> tuple[RackTally, MeterTally]:
    """Go through the period an hour at a time.

    A hub of tens of thousands of PDUs then needs no more memory than that of one hour. The hours of
    single PDUs are deleted after weeks: those of a month's beginning tell nothing, and of a year
    only the meters are told.
    """
    if period.kind == "year":
        none = RackTally(racks=0, racks_needing=[], racks_coverage=0.0)
        return none, _meters_of_year(ledger, pue, metered, period)
    inventory = pue.inventory
    racks = [
        _RackHours(rack, inventory.limits.of(rack.site, rack.row, rack.rack))
        for rack in inventory.racks.values()
        if rack.state == "in_service" and any(feed.pdu for feed in rack.feeds.values())
    ]
    covered: defaultdict[MeterKey, float] = defaultdict(float)
    first, last = period.start - period.start % HOUR, period.end - period.end % HOUR
    hours = int((last - first) // HOUR)
    sites = {*inventory.sites, *metered}
    fed, kept_from = {feed for one in racks for feed in one.feeds}, ledger.retention.pdus_before
    for number in range(hours):
        hour = first + number * HOUR
        watts = _one_hour(ledger, sites, hour, covered)
        if hour * 1000 < kept_from and fed.isdisjoint(watts):
            continue  # it was deleted: nobody is known to have been silent
        for one in racks:
            one.add_hour([watts.get(feed) for feed in one.feeds])
    rows = [row for one in racks if (row := one.row()) is not None]
    rows.sort(key=lambda row: (-row.over_hours, -row.failover_hours, -row.silent_hours, row.rack))
    due = len(racks) * hours
    tally = RackTally(
        racks=len(racks),
        racks_needing=rows,
        racks_coverage=sum(one.whole for one in racks) / due if due else 0.0,
        racks_unheard=sum(one.unheard for one in racks),
    )
    return tally, _meters(pue, metered, covered, first, hours)


def _one_hour(
    ledger: Ledger, sites: set[str], start: float, covered: defaultdict[MeterKey, float]
) -> dict[MeterKey, float]:
    """Return the mean power of the meters that were heard in an hour, and add to `covered`."""
    watts: dict[MeterKey, float] = {}
    for site in sites:
        for _, meter, joules, seconds in ledger.rows(site, start, start + HOUR):
            covered[site, meter] += seconds
            if seconds >= _HEARD_SHARE * HOUR:
                watts[site, meter] = joules / seconds
    return watts


def _meters_of_year(ledger: Ledger, pue: Pue, metered: Sequence[str], period: Period) -> MeterTally:
    """Return the meters of the boundaries that were not heard throughout a year."""
    first, last = period.start - period.start % HOUR, period.end - period.end % HOUR
    hours = range(round(first * 1000), round(last * 1000), HOUR_MS)
    covered: defaultdict[MeterKey, float] = defaultdict(float)
    for one in ledger.queries.meters():
        if one.kind != "pdu":
            found = ledger.queries.covered(one.id, hours)
            covered[one.site, one.name] += sum(found.values()) / 1000
    return _meters(pue, metered, covered, first, len(hours))


def _meters(
    pue: Pue, metered: Sequence[str], covered: Mapping[MeterKey, float], first: float, hours: int
) -> MeterTally:
    """Return the meters of the boundaries that were not heard throughout, the worst first."""
    lost, count = [], 0
    span = hours * HOUR
    for site in metered:
        for place, point in _boundary_meters(pue, site):
            due = place.seconds_in(first, first + span)
            if hours and not due:
                continue
            count += 1
            seconds = sum(covered.get((site, name), 0.0) for name in place.names)
            if due and seconds < _WHOLE_SHARE * due:
                lost.append(
                    MeterLoss(
                        site=site,
                        meter=place.name,
                        point=point,
                        coverage=seconds / due,
                        lost_hours=(due - seconds) / HOUR,
                    )
                )
    lost.sort(key=lambda row: (row.coverage, row.site, row.meter))
    return MeterTally(meters=count, meters_lost=lost)


def _boundary_meters(pue: Pue, site: str) -> Iterator[tuple[MeterPlace, str]]:
    """Yield each meter of a site's PUE boundary with its point.

    A meter is the names it has had: one that replaced another is the same meter here.
    """
    named: dict[tuple[str, ...], tuple[MeterPlace, str]] = {}
    pdus = pue.inventory.pdus
    for point, places in pue.boundary(site).places.items():
        for place in places:
            if place.name not in pdus and not place.kind:
                named[place.names] = place, point
    yield from named.values()
