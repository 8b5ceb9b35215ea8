"""Copies of a ledger, made while the agent runs (SQLite's online backup)."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from agent.ledger.store.database import Store
from agent.ledger.store.schema import VERSION
from collectors.base import HubgaugeError

_PAGES: Final = 4096
"""Copied in one step; another process may write between two."""
_WAIT_SECONDS: Final = 10.0


def copy_ledger(source: Path, target: Path) -> None:
    """Copy a ledger as it is now, whoever uses it; raises sqlite3.Error.

    The target is replaced at once when the copy is whole and found sound.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_reading(source)) as db, closing(sqlite3.connect(part)) as copy:
            db.backup(copy, pages=_PAGES)
            _check(copy, source)
        part.replace(target)
    finally:
        for suffix in ("", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def restore_ledger(source: Path, target: Path) -> Path | None:
    """Put a copy in the ledger's place, also while the agent runs; return where the old one went.

    It is one transaction, so whoever reads sees the ledger before or after it. Raises
    sqlite3.Error, and HubgaugeError where the source is no ledger of this or an older version.
    """
    part = target.with_name(f"{target.name}.restore")
    try:
        _check_version(source)
        copy_ledger(source, part)
        Store(part).close()  # a copy of an older version gets the tables of this one
        kept: Path | None = None
        if target.exists():
            kept = target.with_name(f"{target.name}.before-restore")
            copy_ledger(target, kept)
        Store(target).close()
        with closing(sqlite3.connect(target, timeout=_WAIT_SECONDS, isolation_level=None)) as db:
            db.execute("ATTACH ? AS copy", (str(part),))
            db.execute("BEGIN IMMEDIATE")
            _replace_all(db)
            db.execute("COMMIT")
    finally:
        for suffix in ("", "-wal", "-shm"):
            part.with_name(part.name + suffix).unlink(missing_ok=True)
    return kept


def _replace_all(db: sqlite3.Connection) -> None:
    """Replace the rows of every table, and count a change of each, so that the agent notices."""
    before = dict(db.execute("SELECT subject, number FROM main.change").fetchall())
    names = db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in names:
        db.execute(f"DELETE FROM main.{name}")
        db.execute(f"INSERT INTO main.{name} SELECT * FROM copy.{name}")
    now = dict(db.execute("SELECT subject, number FROM main.change").fetchall())
    for subject in before.keys() | now.keys():
        number = max(before.get(subject, 0), now.get(subject, 0)) + 1
        db.execute("INSERT OR REPLACE INTO main.change VALUES (?, ?)", (subject, number))


def _check_version(path: Path) -> None:
    with closing(_reading(path)) as db:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if not 0 < version <= VERSION:
        message = f"{path}: no ledger of a version that this program reads"
        raise HubgaugeError(message)


def _reading(path: Path) -> sqlite3.Connection:
    """Open a ledger for reading; where nobody else has it open, SQLite makes no files beside it."""
    alone = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
    name = f"file:{quote(str(path.absolute()))}?mode=ro{alone}"
    return sqlite3.connect(name, uri=True, timeout=_WAIT_SECONDS)


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Raise HubgaugeError where a ledger's file is damaged."""
    for (found,) in db.execute("PRAGMA quick_check"):
        # SQLite 3.40 sees NULL where the key of a table without rowid is not its first columns.
        if found != "ok" and not found.startswith("NULL value in "):
            raise HubgaugeError(f"{path}: is damaged: {found}")
