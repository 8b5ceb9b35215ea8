"""The hours in which a meter stood at 0 and could not, when they have become old."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS
from agent.ledger.register_judge import Refusal
from agent.ledger.store import schema
from agent.ledger.store.refusals import AT_REST, RefusalTable, RestedHour

DAY_MS = 24 * HOUR_MS
METER = 1


@pytest.fixture
def table() -> Iterator[RefusalTable]:
    """A table with 12 cells at rest in each of five hours, and a leap in two of them; two days
    on.
    """
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        found = RefusalTable(db)
        leaps = [Refusal(n * HOUR_MS, n * HOUR_MS, "leap", 7.0) for n in range(2)]
        found.replace(METER, 0, DAY_MS, leaps)
        for n in range(5):
            assert found.note_rest(METER, n * HOUR_MS, 12) == 12
        found.thin(2 * DAY_MS)
        yield found


def told(table: RefusalTable) -> dict[tuple[int, str], int]:
    """Return how many readings are refused, by the hour at which they begin and the reason."""
    return {(row.start // HOUR_MS, row.reason): row.count for row in table.between([1], 0, DAY_MS)}


def test_an_old_hour_that_is_summed_again_is_not_told_again(table: RefusalTable) -> None:
    """An import or another inventory sums all hours anew: 60 cells were known, and 60 they are."""
    assert [table.note_rest(METER, n * HOUR_MS, 12) for n in range(5)] == [0, 0, 0, 0, 0]
    table.thin(2 * DAY_MS)
    assert sum(count for (_, reason), count in told(table).items() if reason == AT_REST) == 60


def test_an_old_hour_that_is_no_longer_at_rest_takes_its_own_away(table: RefusalTable) -> None:
    """The readings of one hour came by an import: the other four stay left out."""
    assert all(table.has_rest([METER], n * HOUR_MS) for n in range(5))
    table.note_rest(METER, 0, 0)
    assert [table.has_rest([METER], n * HOUR_MS) for n in range(5)] == [False, *[True] * 4]


def test_what_a_meter_refused_by_itself_is_added_up_by_the_day(table: RefusalTable) -> None:
    """Two leaps of one day are one row that begins with it."""
    assert told(table)[0, "leap"] == 2
    assert (1, "leap") not in told(table)


def test_rested_hours_are_found_without_reading_all_refusals(tmp_path: Path) -> None:
    """SQLite itself says that it looks the hours up: a board asks for them every few seconds.

    A file of version 14 has the index as well, once an agent has opened it. The same hours are
    found in it before, when it is only read.
    """
    path = tmp_path / "ledger.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.upgrade(db)
        db.execute("DROP INDEX refusal_reason")
        db.execute("DROP TABLE lull")
        db.execute("PRAGMA user_version = 14")
        db.execute("INSERT INTO meter VALUES (1, 'dc1', 'main', 'meter', 'utility')")
        RefusalTable(db).note_rest(METER, DAY_MS, 7)
        rested = [RestedHour("dc1", "main", "utility", DAY_MS, 7)]
        assert schema.upgrade_in_memory(db) == 14
        assert RefusalTable(db).rests(0) == rested
        assert schema.upgrade(db) == 14
        assert RefusalTable(db).rests(0) == rested
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        RefusalTable(db).rests(0)
        db.set_trace_callback(None)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
    assert any("SEARCH r USING" in line and "refusal_reason" in line for line in plan), plan
