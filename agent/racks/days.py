"""The figures of every day for racks and rows, kept in the ledger longer than the PDUs' hours.

Beside the figures of `agent.racks.hours`, a row's day has the rack units in use at its end. Days
are those of the site's own zone.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from agent.inventory.model import Inventory, Rack
from agent.ledger.ledger import Ledger
from agent.racks.hours import Hours, highest_hours, rack_hours, row_watts, used_units
from agent.racks.rows import RowKey, rows_of

WINDOW_DAYS: Final = 28
"""The days in which a rack's highest hour is looked for: four whole weeks."""
LEAST_DAYS: Final = WINDOW_DAYS // 2
"""At least this many days must be known."""
ROW_DAYS: Final = 180
"""The days for which the figures of rows are kept."""
_HOURS_KEPT: Final = 33
"""Days whose hours of single PDUs are whole: they are kept for 35 days, and deleted hour by hour.
"""
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR
_SETTLED: Final = 2 * _HOUR
"""Seconds after midnight, by when the day's last hour is in the ledger."""
_COVERED: Final = 0.9
"""An hour of a PDU counts if this share of it was metered."""

RackKey = tuple[str, str]
"""The site and the name of a rack."""


class RowDay(NamedTuple):
    """A row's day: its figure in watts, and the units in use at its end; None where unknown."""

    watts: float | None
    units: int | None


class Days:
    """The days of an inventory's racks and rows; every call may block."""

    def __init__(self, ledger: Ledger, inventory: Inventory) -> None:
        self._ledger = ledger
        self._rows = rows_of(inventory)
        self._zones: dict[ZoneInfo, set[str]] = {}
        self._racks: dict[str, dict[str, Rack]] = {}
        for rack in inventory.racks.values():
            site = inventory.sites.get(rack.site)
            if site is not None and rack.state == "in_service":
                self._zones.setdefault(site.zone, set()).add(rack.site)
                self._racks.setdefault(rack.site, {})[rack.rack] = rack

    def refresh(self, now: float) -> bool:
        """Compute the days of the last weeks that are over and missing; tells if there were any.

        A day without any metered rack is tried again the next time.
        """
        found = False
        for zone, sites in self._zones.items():
            today = dt.datetime.fromtimestamp(now - _SETTLED, zone).date()
            with self._ledger.reader.read() as tables:
                known = tables.rack_days.made(zone.key)
            for back in range(_HOURS_KEPT, 0, -1):
                day = today - dt.timedelta(days=back)
                if day.toordinal() not in known:
                    found |= self._compute(zone, sites, day, latest=back == 1)
            with self._ledger.store.transaction() as tables:
                tables.rack_days.delete_old(
                    racks_before=today.toordinal() - _HOURS_KEPT,
                    rows_before=today.toordinal() - ROW_DAYS,
                )
        return found

    def _compute(self, zone: ZoneInfo, sites: set[str], day: dt.date, *, latest: bool) -> bool:
        """Compute and keep a day; False where no rack was metered.

        Only the `latest` day has units: the inventory has none of the past.
        """
        start, end = (
            dt.datetime.combine(midnight, dt.time(), zone).timestamp()
            for midnight in (day, day + dt.timedelta(days=1))
        )
        racks: dict[str, dict[str, float]] = {}
        rows: dict[str, dict[str, RowDay]] = {}
        for site in sorted(sites):
            hours = rack_hours(self._racks[site], self._pdu_hours(site, start, end))
            racks[site] = highest_hours(hours)
            rows[site] = {
                key[1]: RowDay(row_watts(row, hours), used_units(row) if latest else None)
                for key, row in self._rows.items()
                if key[0] == site
            }
        if not any(racks.values()):
            return False
        with self._ledger.store.transaction() as tables:
            tables.rack_days.save(
                zone.key, day.toordinal(), racks=_packed(racks), rows=_packed(rows)
            )
        return True

    def _pdu_hours(self, site: str, start: float, end: float) -> dict[str, Hours]:
        """Return the hours of a site's PDUs that were metered for long enough."""
        found: dict[str, dict[int, float]] = {}
        for row in self._ledger.queries.pdu_hours(site, start, end):
            if row.seconds >= _COVERED * _HOUR:
                found.setdefault(row.meter, {})[round(row.time * 1000)] = row.joules / row.seconds
        return dict(found)

    def highest(self, now: float) -> dict[RackKey, float]:
        """Return the highest hour of every rack in the window, watts.

        Racks of which fewer than LEAST_DAYS days are known are left out.
        """
        found: dict[RackKey, float] = {}
        known: dict[RackKey, int] = {}
        for day, sites in self._stored("racks"):
            midnight = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
            if now - midnight > (WINDOW_DAYS + 1) * _DAY:
                continue
            for site, racks in sites.items():
                for rack, watts in racks.items():
                    key = (site, rack)
                    found[key] = max(found.get(key, 0.0), watts)
                    known[key] = known.get(key, 0) + 1
        return {key: watts for key, watts in found.items() if known[key] >= LEAST_DAYS}

    def rows(self) -> Iterator[tuple[dt.date, dict[RowKey, RowDay]]]:
        """Yield the rows' figures day by day, the oldest first."""
        for day, sites in self._stored("rows"):
            figures = {
                (site, row): RowDay(*values)
                for site, rows in sites.items()
                for row, values in rows.items()
            }
            yield day, figures

    def _stored(self, subject: Literal["racks", "rows"]) -> Iterator[tuple[dt.date, Any]]:
        """Yield the stored figures by site and name, one day of one zone at a time."""
        with self._ledger.reader.read() as tables:
            days = tables.rack_days.days()
        for day in days:
            with self._ledger.reader.read() as tables:
                found = tables.rack_days.of_day(subject, day)
            for one in found:
                yield dt.date.fromordinal(one.day), json.loads(zlib.decompress(one.data))


def _packed(figures: Mapping[str, object]) -> bytes:
    return zlib.compress(json.dumps(figures, separators=(",", ":")).encode(), 6)
