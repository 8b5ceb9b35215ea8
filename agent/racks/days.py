"""What every day came to for each rack and row, made of the ledger's hours of PDUs and kept longer than those.

A day's figure of a rack is its highest hour, of a row the 95th percentile of its hours (the next to highest of 24, so that one wrong hour is
not it) with the rack units taken at the day's end. An hour counts where every feed was metered for nine tenths of it, a day where half of
its hours count. Days are the site's own.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import zlib
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from agent.racks.rows import rows_of

if TYPE_CHECKING:
    from agent.inventory.model import Inventory, Rack
    from agent.ledger.ledger import Ledger
    from agent.racks.rows import RowKey

WINDOW_DAYS: Final = 28
"""Over so many days a rack's highest hour is looked for: four whole weeks."""
LEAST_DAYS: Final = WINDOW_DAYS // 2
ROW_DAYS: Final = 180
_HOURS_KEPT: Final = 33
"""Hours of single PDUs are kept for 35 days; those of the oldest two may be half gone."""
_HOUR: Final = 3600
_SETTLED: Final = 2 * _HOUR
"""So long after midnight the day's last hour has been summed."""
_COVERED: Final = 0.9
_LEAST_HOURS: Final = 12
_PERCENTILE: Final = 0.95

RackKey = tuple[str, str]


class RowDay(NamedTuple):
    """One row's day: the 95th percentile of its hours in watts, and the rack units taken at its end, each where it is known."""

    watts: float | None
    units: int | None


class Days:
    """Makes and keeps the days of an inventory's racks; every call may block."""

    def __init__(self, ledger: Ledger, inventory: Inventory) -> None:
        self._ledger = ledger
        self._rows = rows_of(inventory)
        self._zones: dict[zoneinfo.ZoneInfo, set[str]] = {}
        self._racks: dict[str, dict[str, Rack]] = {}
        for rack in inventory.racks.values():
            site = inventory.sites.get(rack.site)
            if site is not None and rack.state == "in_service":
                self._zones.setdefault(site.zone, set()).add(rack.site)
                self._racks.setdefault(rack.site, {})[rack.rack] = rack

    def refresh(self, now: float) -> bool:
        """Make those days of the last weeks that are over and not made yet; tells whether there were any.

        A day of which nothing was metered is tried again.
        """
        news = False
        for zone, sites in self._zones.items():
            today = dt.datetime.fromtimestamp(now - _SETTLED, zone).date()
            with self._ledger.reader.read() as tables:
                made = tables.rack_days.made(zone.key)
            for back in range(_HOURS_KEPT, 0, -1):
                day = today - dt.timedelta(days=back)
                if day.toordinal() not in made:
                    news |= self._make(zone, sites, day, latest=back == 1)
            with self._ledger.store.transaction() as tables:
                tables.rack_days.delete_old(
                    racks_before=today.toordinal() - _HOURS_KEPT,
                    rows_before=today.toordinal() - ROW_DAYS,
                )
        return news

    def _make(
        self, zone: zoneinfo.ZoneInfo, sites: Iterable[str], day: dt.date, *, latest: bool
    ) -> bool:
        start, end = (
            int(dt.datetime.combine(day + dt.timedelta(days=n), dt.time(), zone).timestamp()) * 1000
            for n in (0, 1)
        )
        racks: dict[str, dict[str, float]] = {}
        rows: dict[str, dict[str, tuple[float | None, int | None]]] = {}
        for site in sorted(sites):
            hours = _rack_hours(self._racks[site], self._pdu_hours(site, start, end))
            racks[site] = {
                rack: round(max(watts.values()), 1)
                for rack, watts in hours.items()
                if len(watts) >= _LEAST_HOURS
            }
            rows[site] = {}
            for (where, row), standing in self._rows.items():
                if where == site:
                    watts = _row_watts(standing, hours)
                    units = [rack.used for rack in standing] if latest else [None]
                    known = [taken for taken in units if taken is not None]
                    rows[site][row] = (watts, sum(known) if len(known) == len(units) else None)
        if not any(racks.values()):
            return False
        with self._ledger.store.transaction() as tables:
            tables.rack_days.save(
                zone.key, day.toordinal(), racks=_packed(racks), rows=_packed(rows)
            )
        return True

    def _pdu_hours(self, site: str, start: int, end: int) -> dict[str, dict[int, float]]:
        """Return the mean power of a site's PDUs by hour, where the hour was metered."""
        found: dict[str, dict[int, float]] = {}
        for row in self._ledger.queries.pdu_hours(site, start / 1000, end / 1000):
            if row.seconds >= _COVERED * _HOUR:
                found.setdefault(row.meter, {})[round(row.time * 1000)] = row.joules / row.seconds
        return found

    def highest(self, now: float) -> dict[RackKey, float]:
        """Return the highest hour of every rack in the window, of those that are known on half of its days."""
        found: dict[RackKey, float] = {}
        known: dict[RackKey, int] = {}
        for day, sites in self._kept("racks"):
            if (
                now - dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
                > (WINDOW_DAYS + 1) * 24 * _HOUR
            ):
                continue
            for site, racks in sites.items():
                for rack, watts in racks.items():
                    key = (site, rack)
                    found[key] = max(found.get(key, 0.0), watts)
                    known[key] = known.get(key, 0) + 1
        return {key: watts for key, watts in found.items() if known[key] >= LEAST_DAYS}

    def rows(self) -> Iterator[tuple[dt.date, dict[RowKey, RowDay]]]:
        """Yield what the rows came to day by day, oldest first."""
        for day, sites in self._kept("rows"):
            yield (
                day,
                {
                    (site, row): RowDay(*values)
                    for site, rows in sites.items()
                    for row, values in rows.items()
                },
            )

    def _kept(self, subject: Literal["racks", "rows"]) -> Iterator[tuple[dt.date, dict[str, Any]]]:
        with self._ledger.reader.read() as tables:
            days = tables.rack_days.days()
        for day in days:
            with self._ledger.reader.read() as tables:
                found = tables.rack_days.of_day(subject, day)
            for one in found:
                yield dt.date.fromordinal(one.day), json.loads(zlib.decompress(one.data))


def _packed(figures: Mapping[str, Any]) -> bytes:
    return zlib.compress(json.dumps(figures, separators=(",", ":")).encode(), 6)


def _rack_hours(
    racks: Mapping[str, Rack], pdus: Mapping[str, Mapping[int, float]]
) -> dict[str, dict[int, float]]:
    """Add up the feeds of every rack; an hour in which one of them was not metered is none."""
    found: dict[str, dict[int, float]] = {}
    for name, rack in racks.items():
        feeds = [pdus.get(feed.pdu, {}) for feed in rack.feeds.values()]
        if feeds:
            common = set(feeds[0]).intersection(*feeds[1:])
            found[name] = {hour: sum(feed[hour] for feed in feeds) for hour in common}
    return found


def _row_watts(racks: Sequence[Rack], hours: Mapping[str, Mapping[int, float]]) -> float | None:
    """Return the 95th percentile (nearest rank) of a row's hours, those in which all of its racks are known."""
    known = [hours.get(rack.rack, {}) for rack in racks]
    common = set(known[0]).intersection(*known[1:])
    if len(common) < _LEAST_HOURS:
        return None
    sums = sorted(sum(rack[hour] for rack in known) for hour in common)
    return round(sums[math.ceil(_PERCENTILE * len(sums)) - 1], 1)
