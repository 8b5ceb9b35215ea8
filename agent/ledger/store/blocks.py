"""Old hours, packed: thirty days of one meter in one row, at a tenth of the size of single rows.

A row of `hour` comes before what its block says. So an hour that changes after all is simply
written, and packed again with the next. Blocks are thirty days of UTC, counted from the epoch.
"""

from __future__ import annotations

import sqlite3
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from agent.ledger.energy import HOUR_MS
from agent.ledger.store.changes import ChangeTable

HOURS: Final = 720
BLOCK_MS: Final = HOURS * HOUR_MS
_SWAPS: Final = sys.byteorder == "big"


class HourSum(NamedTuple):
    """The energy of one meter in one hour: joules, and covered milliseconds."""

    joules: float
    covered: int


def block_hour(hour: int) -> tuple[int, int]:
    """Return the number of the block that an hour is in, and the hour's place in it."""
    return divmod(hour // HOUR_MS, HOURS)


class Block:
    """Thirty days of one meter: joules and covered milliseconds by hour.

    An hour that is not there covers nothing.
    """

    __slots__ = ("covered", "joules")

    def __init__(
        self, joules: array[float] | None = None, covered: array[int] | None = None
    ) -> None:
        self.joules = array("d", bytes(8 * HOURS)) if joules is None else joules
        self.covered = array("I", bytes(4 * HOURS)) if covered is None else covered

    def get(self, place: int) -> HourSum | None:
        """Return one hour; None where it is not there."""
        covered = self.covered[place]
        return HourSum(self.joules[place], covered) if covered else None

    def put(self, place: int, joules: float, covered: int) -> None:
        """Set one hour."""
        self.joules[place], self.covered[place] = joules, covered

    def pack(self) -> bytes:
        """Write it, little-endian.

        An hour takes some two bytes where the register counts in steps, else some seven.
        """
        joules, covered = self.joules[:], self.covered[:]
        if _SWAPS:
            joules.byteswap()
            covered.byteswap()
        return zlib.compress(joules.tobytes() + covered.tobytes())

    @classmethod
    def unpack(cls, data: bytes) -> Block:
        """Read it."""
        raw = zlib.decompress(data)
        joules, covered = array("d", raw[: 8 * HOURS]), array("I", raw[8 * HOURS :])
        if _SWAPS:
            joules.byteswap()
            covered.byteswap()
        return cls(joules, covered)


class BlockTable:
    """The table `block`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes = ChangeTable(db)

    def load(self, meter: int, number: int) -> Block | None:
        """Return a block; None where nothing of the meter is packed there."""
        row = self._db.execute(
            "SELECT data FROM block WHERE meter = ? AND number = ?", (meter, number)
        ).fetchone()
        return Block.unpack(row[0]) if row else None

    def save(self, blocks: Mapping[BlockKey, Block]) -> None:
        """Write blocks."""
        rows = [(key.meter, key.number, block.pack()) for key, block in blocks.items()]
        self._db.executemany("INSERT OR REPLACE INTO block VALUES (?, ?, ?)", rows)
        if rows:
            self._changes.count("block")

    def delete_hour(self, meter: int, hour: int) -> None:
        """Delete one hour, where it is packed."""
        number, place = block_hour(hour)
        block = self.load(meter, number)
        if block is not None and block.covered[place]:
            block.put(place, 0.0, 0)
            self.save({BlockKey(meter, number): block})

    def between(self, start: int, end: int, meter: int | None = None) -> Iterator[MeterBlock]:
        """Yield the blocks that have hours between two times, of one meter or of all."""
        numbers = (start // BLOCK_MS, (end - 1) // BLOCK_MS)
        if meter is None:
            rows = self._db.execute(
                "SELECT meter, number, data FROM block WHERE number BETWEEN ? AND ?", numbers
            )
        else:
            rows = self._db.execute(
                "SELECT meter, number, data FROM block WHERE meter = ? AND number BETWEEN ? AND ?",
                (meter, *numbers),
            )
        for found, number, data in rows:
            yield MeterBlock(found, number, data)

    @property
    def version(self) -> int:
        """A number that grows whenever a block is written, by whichever process."""
        return self._changes.number("block")


class BlockKey(NamedTuple):
    """The key of a block."""

    meter: int
    number: int


class MeterBlock(NamedTuple):
    """A block as it is stored, with its meter and number."""

    meter: int
    number: int
    data: bytes


class BlockCache:
    """Blocks of many meters, unpacked once while no block changes.

    It is for who goes through many hours one after the other.
    """

    def __init__(self) -> None:
        self._version = -1
        self._number = -1
        self._blocks: dict[int, Block | None] = {}

    def at(self, table: BlockTable, hour: int, meters: set[int]) -> dict[int, HourSum]:
        """Return the energy of the meters that have this hour packed."""
        number, place = block_hour(hour)
        version = table.version
        if (number, version) != (self._number, self._version):
            self._number, self._version = number, version
            self._blocks.clear()
        for meter in meters - self._blocks.keys():
            self._blocks[meter] = table.load(meter, number)
        return {
            meter: found
            for meter in meters
            if (block := self._blocks[meter]) is not None
            and (found := block.get(place)) is not None
        }
