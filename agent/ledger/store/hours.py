"""The energy of every meter by hour: sums in rows or packed in blocks, and cells where kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from agent.ledger.energy import ALL_COVERED, FULL_MASK, HOUR_MS, HourCells
from agent.ledger.store.blocks import (
    BLOCK_MS,
    Block,
    BlockCache,
    BlockKey,
    BlockTable,
    HourSum,
    block_hour,
)
from agent.ledger.store.hour import HeardHour, MeterHour, NewHour, StoredHour
from agent.ledger.store.old_cells import OldCellTable
from agent.ledger.store.packed_cells import pack_cells

_MOST_MARKS: Final = 500
"""Question marks in one statement; SQLite's own limit was 999 for long."""

_LOOKUP_COST: Final = 8
"""Looking up one meter takes as long as reading past this many."""


class HourTable:
    """The tables `hour`, `cell`, `old_cell` and `block`. Only it and `HourAgeing` see blocks."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.blocks = BlockTable(db)
        self.old_cells = OldCellTable(db)

    def load(self, meter: int, hours: Sequence[int]) -> dict[int, StoredHour]:
        """Return what is stored of some hours of a meter."""
        found: dict[int, StoredHour] = {}
        blocks: dict[int, Block | None] = {}
        for hour in hours:
            number, place = block_hour(hour)
            if number not in blocks:
                blocks[number] = self.blocks.load(meter, number)
            block = blocks[number]
            if block is not None and block.covered[place]:
                found[hour] = StoredHour(block.joules[place], block.covered[place])
        for part, marks in _portions(hours):
            query = f"SELECT hour, joules, covered FROM hour WHERE meter = ? AND hour IN ({marks})"
            for hour, joules, covered in self._db.execute(query, (meter, *part)):
                found[hour] = StoredHour(joules, covered)
        for part, marks in _portions([hour for hour in hours if hour in found]):
            query = f"SELECT hour, imported, data FROM cell WHERE meter = ? AND hour IN ({marks})"
            for hour, imported, data in self._db.execute(query, (meter, *part)):
                found[hour] = StoredHour(found[hour].joules, found[hour].covered, imported, data)
        return found

    def kept_cells(self, meter: int, hours: Mapping[int, StoredHour]) -> dict[int, HourCells]:
        """Return the cells of a meter's hours, without the hours of which only the sum is kept."""
        found = {hour: one.cells() for hour, one in hours.items() if one.data is not None}
        sums = {hour: one.joules for hour, one in hours.items() if one.data is None}
        for hour, joules in self.old_cells.between(meter, sums).items():
            found[hour] = HourCells(joules, ALL_COVERED)
        return found

    def between(self, meters: Collection[int], start: int, end: int) -> list[MeterHour]:
        """Return the hours of some meters that begin between two times, in no order."""
        found: dict[tuple[int, int], MeterHour] = {}
        for meter in meters:
            for row in self.blocks.between(start, end, meter):
                block, first = Block.unpack(row.data), row.number * BLOCK_MS
                hours = range(first, first + BLOCK_MS, HOUR_MS)
                for hour, joules, covered in zip(hours, block.joules, block.covered, strict=True):
                    if covered and start <= hour < end:
                        found[hour, meter] = MeterHour(hour, meter, joules, covered)
        for hour, meter, joules, covered in self._db.execute(
            "SELECT hour, meter, joules, covered FROM hour WHERE hour >= ? AND hour < ?",
            (start, end),
        ):
            if meter in meters:
                found[hour, meter] = MeterHour(hour, meter, joules, covered)
        return list(found.values())

    def pdu_hours(self, site: str, start: int, end: int) -> list[tuple[str, MeterHour]]:
        """Return the hours of a site's PDUs that begin between two times, each with its name.

        A PDU's hours are never packed.
        """
        rows = self._db.execute(
            "SELECT m.name, h.hour, h.meter, h.joules, h.covered FROM hour h"
            " JOIN meter m ON m.id = h.meter"
            " WHERE h.hour >= ? AND h.hour < ? AND m.site = ? AND m.kind = 'pdu'",
            (start, end, site),
        )
        return [(name, MeterHour(*row)) for name, *row in rows]

    def heard(self, start: int, end: int) -> set[int]:
        """Return the meters that have hours beginning between two times."""
        found = {
            row[0]
            for hour in range(start, end, HOUR_MS)
            for row in self._db.execute("SELECT meter FROM hour WHERE hour = ?", (hour,))
        }
        for row in self.blocks.between(start, end):
            if row.meter not in found:
                begin = row.number * BLOCK_MS
                first = max(0, (start - begin) // HOUR_MS)
                last = max(0, -((begin - end) // HOUR_MS))
                if any(Block.unpack(row.data).covered[first:last]):
                    found.add(row.meter)
        return found

    def at(self, hour: int, meters: set[int], *, known: int, cache: BlockCache) -> HeardHour:
        """Return one hour of some meters; `known` is how many meters there are in all."""
        sums = cache.at(self.blocks, hour, meters)
        # In an hour that is packed there is next to nothing to pass over.
        few = len(meters) * _LOOKUP_COST < known and 2 * len(sums) < len(meters)
        wanted = sorted(meters) if few else None
        for meter, joules, covered in self._rows_at(
            "SELECT meter, joules, covered FROM hour WHERE hour = ?", hour, wanted
        ):
            if meter in meters:
                sums[meter] = HourSum(joules, covered)
        rows = self._rows_at("SELECT meter, data FROM cell WHERE hour = ?", hour, wanted)
        return HeardHour(sums, {meter: data for meter, data in rows if meter in meters})

    def _rows_at(
        self, query: str, hour: int, meters: Sequence[int] | None
    ) -> Iterator[tuple[Any, ...]]:
        if meters is None:
            yield from self._db.execute(query, (hour,))
            return
        for meter in meters:
            yield from self._db.execute(query + " AND meter = ?", (hour, meter))

    def save(self, meter: int, hours: Iterable[NewHour], *, even_before: int = 0) -> None:
        """Write hours of one meter with their cells.

        Of an hour before `even_before` that is covered and even, only the sum is kept: it says
        everything.
        """
        sums, cells, even = [], [], []
        for hour, found, imported in hours:
            sums.append((hour, meter, found.total, found.covered_ms))
            is_even = found.mask == FULL_MASK and min(found.joules) == max(found.joules)
            if hour < even_before and is_even:
                even.append((hour, meter))
            else:
                cells.append((hour, meter, imported, pack_cells(found)))
        self._db.executemany("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?)", sums)
        self._db.executemany("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?)", cells)
        self._db.executemany("DELETE FROM cell WHERE hour = ? AND meter = ?", even)

    def save_even(
        self,
        meter: int,
        hours: Mapping[int, float],
        *,
        packed_before: int,
        known: Container[int],
    ) -> None:
        """Write the joules of hours of one meter that are covered and even.

        Those before `packed_before` go into their blocks. `known` are the hours of which something
        is stored.
        """
        blocks: dict[int, Block] = {}
        rows, replaced = [], []
        for hour, joules in hours.items():
            if hour >= packed_before:
                rows.append((hour, meter, joules, HOUR_MS))
                continue
            number, place = block_hour(hour)
            block = blocks.get(number)
            if block is None:
                block = blocks[number] = self.blocks.load(meter, number) or Block()
            block.joules[place], block.covered[place] = joules, HOUR_MS
            if hour in known:
                replaced.append((hour, meter))
        self.blocks.save({BlockKey(meter, number): block for number, block in blocks.items()})
        self._db.executemany("DELETE FROM hour WHERE hour = ? AND meter = ?", replaced)
        self._db.executemany("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?)", rows)

    def delete(self, meter: int, hour: int) -> None:
        """Delete one hour of one meter: its readings turned out to cover nothing."""
        self._db.execute("DELETE FROM hour WHERE hour = ? AND meter = ?", (hour, meter))
        self.blocks.delete_hour(meter, hour)
        self._db.execute("DELETE FROM cell WHERE hour = ? AND meter = ?", (hour, meter))


def _portions(hours: Sequence[int]) -> Iterator[tuple[Sequence[int], str]]:
    for n in range(0, len(hours), _MOST_MARKS):
        part = hours[n : n + _MOST_MARKS]
        yield part, ",".join("?" * len(part))
