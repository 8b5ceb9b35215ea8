"""Compute a meter's hours again from its readings.

Hours are always computed whole, from all their readings in order of time, and never added to. So
late, repeated and reordered readings give the same sums to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.ledger.energy import ENERGY, HOUR_MS, POWER, HourCells, TimedValue, floor_hour
from agent.ledger.meter_hours import meter_hours
from agent.ledger.meters import Limits
from agent.ledger.segments import MAX_DIFFERENCE_MS, RegisterEvent, longest_gap
from agent.ledger.store.database import Tables
from agent.ledger.store.hours import NewHour, StoredHour, unpack_cells
from agent.ledger.stretches import silences


class NewReadings:
    """The first and the last time of a meter's new readings of one quantity, in milliseconds.

    `interval` is the longest interval they came at.
    """

    __slots__ = ("first", "interval", "last")

    def __init__(self, time: int, interval: int) -> None:
        self.first = self.last = time
        self.interval = interval

    def add(self, time: int, interval: int) -> None:
        """Take another reading into account."""
        self.first = min(self.first, time)
        self.last = max(self.last, time)
        self.interval = max(self.interval, interval)

    def reach(self, neighbour: TimedValue, time: int, quantity: int) -> bool:
        """Tell whether energy between a neighbouring reading and `time` can have changed."""
        gap = abs(neighbour.time - time)
        if quantity == ENERGY:
            return gap <= MAX_DIFFERENCE_MS
        return gap <= longest_gap(neighbour.interval, self.interval)


@dataclass(frozen=True, slots=True)
class Change:
    """The hours that are different after a computation, and what the register did in them."""

    hours: list[int]
    events: list[RegisterEvent]


def recompute(
    tables: Tables,
    meter: int,
    news: Mapping[int, NewReadings],
    *,
    sealed_before: int,
    limits: Limits,
) -> Change:
    """Compute every hour that new readings, by quantity, can have changed, and write it.

    Hours before `sealed_before` may have lost readings. They change only where the new answer
    covers more of them, as when a register tells the energy of a long silence.
    """
    rating, wrap = limits
    start, end = _affected(tables, meter, news)
    power = tables.readings.between(meter, POWER, start, end)
    energy = tables.readings.between(meter, ENERGY, start, end)
    hours, events = meter_hours(power, energy, start, end, rating=rating, wrap=wrap)
    if energy:
        found = silences(energy, rating=rating, wrap=wrap)
        tables.stretches.replace(meter, energy[0].time, energy[-1].time, found)
    expected = range(max(start, sealed_before), end, HOUR_MS)
    return Change(_write(tables, meter, hours, expected, sealed_before), events)


def _affected(tables: Tables, meter: int, news: Mapping[int, NewReadings]) -> tuple[int, int]:
    """Return the bounds, in whole hours, of the pairs of readings that hold new ones."""
    first, last = [], []
    for quantity, new in news.items():
        first.append(new.first)
        last.append(new.last)
        before = tables.readings.before(meter, quantity, new.first)
        if before is not None and new.reach(before, new.first, quantity):
            first.append(before.time)
        after = tables.readings.after(meter, quantity, new.last)
        if after is not None and new.reach(after, new.last, quantity):
            last.append(after.time)
    return floor_hour(min(first)), floor_hour(max(last)) + HOUR_MS


def _write(
    tables: Tables,
    meter: int,
    hours: Mapping[int, HourCells],
    expected: range,
    sealed_before: int,
) -> list[int]:
    """Write the hours that have changed; delete `expected` ones that nothing covers any more."""
    candidates = sorted(hours.keys() | set(expected))
    stored = tables.hours.load(meter, candidates)
    changed = []
    for hour in candidates:
        cells, old = hours.get(hour), stored.get(hour)
        if cells is None:
            if old is not None and hour >= sealed_before and not old.imported:
                tables.hours.delete(meter, hour)
                changed.append(hour)
        elif old is None:
            tables.hours.save(meter, [NewHour(hour, cells, 0)])
            changed.append(hour)
        elif hour >= sealed_before or cells.covered_ms > old.covered:
            if old.imported and old.data is not None:  # imported on purpose, so it stays
                cells.replace_cells(unpack_cells(old.data), old.imported)
            if not _is_same(old, cells):
                tables.hours.save(meter, [NewHour(hour, cells, old.imported)])
                changed.append(hour)
    return changed


def _is_same(old: StoredHour, cells: HourCells) -> bool:
    return (
        old.covered == cells.covered_ms
        and old.joules == cells.total
        and old.data is not None
        and unpack_cells(old.data).joules == cells.joules
    )
