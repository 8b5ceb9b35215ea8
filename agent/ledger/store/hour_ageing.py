"""Hours that are old take less room: sums move into blocks, and cells are put away or deleted."""

from __future__ import annotations

import sqlite3
from typing import Final

from agent.ledger.energy import HOUR_MS
from agent.ledger.store.blocks import BLOCK_MS, Block, BlockKey, block_hour
from agent.ledger.store.hours import HourTable
from agent.ledger.store.old_cells import OldHour
from agent.ledger.store.packed_cells import unpack_cells


class HourAgeing:
    """Moves hours of `hour` and `cell` to `block` and `old_cell`, where they are read as before."""

    def __init__(self, db: sqlite3.Connection, hours: HourTable) -> None:
        self._db: Final = db
        self._blocks: Final = hours.blocks
        self._old_cells: Final = hours.old_cells

    def pack(self, meter: int, number: int) -> None:
        """Move a meter's hours of thirty days into their block."""
        start = number * BLOCK_MS
        # By key, hour by hour: the table is in order of hours, so a range of it holds all meters'.
        keys = [(hour, meter) for hour in range(start, start + BLOCK_MS, HOUR_MS)]
        query = "SELECT joules, covered FROM hour WHERE hour = ? AND meter = ?"
        found = [
            (place, *row)
            for place, key in enumerate(keys)
            if (row := self._db.execute(query, key).fetchone())
        ]
        if not found:
            return
        block = self._blocks.load(meter, number) or Block()
        for place, joules, covered in found:
            block.put(place, joules, covered)
        self._blocks.save({BlockKey(meter, number): block})
        self._db.executemany("DELETE FROM hour WHERE hour = ? AND meter = ?", keys)

    def oldest_unpacked(self, before: int) -> int | None:
        """Return the block of the oldest hour in a row before a time; PDUs are never packed."""
        row = self._db.execute(
            "SELECT min(hour) FROM hour WHERE hour < ?"
            " AND meter NOT IN (SELECT id FROM meter WHERE kind = 'pdu')",
            (before,),
        ).fetchone()
        if row[0] is None:
            return None
        number, _ = block_hour(row[0])
        return number

    def delete_old(self, *, cells_before: int, pdus_before: int) -> None:
        """Put the cells of old whole hours away, and delete the old hours of single PDUs.

        The sums of sites keep both.
        """
        pdus = "(SELECT id FROM meter WHERE kind = 'pdu')"
        whole = (
            "FROM cell WHERE hour < ? AND (SELECT covered FROM hour h"
            " WHERE h.hour = cell.hour AND h.meter = cell.meter) >= ?"
        )
        found = self._db.execute(
            f"SELECT meter, hour, data {whole} AND meter NOT IN {pdus} ORDER BY meter, hour",
            (cells_before, HOUR_MS),
        )
        self._old_cells.put(
            OldHour(meter, hour, tuple(unpack_cells(data).joules)) for meter, hour, data in found
        )
        self._db.execute(f"DELETE {whole}", (cells_before, HOUR_MS))
        for table in ("hour", "cell"):
            self._db.execute(
                f"DELETE FROM {table} WHERE hour < ? AND meter IN {pdus}", (pdus_before,)
            )
