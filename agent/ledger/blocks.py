"""Hours that are past changing, packed: thirty days of one meter in one row, at a tenth of what rows of their own take.

A row of `hour` comes before what its block says, so an hour that changes after all is simply written, and packed again with
the next. Blocks are thirty days of UTC, counted from the epoch. No reader sees what is packed and what is not.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from agent.ledger.energy import HOUR_MS

if TYPE_CHECKING:
    import sqlite3

HOURS: Final = 720
BLOCK_MS: Final = HOURS * HOUR_MS
_WHOLE: Final = array("I", [HOUR_MS]) * HOURS
_SWAPS: Final = sys.byteorder == "big"


class Block:
    """Thirty days of one meter: joules and covered milliseconds by hour; an hour that is not there covers nothing."""

    __slots__ = ("covered", "joules")

    def __init__(
        self, joules: array[float] | None = None, covered: array[int] | None = None
    ) -> None:
        self.joules = array("d", bytes(8 * HOURS)) if joules is None else joules
        self.covered = array("I", bytes(4 * HOURS)) if covered is None else covered

    @property
    def whole(self) -> bool:
        """Whether every hour is there and covered."""
        return self.covered == _WHOLE

    def pack(self) -> bytes:
        """Write it, little-endian. Joules of registers that count in steps take some two bytes an hour, others seven."""
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


def load_block(db: sqlite3.Connection, meter: int, number: int) -> Block | None:
    """Return a block; None where nothing of the meter is packed there."""
    row = db.execute(
        "SELECT data FROM block WHERE meter = ? AND number = ?", (meter, number)
    ).fetchone()
    return Block.unpack(row[0]) if row else None


def save_blocks(db: sqlite3.Connection, blocks: Mapping[tuple[int, int], Block]) -> None:
    """Write blocks by meter and number."""
    rows = [(meter, number, block.pack()) for (meter, number), block in blocks.items()]
    db.executemany("INSERT OR REPLACE INTO block VALUES (?, ?, ?)", rows)
    if rows:
        db.execute("INSERT OR REPLACE INTO state VALUES ('blocks', ?)", (str(version(db) + 1),))


def version(db: sqlite3.Connection) -> int:
    """Return a number that grows whenever a block is written, by whichever process."""
    row = db.execute("SELECT value FROM state WHERE key = 'blocks'").fetchone()
    return int(row[0]) if row else 0


def pack(db: sqlite3.Connection, meter: int, number: int) -> None:
    """Move a meter's hours of thirty days into their block."""
    start = number * BLOCK_MS
    # By key, hour by hour: the table is in order of hours, and a range of it holds those of every meter.
    keys = [(hour, meter) for hour in range(start, start + BLOCK_MS, HOUR_MS)]
    found = [
        (hour, *row)
        for hour, _ in keys
        if (
            row := db.execute(
                "SELECT joules, covered FROM hour WHERE hour = ? AND meter = ?", (hour, meter)
            ).fetchone()
        )
    ]
    if not found:
        return
    block = load_block(db, meter, number) or Block()
    for hour, joules, covered in found:
        n = (hour - start) // HOUR_MS
        block.joules[n], block.covered[n] = joules, covered
    save_blocks(db, {(meter, number): block})
    db.executemany("DELETE FROM hour WHERE hour = ? AND meter = ?", keys)


def drop(db: sqlite3.Connection, meter: int, hour: int) -> None:
    """Forget one hour, where it is packed."""
    number, n = divmod(hour // HOUR_MS, HOURS)
    block = load_block(db, meter, number)
    if block is not None and block.covered[n]:
        block.joules[n], block.covered[n] = 0.0, 0
        save_blocks(db, {(meter, number): block})


class Unpacked:
    """Blocks of many meters, read once for as long as none is written: for who goes through hours one after the other."""

    def __init__(self) -> None:
        self._version = -1
        self._number = -1
        self._blocks: dict[int, Block | None] = {}

    def at(
        self, db: sqlite3.Connection, hour: int, meters: set[int]
    ) -> dict[int, tuple[float, int]]:
        """Return joules and covered milliseconds of the meters that have this hour packed."""
        number, n = divmod(hour // HOUR_MS, HOURS)
        now = version(db)
        if (number, now) != (self._number, self._version):
            self._number, self._version = number, now
            self._blocks.clear()
        for meter in meters - self._blocks.keys():
            self._blocks[meter] = load_block(db, meter, number)
        return {
            meter: (block.joules[n], covered)
            for meter, block in self._blocks.items()
            if block is not None and (covered := block.covered[n]) and meter in meters
        }
