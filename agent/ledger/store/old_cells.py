"""The cells of old whole hours, packed by day: what an auditor reads, and no figure is made of.

Sums of hours are enough for every figure, so the table `cell` forgets the cells of a whole hour
once its readings are deleted. They go here, for all meters but single PDUs. An hour that was
changed since, by an import for example, no longer comes to the same sum: then its old cells say
nothing.
"""

from __future__ import annotations

import math
import sqlite3
import sys
import zlib
from array import array
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final, NamedTuple

from agent.ledger.energy import CELLS, HOUR_MS

_DAY_MS: Final = 24 * HOUR_MS
_SWAPS: Final = sys.byteorder == "big"
_SAME: Final = 1e-9


class OldHour(NamedTuple):
    """The joules of the twelve cells of one whole hour of a meter."""

    meter: int
    hour: int
    joules: tuple[float, ...]


class OldCellTable:
    """The table `old_cell`: one row a meter and day (UTC); missing hours are NaN."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, hours: Iterable[OldHour]) -> None:
        """Store hours; they must be in order of meter and hour."""
        for (meter, day), found in groupby(hours, lambda one: (one.meter, one.hour // _DAY_MS)):
            joules = self._load(meter, day)
            for one in found:
                place = one.hour % _DAY_MS // HOUR_MS * CELLS
                joules[place : place + CELLS] = array("d", one.joules)
            self._db.execute(
                "INSERT OR REPLACE INTO old_cell VALUES (?, ?, ?)", (meter, day, _pack(joules))
            )

    def between(self, meter: int, sums: Mapping[int, float]) -> dict[int, tuple[float, ...]]:
        """Return the cells of a meter's hours, if they still come to their `sums` (joules)."""
        found: dict[int, tuple[float, ...]] = {}
        for day, hours in groupby(sorted(sums), lambda hour: hour // _DAY_MS):
            joules = self._load(meter, day)
            for hour in hours:
                place = hour % _DAY_MS // HOUR_MS * CELLS
                cells = tuple(joules[place : place + CELLS])
                if math.isclose(math.fsum(cells), sums[hour], rel_tol=_SAME, abs_tol=_SAME):
                    found[hour] = cells
        return found

    def delete(self, before: int) -> None:
        """Delete the days that begin before a time, in milliseconds."""
        self._db.execute("DELETE FROM old_cell WHERE day < ?", (before // _DAY_MS,))

    def _load(self, meter: int, day: int) -> array[float]:
        row = self._db.execute(
            "SELECT data FROM old_cell WHERE meter = ? AND day = ?", (meter, day)
        ).fetchone()
        if row is None:
            return array("d", [math.nan] * (24 * CELLS))
        joules = array("d", zlib.decompress(row[0]))
        if _SWAPS:
            joules.byteswap()
        return joules


def _pack(joules: array[float]) -> bytes:
    """Write a day's cells, little-endian."""
    if _SWAPS:
        joules = joules[:]
        joules.byteswap()
    return zlib.compress(joules.tobytes())
