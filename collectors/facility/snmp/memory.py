"""What devices answered at discovery, kept on disk.

After a restart a known device is asked who it is, and is read on. Answers are kept, not plans: a
plan is made of them anew, so names, limits and patterns of the config may change. They count only
for the same device (its sysObjectID and sysDescr), and for the profiles and the program with which
they were read. The file is a cache: if it is broken it is begun anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from collectors.facility.snmp.discover import Answers

if TYPE_CHECKING:
    from collectors.facility.snmp.library import Library
    from collectors.facility.snmp.recognise import Identity

log: Final = logging.getLogger(__name__)

_FORMAT: Final = 1
_WAIT_SECONDS: Final = 0.2
_WRITE_SECONDS: Final = 1.0
_MOST_WAITING: Final = 200
"""Answers are written together: at the latest after this time, or when there are this many."""
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS answers"
    " (address TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, answers BLOB NOT NULL) WITHOUT ROWID"
)


class DeviceMemory:
    """The answers of all devices, in one file. `folder` is the agent's state; None keeps nothing.

    It is opened when a device is first asked about, and only in a folder that is there.
    """

    def __init__(self, folder: Path | None, library: Library) -> None:
        """Answers count only for the version of the library with which they were read."""
        self._path: Final = folder / "devices.sqlite" if folder is not None else None
        self._library: Final = library
        self._database: sqlite3.Connection | None = None
        self._failed = self._path is None
        self._waiting: Final[dict[str, tuple[str, bytes]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def recall(self, address: str, identity: Identity, about: Iterable[str]) -> Answers | None:
        """Return what a device answered; None if it is another one, or is not known.

        `about` is what of the config the answers depend on.
        """
        if self._failed:
            return None  # before any profile is read for the fingerprint
        wanted = self._fingerprint(identity, about)
        waiting = self._waiting.get(address)
        if waiting is not None:
            found: object = waiting[1] if waiting[0] == wanted else None
        else:
            found = self._run(lambda database: _select(database, address, wanted))
        if not isinstance(found, bytes):
            return None
        try:
            return _decoded(json.loads(zlib.decompress(found)))
        except (zlib.error, ValueError, KeyError, TypeError):
            return None

    def keep(
        self, address: str, identity: Identity, about: Iterable[str], answers: Answers
    ) -> None:
        """Keep what a device answered: soon, together with what others answer meanwhile.

        A start of a whole hub has hundreds of them a second, and each write waits for the disk and
        for other processes.
        """
        if self._failed:
            return
        try:
            text = json.dumps(_encoded(answers)).encode()
        except TypeError:  # a value of a kind that no profile reads
            return
        self._waiting[address] = (self._fingerprint(identity, about), zlib.compress(text, 1))
        if len(self._waiting) >= _MOST_WAITING:
            self.flush()
        elif self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:  # nobody will come back to it
                self.flush()
            else:
                self._timer = loop.call_later(_WRITE_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits to be written."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rows = [(address, *kept) for address, kept in self._waiting.items()]
        self._waiting.clear()
        if rows:
            self._run(lambda database: _insert(database, rows))

    def _fingerprint(self, identity: Identity, about: Iterable[str]) -> str:
        parts = (
            str(_FORMAT),
            self._library.version,
            identity.object_id,
            identity.description,
            *about,
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()

    def _run(self, work: Callable[[sqlite3.Connection], object]) -> object:
        """Do something with the file. One that cannot be used keeps nothing."""
        if self._failed:
            return None
        try:
            return work(self._database or self._open())
        except sqlite3.OperationalError as error:  # another process writes, or the disk is full
            log.debug("%s: %s", self._path, error)
            return None
        except (sqlite3.Error, OSError) as error:
            self._failed = True
            log.warning("%s: %s; devices are discovered at each start", self._path, error)
            return None

    def _open(self) -> sqlite3.Connection:
        assert self._path is not None
        if not self._path.parent.is_dir():
            self._failed = True
            raise sqlite3.OperationalError("no folder for the agent's state")
        try:
            self._database = self._connected(self._path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            log.warning("%s: %s; begun anew", self._path, error)
            self._path.unlink()
            self._database = self._connected(self._path)
        return self._database

    @staticmethod
    def _connected(path: Path) -> sqlite3.Connection:
        database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(_SCHEMA)
        return database

    def close(self) -> None:
        """Close the file; the next question opens it again."""
        self.flush()
        if self._database is not None:
            self._database.close()
            self._database = None


def _select(database: sqlite3.Connection, address: str, fingerprint: str) -> object:
    """Return the answers of a device as they were kept; None if it is another one."""
    asked = "SELECT answers FROM answers WHERE address = ? AND fingerprint = ?"
    row = database.execute(asked, (address, fingerprint)).fetchone()
    return row[0] if row is not None else None


def _insert(database: sqlite3.Connection, rows: Sequence[tuple[str, str, bytes]]) -> None:
    """Keep answers, all or none."""
    database.execute("BEGIN IMMEDIATE")
    with database:
        database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)


def _encoded(answers: Answers) -> dict[str, object]:
    return {
        "profile": answers.profile,
        "arc": answers.arc,
        "max_oids": answers.max_oids,
        "levels": sorted(answers.levels),
        "columns": {
            column: {row: _raw(value) for row, value in rows.items()}
            for column, rows in answers.columns.items()
        },
        "objects": {oid: _raw(value) for oid, value in answers.objects.items()},
        "watched": {oid: _raw(value) for oid, value in answers.watched.items()},
    }


def _raw(value: object) -> object:
    """Return a device's value for JSON: octets become a list with a text of Latin-1."""
    return [value.decode("latin-1")] if isinstance(value, bytes) else value


def _value(raw: object) -> object:
    return raw[0].encode("latin-1") if isinstance(raw, list) else raw


def _decoded(data: dict[str, object]) -> Answers:
    """Return answers; raises KeyError, TypeError or ValueError for anything else."""

    def mapping(name: str) -> dict[str, object]:
        found = data[name]
        if not isinstance(found, dict):
            raise TypeError(name)
        return found

    columns: dict[str, dict[str, object]] = {}
    for column, rows in mapping("columns").items():
        if not isinstance(rows, dict):
            raise TypeError(column)
        columns[column] = {row: _value(raw) for row, raw in rows.items()}
    levels, most = data["levels"], data["max_oids"]
    if not isinstance(levels, list) or not isinstance(most, int):
        raise TypeError("levels")
    return Answers(
        profile=str(data["profile"]),
        arc=str(data["arc"]),
        max_oids=most,
        levels=frozenset(map(str, levels)),
        columns=columns,
        objects={oid: _value(raw) for oid, raw in mapping("objects").items()},
        watched={oid: _value(raw) for oid, raw in mapping("watched").items()},
    )
