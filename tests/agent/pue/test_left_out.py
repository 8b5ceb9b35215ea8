"""What is asked to leave out the cells of a meter at rest: of most hours, next to nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from agent.ledger.store import schema
from agent.ledger.store.site_hours import SiteHourTable
from tests.agent.pue.test_at_rest import DIES, IT, MAIN, it, live, stock, until
from tests.support.ledger import SITE, bench


@pytest.mark.parametrize(("end", "is_asked"), [(999, False), (DIES, True)])
def test_only_a_doubtful_hour_asks_what_the_site_has_sold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: int, is_asked: bool
) -> None:
    """A site whose meters all count asks in none of its hours; one whose supply dies does."""
    asked: list[str] = []

    def noted(_: SiteHourTable, site: str, point: str) -> bool:
        asked.append(f"{site} {point}")
        return False

    monkeypatch.setattr(SiteHourTable, "has_energy", noted)
    with bench(tmp_path, stock(MAIN, IT)) as b:
        live(b, until("main", 130, end), it, minutes=150)
    assert {*asked} == ({f"{SITE} export"} if is_asked else set())


def test_what_a_site_has_sold_is_told_by_an_index() -> None:
    """SQLite plans no walk over ten years of hours: it goes to the first with any energy."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        row = "INSERT INTO site_hour VALUES ('s', ?, ?, 4095, ?, 0.0, 1, 0, x'', 1)"
        db.executemany(row, [("export", 0, 0.0), ("utility", 0, 9.0)])
        said: list[str] = []
        db.set_trace_callback(said.append)
        table = SiteHourTable(db)
        assert not table.has_energy("s", "export")
        db.execute(row, ("export", 3_600_000, 7.0))
        assert table.has_energy("s", "export")
        assert not table.has_energy("other", "export")
        (plan,) = db.execute(f"EXPLAIN QUERY PLAN {said[0]}").fetchall()
    assert "INDEX site_hour_joules (site=? AND point=? AND joules>?)" in plan[3]
