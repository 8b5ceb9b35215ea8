"""The ledger of a state folder read as it is: beside a running agent, or a copy of one; not a byte of it is changed.

The file is opened read-only. What the ledger notes about itself while it is asked (its state, hours that are out of date) goes to
temporary tables of the same names, which SQLite looks at first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from agent.ledger.ledger import Ledger, LedgerSettings
from agent.ledger.store import VERSION, Store
from agent.pue.pue import Pue
from collectors.base import HubgaugeError

if TYPE_CHECKING:
    from agent.inventory.model import Inventory

_NOTED: Final = {"state": True, "dirty": False}
"""Tables that asking writes to, and whether what they hold is wanted."""


class ReadStore(Store):
    """A connection that cannot write to the file."""

    def _open(self, path: Path) -> sqlite3.Connection:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        db = sqlite3.connect(
            address, uri=True, timeout=10.0, isolation_level=None, check_same_thread=False
        )
        try:
            _shadow(db, path)
        except BaseException:
            db.close()
            raise
        return db


def _shadow(db: sqlite3.Connection, path: Path) -> None:
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found != VERSION:
        message = f"{path} is of version {found}, not {VERSION}: let the agent of this version open it once"
        raise sqlite3.OperationalError(message)
    for table, filled in _NOTED.items():
        (made,) = db.execute(
            "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?", (table,)
        ).fetchone()
        db.execute(made.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
        if filled:
            db.execute(f"INSERT INTO temp.{table} SELECT * FROM main.{table}")  # noqa: S608 - our own names


def open_readonly(
    path: Path, inventory: Inventory, clock: Callable[[], float]
) -> tuple[Ledger, Pue]:
    """Open a ledger for reading, with the PUE made of it as it was last summed; raises HubgaugeError."""
    if not path.exists():
        raise HubgaugeError(f"{path}: no ledger there yet; run the agent, or import")
    ledger = Ledger(
        path,
        inventory=inventory,
        settings=LedgerSettings(tidy=False),
        clock=clock,
        opener=ReadStore,
    )
    pue = Pue(ledger, inventory, clock=clock)
    pue.refresh(budget=0.0)
    return ledger, pue


def unsummed(ledger: Ledger, start: float, end: float) -> int:
    """Return how many hours between two times wait to be summed, so that they are missing from a site's figures."""
    with ledger.reader.read() as db:
        row = db.execute(
            "SELECT count(DISTINCT hour) FROM main.dirty WHERE hour >= ? AND hour < ?",
            (start * 1000, end * 1000),
        )
        return int(row.fetchone()[0])
