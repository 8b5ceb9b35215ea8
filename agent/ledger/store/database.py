"""The ledger's file: SQLite, readable and writable by several processes at once (WAL)."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from agent.ledger.doubts import Doubt, Lull, Uncertain, Unseen
from agent.ledger.store.changes import ChangeTable
from agent.ledger.store.episodes import EpisodeTable
from agent.ledger.store.former_hours import FormerHourTable
from agent.ledger.store.heard import HeardTable
from agent.ledger.store.history import HistoryTable
from agent.ledger.store.hour_ageing import HourAgeing
from agent.ledger.store.hours import HourTable
from agent.ledger.store.import_batches import ImportBatchTable
from agent.ledger.store.import_undo import ImportUndoTable
from agent.ledger.store.listed_places import ListedPlaceTable
from agent.ledger.store.meters import MeterTable
from agent.ledger.store.moments import MomentTable
from agent.ledger.store.rack_days import RackDayTable
from agent.ledger.store.readings import ReadingTable
from agent.ledger.store.refusals import RefusalTable
from agent.ledger.store.registers import RegisterTable
from agent.ledger.store.schema import check_version, upgrade, upgrade_in_memory
from agent.ledger.store.site_hours import SiteHourTable
from agent.ledger.store.sites import SiteTable
from agent.ledger.store.uncertain import UncertainTable
from agent.ledger.stretches import Stretch

log = logging.getLogger(__name__)

StoreError = sqlite3.Error
"""What every call may raise: the file is locked for too long, full, or damaged."""

_WAIT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one connection."""

    meters: MeterTable
    readings: ReadingTable
    hours: HourTable
    hour_ageing: HourAgeing
    stretches: UncertainTable[Stretch]
    doubts: UncertainTable[Doubt]
    unseen: UncertainTable[Unseen]
    lulls: UncertainTable[Lull]
    registers: RegisterTable
    refusals: RefusalTable
    site_hours: SiteHourTable
    sites: SiteTable
    rack_days: RackDayTable
    history: HistoryTable
    episodes: EpisodeTable
    changes: ChangeTable
    heard: HeardTable
    listed_places: ListedPlaceTable
    former_hours: FormerHourTable
    moments: MomentTable
    import_batches: ImportBatchTable
    import_undo: ImportUndoTable

    @classmethod
    def of(cls, db: sqlite3.Connection) -> Tables:
        """Return the tables of a connection."""
        hours = HourTable(db)
        return cls(
            MeterTable(db),
            ReadingTable(db),
            hours,
            HourAgeing(db, hours),
            UncertainTable(db, "stretch", "joules", Stretch),
            UncertainTable(db, "doubt", "uneven, loose, hidden", Doubt),
            UncertainTable(db, "unseen", "joules", Unseen),
            UncertainTable(db, "lull", "joules", Lull),
            RegisterTable(db),
            RefusalTable(db),
            SiteHourTable(db),
            SiteTable(db),
            RackDayTable(db),
            HistoryTable(db),
            EpisodeTable(db),
            ChangeTable(db),
            HeardTable(db),
            ListedPlaceTable(db),
            FormerHourTable(db),
            MomentTable(db),
            ImportBatchTable(db),
            ImportUndoTable(db),
        )

    def replace_doubts(self, meter: int, first: int, last: int, found: Sequence[Uncertain]) -> None:
        """Store what may be wrong of a meter between two times in place of what was known there."""
        doubts = (one for one in found if isinstance(one, Doubt))
        unseen = (one for one in found if isinstance(one, Unseen))
        lulls = (one for one in found if isinstance(one, Lull))
        self.doubts.replace(meter, first, last, doubts)
        self.unseen.replace(meter, first, last, unseen)
        self.lulls.replace(meter, first, last, lulls)


class Store:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db = self._open(path)
        self._tables = Tables.of(self._db)

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            return _connect(path)
        except sqlite3.OperationalError:
            raise  # locked, full, not permitted: the file is not to blame
        except sqlite3.DatabaseError as error:
            _move_aside(path, error)
            return _connect(path)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[Tables]:
        """Write in one transaction: all of it, or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._tables
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[Tables]:
        """Read on the connection while no other thread uses it."""
        with self._lock:
            yield self._tables


class ReadOnlyStore(Store):
    """A connection that cannot write to the file; also of an older version, which stays as it is.

    It may read beside a running agent, or from a copy of its file.
    """

    def _open(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro",
            uri=True,
            timeout=_WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            check_version(path, upgrade_in_memory(db))
        except BaseException:
            db.close()
            raise
        return db


def _move_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    """Rename a damaged file and what SQLite keeps beside it."""
    aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
    log.error("%s: %s; moved to %s, and an empty ledger was begun", path, error, aside.name)
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))


def _give_to_owner(path: Path) -> None:
    """Give root's files in another user's folder to that user: the agent has to write them."""
    if os.geteuid() != 0:
        return
    folder = path.parent.stat()
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        with suppress(OSError):
            if part.stat().st_uid != folder.st_uid:
                os.chown(part, folder.st_uid, folder.st_gid)


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the last transactions, never the file; registers tell what is lost.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA journal_size_limit = 67108864")
        db.execute("BEGIN IMMEDIATE")
        found = upgrade(db)
        db.execute("COMMIT")
        check_version(path, found)
        _give_to_owner(path)
    except BaseException:
        db.close()
        raise
    return db
