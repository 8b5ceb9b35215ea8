"""Copies of a ledger, made while the agent runs (SQLite's online backup)."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

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
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy, source)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def restore_ledger(source: Path, target: Path) -> Path | None:
    """Put a copy in the ledger's place, also while the agent runs; return where the old one went.

    The agent sees the restored hours with its next look, for the file stays the same one. Raises
    sqlite3.Error, and HubgaugeError where the source is no ledger of this or an older version.
    """
    with closing(_reading(source)) as db:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version != VERSION:
            message = f"{source}: a ledger of version {version}, and this program's is {VERSION}"
            raise HubgaugeError(message)
        _check(db, source)
        kept: Path | None = None
        if target.exists():
            kept = target.with_name(f"{target.name}.before-restore")
            copy_ledger(target, kept)
        with closing(sqlite3.connect(target, timeout=_WAIT_SECONDS)) as into:
            db.backup(into)
    return kept


def _reading(path: Path) -> sqlite3.Connection:
    """Open a ledger for reading; where nobody else has it open, SQLite makes no files beside it."""
    alone = "" if path.with_name(path.name + "-wal").exists() else "&immutable=1"
    name = f"file:{quote(str(path.absolute()))}?mode=ro{alone}"
    return sqlite3.connect(name, uri=True, timeout=_WAIT_SECONDS)


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Raise HubgaugeError where a ledger's file is damaged."""
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise HubgaugeError(f"{path}: is damaged: {found}")
