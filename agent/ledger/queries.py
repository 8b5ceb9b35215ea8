"""What can be asked of the ledger: energies and hours of single meters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agent.ledger.energy import HOUR_MS, HourCells, floor_hour
from agent.ledger.intake import Intake
from agent.ledger.known_readings import known_readings
from agent.ledger.meter_hours import meter_energy
from agent.ledger.meters import MeterKey
from agent.ledger.past_hours import PastHours
from agent.ledger.settings import Retention
from agent.ledger.store.blocks import BLOCK_MS
from agent.ledger.store.database import Store, Tables
from agent.ledger.store.hour import MeterHour, StoredHour
from agent.ledger.store.meters import MeterRow

_NOT_ENERGY_BOUGHT = ("export", "water")
"""Kinds of meters that share their name with the meter that counts what is bought."""


class Energy(NamedTuple):
    """Energy over a stretch of time, and how many seconds of it were covered."""

    joules: float
    seconds: float


class HourOfMeter(NamedTuple):
    """One hour of a meter: its start in seconds, the meter, joules, and the seconds covered."""

    time: float
    meter: str
    joules: float
    seconds: float


class Queries:
    """Answers on a connection of its own, so that nobody waits for what is being written."""

    def __init__(self, reader: Store, intake: Intake, retention: Retention) -> None:
        self._reader, self._intake, self._retention = reader, intake, retention

    def meters(self) -> list[MeterRow]:
        """Return every meter that the ledger has heard of."""
        with self._reader.read() as tables:
            return tables.meters.all()

    def energy(self, meter: str, start: float, end: float, *, site: str = "") -> Energy:
        """Return what one meter counted between two times (seconds since the epoch).

        Parts of hours are answered from the readings, to the millisecond, while these are kept;
        later by cells of five minutes where they are kept, or else by the hour's mean.
        """
        first, last = round(start * 1000), round(end * 1000)
        joules, covered = 0.0, 0
        with self._reader.read() as tables:
            for row in tables.meters.named(meter, site):
                if row.kind in _NOT_ENERGY_BOUGHT:
                    continue
                stored = tables.hours.load(row.id, range(floor_hour(first), last, HOUR_MS))
                for hour, one in sorted(stored.items()):
                    begin, stop = max(first, hour), min(last, hour + HOUR_MS)
                    if stop - begin == HOUR_MS:
                        joules, covered = joules + one.joules, covered + one.covered
                        continue
                    part = self._part(tables, row, hour, one, begin, stop)
                    joules, covered = joules + part.total, covered + part.covered_ms
        return Energy(joules, covered / 1000.0)

    def _part(
        self, tables: Tables, row: MeterRow, hour: int, stored: StoredHour, begin: int, stop: int
    ) -> HourCells:
        """Return a part of an hour."""
        if hour < self._retention.sealed_before or stored.imported:
            return stored.cells().between(begin - hour, stop - hour)
        limits = self._intake.limits(MeterKey(row.site, row.name, row.kind))
        known = known_readings(tables, row.id, hour, hour + HOUR_MS, limits)
        return meter_energy(known, limits).hours(begin, stop).get(hour, HourCells())

    def hours(
        self, site: str, start: float, end: float, past: PastHours | None = None
    ) -> Iterator[HourOfMeter]:
        """Return the hours of a site's meters that begin between two times, in order of time.

        With `past`, what it knows to have been replaced is put back.
        """
        first, last = round(start * 1000), round(end * 1000)
        names = {
            row.id: row.name
            for row in self.meters()
            if row.site == site and row.kind not in _NOT_ENERGY_BOUGHT
        }
        # Block by block, so that years need no more memory than a month.
        for number in range(first // BLOCK_MS, last // BLOCK_MS + 1):
            with self._reader.read() as tables:
                found = tables.hours.between(
                    names.keys(),
                    max(first, number * BLOCK_MS),
                    min(last, (number + 1) * BLOCK_MS),
                )
                if past is not None:
                    found = list(_as_it_was(tables, found, past))
            rows = ((row.hour, names[row.meter], row.joules, row.covered) for row in found)
            for hour, name, joules, covered in sorted(rows):
                yield HourOfMeter(hour / 1000, name, joules, covered / 1000)

    def covered(self, meter: int, hours: Sequence[int]) -> dict[int, int]:
        """Return the covered milliseconds of a meter's hours, of those that have any."""
        with self._reader.read() as tables:
            stored = tables.hours.load(meter, hours)
        return {hour: one.covered for hour, one in stored.items()}

    def pdu_hours(self, site: str, start: float, end: float) -> list[HourOfMeter]:
        """Return the hours of a site's PDUs that begin between two times, in no order."""
        with self._reader.read() as tables:
            found = tables.hours.pdu_hours(site, round(start * 1000), round(end * 1000))
        return [
            HourOfMeter(row.hour / 1000, name, row.joules, row.covered / 1000)
            for name, row in found
        ]

    def history(
        self, kpi: str, hub: str, scope: str, start: float = 0.0, end: float = float("inf")
    ) -> list[tuple[float, float]]:
        """Return the earlier values of a KPI as (time, value), in order of time."""
        with self._reader.read() as tables:
            return tables.history.between(kpi, hub, scope, start, end)


def _as_it_was(tables: Tables, rows: Iterable[MeterHour], past: PastHours) -> Iterator[MeterHour]:
    """Yield meters' hours without what was imported since. An hour that only these told is none."""
    for row in rows:
        if (row.meter, row.hour) not in past.replaced:
            yield row
            continue
        stored = tables.hours.load(row.meter, [row.hour])
        known = tables.hours.kept_cells(row.meter, stored)
        now = known.get(row.hour) or stored[row.hour].cells()
        then = past.of(row.meter, row.hour, now)
        if then.covered_ms:
            yield MeterHour(row.hour, row.meter, then.total, then.covered_ms)
