from __future__ import annotations

import sqlite3
from contextlib import closing

from agent.ledger.store.moments import MomentTable


def test_a_second_statement_without_a_change_between_is_remembered_too() -> None:
    """Generation 5 was written neither up to the first statement nor up to the second one."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE moment (generation INTEGER PRIMARY KEY, time INTEGER NOT NULL)")
        moments = MomentTable(db)
        moments.mark(5, 1000)
        moments.mark(5, 3000)
        moments.note(5, 4000)
        assert [moments.generation_at(time) for time in (1000, 2000, 3000)] == [4, 4, 4]
        moments.mark(5, 500)
        assert moments.generation_at(3000) == 4
