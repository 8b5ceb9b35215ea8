"""The tables of the ledger's database, its version, and how an older file is brought up to it.

Times are milliseconds since the epoch, UTC, except in `history`, which has seconds. An hour is
named by its first millisecond, a day of `rack_day` by its ordinal (`datetime.date.toordinal`).

| table | what it holds |
|---|---|
| `meter` | every meter that the ledger has heard of |
| `reading` | the recent readings as they came; younger hours are always made of them |
| `hour` | joules and covered milliseconds of each meter and hour |
| `block` | the same of old hours, packed: thirty days of a meter in one row |
| `cell` | the same by five minutes, of recent hours and of hours not wholly covered |
| `old_cell` | the cells of old whole hours, packed by day, for whoever checks a meter |
| `stretch` | stretches of time of which only the total energy is known |
| `doubt` | limits of error of a meter's energy in a stretch of time |
| `unseen` | the same of each time in which nobody saw its register move |
| `lull` | minutes in which a utility meter counted less than before and after, and how much less |
| `register` | the step of each meter's register, and when it was first read |
| `refusal` | how many readings of a meter were refused in an hour or a day, by reason |
| `unsettled` | since when a meter's next readings may change what is made of the last ones |
| `imported_register` | the step of registers that came from files, and until when |
| `site_hour` | the energy of a site's meters at one point, by hour |
| `unsummed` | hours of `site_hour` that must be summed again |
| `boundary` | a digest of each point's meters, to notice when the inventory has changed |
| `heard` | when each meter was first heard |
| `listed_place` | what the inventory has listed at each point of a site, from when until when |
| `it_choice` | at which point the IT energy of a site is taken, since when |
| `former_site_hour` | sums of settled hours that were replaced later |
| `moment` | when sums were written |
| `import_batch` | every file that was imported |
| `site_total` | the largest value that each of a site's counters has shown |
| `rack_day` | what each day came to for the racks and rows of a time zone |
| `history`, `episode` | earlier values of KPIs; what happened and how long it lasted |
| `change` | numbers that grow with each change of a subject, so that caches notice it |
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.ledger.store.episodes import EPISODE
from agent.ledger.store.old_state import (
    BOUNDARIES_FROM_STATE,
    CHANGES_FROM_STATE,
    EXPORTS_FROM_STATE,
    REGISTERS_FROM_STATE,
    TOTALS_FROM_STATE,
)

VERSION: Final = 17

_METER: Final = """CREATE TABLE meter (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    point TEXT NOT NULL, UNIQUE (site, name, kind)
)"""
_READING: Final = """CREATE TABLE reading (
    meter INTEGER, quantity INTEGER, slot INTEGER, time INTEGER NOT NULL, value REAL NOT NULL,
    interval INTEGER NOT NULL, PRIMARY KEY (meter, quantity, slot)
) WITHOUT ROWID"""
_HOUR: Final = """CREATE TABLE hour (
    hour INTEGER, meter INTEGER, joules REAL NOT NULL, covered INTEGER NOT NULL,
    PRIMARY KEY (hour, meter)
) WITHOUT ROWID"""
# With a rowid: without one, each row of some two kilobytes would take an overflow page.
_BLOCK: Final = """CREATE TABLE block (
    meter INTEGER, number INTEGER, data BLOB NOT NULL, PRIMARY KEY (meter, number)
)"""
_CELL: Final = """CREATE TABLE cell (
    hour INTEGER, meter INTEGER, imported INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (hour, meter)
) WITHOUT ROWID"""
_STRETCH: Final = """CREATE TABLE stretch (
    meter INTEGER, start INTEGER, stop INTEGER NOT NULL, joules REAL NOT NULL,
    PRIMARY KEY (meter, start)
) WITHOUT ROWID"""
_DOUBT: Final = """CREATE TABLE doubt (
    meter INTEGER, start INTEGER, stop INTEGER, uneven REAL, loose REAL, hidden REAL,
    PRIMARY KEY (meter, start, stop, uneven, loose, hidden)
) WITHOUT ROWID"""
_UNSEEN: Final = """CREATE TABLE unseen (
    meter INTEGER, start INTEGER, stop INTEGER NOT NULL, joules REAL NOT NULL,
    PRIMARY KEY (meter, start)
) WITHOUT ROWID"""
_LULL: Final = """CREATE TABLE lull (
    meter INTEGER, start INTEGER, stop INTEGER NOT NULL, joules REAL NOT NULL,
    PRIMARY KEY (meter, start)
) WITHOUT ROWID"""
_REGISTER: Final = """CREATE TABLE register (
    meter INTEGER PRIMARY KEY, step INTEGER NOT NULL, since INTEGER NOT NULL
)"""
_REFUSAL: Final = """CREATE TABLE refusal (
    meter INTEGER, start INTEGER, stop INTEGER NOT NULL, reason TEXT, count INTEGER NOT NULL,
    value REAL NOT NULL, PRIMARY KEY (meter, start, reason)
) WITHOUT ROWID"""
_REFUSAL_INDEX: Final = "CREATE INDEX refusal_reason ON refusal (reason, stop)"
_UNSETTLED: Final = """CREATE TABLE unsettled (
    meter INTEGER PRIMARY KEY, since INTEGER NOT NULL
)"""
_IMPORTED_REGISTER: Final = """CREATE TABLE imported_register (
    meter INTEGER PRIMARY KEY, step INTEGER NOT NULL, until INTEGER NOT NULL
)"""
_SITE_HOUR: Final = """CREATE TABLE site_hour (
    site TEXT, point TEXT, hour INTEGER, mask INTEGER NOT NULL, joules REAL NOT NULL,
    accuracy REAL NOT NULL, meters INTEGER NOT NULL, silent INTEGER NOT NULL, data BLOB NOT NULL,
    generation INTEGER NOT NULL, PRIMARY KEY (site, point, hour)
) WITHOUT ROWID"""
_SITE_HOUR_INDEX: Final = "CREATE INDEX site_hour_generation ON site_hour (generation)"
_UNSUMMED: Final = """CREATE TABLE unsummed (
    hour INTEGER, site TEXT, point TEXT, PRIMARY KEY (hour, site, point)
) WITHOUT ROWID"""
_BOUNDARY: Final = """CREATE TABLE boundary (
    site TEXT, point TEXT, digest TEXT NOT NULL, PRIMARY KEY (site, point)
) WITHOUT ROWID"""
_HEARD: Final = "CREATE TABLE heard (meter INTEGER PRIMARY KEY, first INTEGER NOT NULL)"
_LISTED_PLACE: Final = """CREATE TABLE listed_place (
    site TEXT, point TEXT, name TEXT, listed INTEGER, gone INTEGER, since INTEGER,
    content TEXT NOT NULL, PRIMARY KEY (site, point, name, listed)
) WITHOUT ROWID"""
_IT_CHOICE: Final = """CREATE TABLE it_choice (
    site TEXT, time INTEGER, point TEXT NOT NULL, PRIMARY KEY (site, time)
) WITHOUT ROWID"""
_OLD_CELL: Final = """CREATE TABLE old_cell (
    meter INTEGER, day INTEGER, data BLOB NOT NULL, PRIMARY KEY (meter, day)
) WITHOUT ROWID"""
_FORMER_SITE_HOUR: Final = """CREATE TABLE former_site_hour (
    site TEXT, point TEXT, hour INTEGER, mask INTEGER NOT NULL, accuracy REAL NOT NULL,
    meters INTEGER NOT NULL, silent INTEGER NOT NULL, data BLOB NOT NULL, generation INTEGER,
    PRIMARY KEY (site, point, hour, generation)
) WITHOUT ROWID"""
_MOMENT: Final = "CREATE TABLE moment (generation INTEGER PRIMARY KEY, time INTEGER NOT NULL)"
_IMPORT_BATCH: Final = """CREATE TABLE import_batch (
    number INTEGER PRIMARY KEY, time INTEGER NOT NULL, site TEXT NOT NULL, file TEXT NOT NULL,
    sha256 TEXT NOT NULL, user TEXT NOT NULL, meters INTEGER NOT NULL, hours INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL
)"""
_IMPORT_UNDO: Final = "CREATE TABLE import_undo (number INTEGER PRIMARY KEY, data BLOB NOT NULL)"
_IMPORT_UNDONE: Final = """CREATE TABLE import_undone (
    number INTEGER PRIMARY KEY, time INTEGER NOT NULL, user TEXT NOT NULL
)"""
_SITE_TOTAL: Final = """CREATE TABLE site_total (
    site TEXT, name TEXT, amount REAL NOT NULL, PRIMARY KEY (site, name)
) WITHOUT ROWID"""
_RACK_DAY: Final = """CREATE TABLE IF NOT EXISTS rack_day (
    zone TEXT, day INTEGER, racks BLOB, rows BLOB, PRIMARY KEY (zone, day)
) WITHOUT ROWID"""
_HISTORY: Final = """CREATE TABLE history (
    kpi TEXT, hub TEXT, scope TEXT, slot INTEGER, time REAL NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (kpi, hub, scope, slot)
) WITHOUT ROWID"""
_CHANGE: Final = """CREATE TABLE change (
    subject TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID"""

SCHEMA: Final[tuple[str, ...]] = (
    _METER,
    _READING,
    _HOUR,
    _BLOCK,
    _CELL,
    _STRETCH,
    _DOUBT,
    _UNSEEN,
    _LULL,
    _REGISTER,
    _REFUSAL,
    _REFUSAL_INDEX,
    _UNSETTLED,
    _IMPORTED_REGISTER,
    _SITE_HOUR,
    _SITE_HOUR_INDEX,
    _UNSUMMED,
    _BOUNDARY,
    _HEARD,
    _LISTED_PLACE,
    _IT_CHOICE,
    _FORMER_SITE_HOUR,
    _MOMENT,
    _IMPORT_BATCH,
    _IMPORT_UNDO,
    _IMPORT_UNDONE,
    _OLD_CELL,
    _SITE_TOTAL,
    _RACK_DAY,
    _HISTORY,
    EPISODE,
    _CHANGE,
)

_BRIDGE: Final = """CREATE TABLE bridge (
    meter INTEGER, start INTEGER, stop INTEGER, joules REAL, PRIMARY KEY (meter, start)
) WITHOUT ROWID"""

_HEARD_HOURS: Final = "INSERT INTO heard SELECT meter, min(hour) FROM hour GROUP BY meter"
# Thirty days (agent.ledger.store.blocks) of which the first hours may be empty: no hour is lost.
_HEARD_BLOCKS: Final = """INSERT INTO heard
    SELECT meter, min(number) * 2592000000 FROM block WHERE true GROUP BY meter
    ON CONFLICT DO UPDATE SET first = min(first, excluded.first)"""

_SINCE: Final[Mapping[int, tuple[str, ...]]] = {
    2: (_BLOCK,),
    3: (_BRIDGE,),
    4: (
        _STRETCH,
        "INSERT INTO stretch SELECT meter, start, stop, joules FROM bridge",
        "DROP TABLE bridge",
        _UNSUMMED,
        "INSERT INTO unsummed SELECT hour, site, point FROM dirty",
        "DROP TABLE dirty",
        _REGISTER,
        REGISTERS_FROM_STATE,
        EXPORTS_FROM_STATE,
        _BOUNDARY,
        BOUNDARIES_FROM_STATE,
        _SITE_TOTAL,
        TOTALS_FROM_STATE,
        _CHANGE,
        CHANGES_FROM_STATE,
        "DROP TABLE state",
        _RACK_DAY,
    ),
    5: (_REFUSAL, _UNSETTLED),
    6: (_IMPORTED_REGISTER,),
    7: (_HEARD, _HEARD_HOURS, _HEARD_BLOCKS, _LISTED_PLACE, _IT_CHOICE),
    8: (_FORMER_SITE_HOUR, _MOMENT, _IMPORT_BATCH),
    # The IT counter mixed points until then, so it may have been higher than it is now.
    9: ("DELETE FROM site_total WHERE name = 'it'",),
    10: (_OLD_CELL,),
    11: (_DOUBT,),
    12: (_IMPORT_UNDO, _IMPORT_UNDONE),
    13: (_UNSEEN,),
    14: (EPISODE,),
    15: (_REFUSAL_INDEX,),
    16: ("DROP INDEX IF EXISTS site_hour_joules",),
    17: (_LULL,),
}
"""What is done to a file of the version before."""


_LEFT_OUT_IN_MEMORY: Final = ("DELETE", "CREATE INDEX", "DROP INDEX")


def upgrade(db: sqlite3.Connection) -> int:
    """Bring a database up to `VERSION`, within the caller's transaction; return what it was.

    A new file has version 0. A file of a newer version is left alone.
    """
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found == 0:
        statements = SCHEMA
    else:
        statements = tuple(
            one for version in range(found + 1, VERSION + 1) for one in _SINCE[version]
        )
    for statement in statements:
        db.execute(statement)
    if found < VERSION:
        db.execute(f"PRAGMA user_version = {VERSION}")
    return found


def upgrade_in_memory(db: sqlite3.Connection) -> int:
    """Give a connection the present tables without changing the file; return its version.

    Tables that an older file lacks are made as temporary ones, which SQLite looks at first. What an
    upgrade would take away stays, and an index that would only make it faster is not made.
    """
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found == 0:
        message = "there are no tables in it yet"
        raise sqlite3.OperationalError(message)
    there = {
        name for (name,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
    }
    for version in range(found + 1, VERSION + 1):
        for statement in _SINCE[version]:
            verb, _, rest = statement.partition(" TABLE ")
            if verb == "CREATE":
                name = rest.removeprefix("IF NOT EXISTS ").split(maxsplit=1)[0]
                if name not in there:
                    db.execute(f"CREATE TEMP TABLE {rest}")
            elif verb != "DROP" and not statement.startswith(_LEFT_OUT_IN_MEMORY):
                db.execute(statement)
    return found


def check_version(path: Path, found: int) -> None:
    """Raise sqlite3.OperationalError for a file that a newer program has written."""
    if found > VERSION:
        message = f"{path} was written by a newer version"
        raise sqlite3.OperationalError(message)
