from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from agent.ledger.metrics import LedgerMetrics
from agent.ledger.settings import LedgerSettings
from collectors.base import Batch, HubgaugeError
from tests.support import HANGS, ROOT, wait_for
from tests.support.ledger import (
    HOUR,
    T0,
    Clock,
    batch,
    energy,
    exported,
    inventory,
    ledger,
    pdu_energy,
    pdu_power,
    power,
)

RATED = (
    "sites: [{site: huawei-guian-1}]\n"
    "meters: [{meter: m, point: utility, rating_watts: 1000, wrap_joules: 1000000}]"
)


def rows(book: Ledger) -> list[tuple[object, ...]]:
    """Return everything that was made of the readings, to the last bit."""
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        hours = db.execute(
            "SELECT m.name, h.* FROM hour h JOIN meter m ON m.id = h.meter ORDER BY m.name, h.hour"
        ).fetchall()
        cells = db.execute(
            "SELECT m.name, c.hour, c.data FROM cell c JOIN meter m ON m.id = c.meter ORDER BY 1, 2"
        ).fetchall()
    return [(row[0], row[1], row[3], row[4]) for row in hours] + cells


def play(
    *batches: Batch,
    flush_after: int = 1,
    now: float = T0 + 6 * HOUR,
    stock: Inventory | None = None,
) -> list[tuple[object, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        book = ledger(Path(folder), Clock(now), stock)
        try:
            for number, one in enumerate(batches, 1):
                book.accept(one)
                if number % flush_after == 0:
                    book.flush()
            book.flush()
            return rows(book)
        finally:
            book.close()


times = st.integers(0, 5 * 3600 * 4).map(lambda quarter: T0 + quarter / 4)
reading_lists = st.lists(
    st.tuples(times, st.sampled_from(["a", "b"]), st.booleans(), st.floats(0, 1e7)),
    max_size=30,
    unique_by=lambda row: row[:3],
)


def batches_of(readings: list[tuple[float, str, bool, float]]) -> list[Batch]:
    return [
        batch(at, (energy if register else power)(meter, value))
        for at, meter, register, value in readings
    ]


@settings(max_examples=30)
@given(reading_lists, st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_repetition_and_splitting_change_no_sum(
    readings: list, chance, flush_after: int
) -> None:
    """Readings in any order, repeated, and in any portions give the same hours."""
    whole = play(*batches_of(sorted(readings)), flush_after=1000)
    shuffled = readings + chance.choices(readings, k=5) if readings else []
    chance.shuffle(shuffled)
    assert play(*batches_of(shuffled), flush_after=flush_after) == whole


@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(st.integers(0, 5 * 3600), st.floats(0, 1e7)),
        max_size=20,
        unique_by=lambda row: row[0],
    ),
    st.randoms(),
)
def test_order_changes_no_sum_of_a_thinned_pdu(readings: list, chance) -> None:
    """A PDU of which one reading a minute is kept gives the same hours in any order."""
    stock = inventory(
        "sites: [{site: huawei-guian-1}]\n"
        "racks: [{rack: A07, site: huawei-guian-1, feeds: {A: {pdu: p}}}]"
    )
    made = [batch(T0 + at, pdu_energy("p", value), interval=15) for at, value in readings]
    whole = play(*made, flush_after=1000, stock=stock)
    chance.shuffle(made)
    assert play(*made, flush_after=3, stock=stock) == whole


def test_power_and_energy_of_a_meter(tmp_path: Path) -> None:
    """The register comes before power; a part of an hour is answered from its cells."""
    clock = Clock()
    book = ledger(tmp_path, clock)
    for minute in range(121):
        book.accept(
            batch(T0 + 60 * minute, power("m", 900.0), energy("m", 5e6 + 60_000.0 * minute))
        )
    book.flush()
    assert book.energy("m", T0, T0 + 2 * HOUR) == pytest.approx((7.2e6, 7200.0))
    assert book.energy("m", T0 + 600, T0 + 900) == pytest.approx((300_000.0, 300.0))
    assert book.energy("m", T0 - HOUR, T0) == (0.0, 0.0)
    book.close()


def test_restart_bridges_the_outage(tmp_path: Path) -> None:
    """After a restart the register's difference across the outage counts, and nothing twice."""
    clock = Clock()
    book = ledger(tmp_path, clock)
    for minute in range(30):
        book.accept(batch(T0 + 60 * minute, energy("m", 1000.0 * 60 * minute)))
    book.close()
    clock.now = T0 + 3 * HOUR
    book = ledger(tmp_path, clock)
    book.accept(batch(T0 + 29 * 60, energy("m", 1000.0 * 60 * 29)))
    book.accept(batch(T0 + 3 * HOUR, energy("m", 1000.0 * 3 * HOUR)))
    book.flush()
    assert book.energy("m", T0, T0 + 3 * HOUR) == pytest.approx((1000.0 * 3 * HOUR, 3 * HOUR))
    assert book.counts["duplicate"] == 1
    book.close()


def test_an_outage_longer_than_the_retention_is_bridged(tmp_path: Path) -> None:
    """A meter that was silent for ten days has all its energy, and the hour before it as well."""
    clock = Clock()
    book = ledger(tmp_path, clock)
    for minute in range(0, 91, 10):
        clock.now = T0 + 60 * minute
        book.accept(batch(clock.now, energy("m", 1000.0 * 60 * minute)))
    book.close()
    for day in (3, 5, 10):  # the upkeep of days on which nothing is heard
        clock.now = T0 + day * 86400.0
        book = ledger(tmp_path, clock)
        book.flush()
        book.close()
    book = ledger(tmp_path, clock)
    book.accept(batch(clock.now, energy("m", 1000.0 * 86400 * 10)))
    book.accept(batch(clock.now + 60, energy("m", 1000.0 * (86400 * 10 + 60))))
    book.flush()
    assert book.energy("m", T0, clock.now + 60) == pytest.approx(
        (1000.0 * (86400 * 10 + 60), 86400 * 10 + 60)
    )
    assert book.energy("m", T0, T0 + HOUR) == pytest.approx((1000.0 * HOUR, HOUR))
    book.close()


def test_hours_whose_readings_are_gone_lose_nothing(tmp_path: Path) -> None:
    """A reset register takes no energy from hours whose power readings are deleted."""
    clock = Clock()
    book = ledger(tmp_path, clock)
    for minute in range(301):
        book.accept(
            batch(
                T0 + 60 * minute,
                power("m", 1000.0),
                *([energy("m", 60_000.0 * minute)] if minute <= 10 else []),
            )
        )
    book.flush()
    for day in (3, 4):
        clock.now = T0 + day * 86400.0
        book.close()
        book = ledger(tmp_path, clock)
        book.flush()
    book.accept(batch(clock.now, energy("m", 5.0)))
    book.flush()
    assert book.counts["reset"] == 1
    assert book.energy("m", T0, T0 + 5 * HOUR) == pytest.approx((1000.0 * 5 * HOUR, 5 * HOUR))
    book.close()


def test_refused_readings_are_counted(tmp_path: Path) -> None:
    """Negative, impossible, repeated and late readings are rejected, each counted by reason."""
    clock = Clock(T0 + 60)
    book = ledger(tmp_path, clock, inventory(RATED))
    for one in (
        batch(T0, power("m", 100.0)),
        batch(T0, power("m", 100.0)),
        batch(T0 + 1, power("m", -1.0)),
        batch(T0 + 2, power("m", 1001.0)),
        batch(T0 - 72 * HOUR, power("m", 100.0)),
        batch(T0 + 3, power("m", float("nan"))),
    ):
        book.accept(one)
    book.flush()
    assert dict(book.counts) == {
        "taken": 1,
        "duplicate": 1,
        "negative": 2,
        "above_rating": 1,
        "late": 1,
    }
    book.close()


def test_register_events_are_counted_once(tmp_path: Path) -> None:
    """A wrap and a reset are counted once, and not again when their hour is computed again."""
    clock = Clock()
    book = ledger(tmp_path, clock, inventory(RATED))
    for minute, joules in enumerate((990_000.0, 5_000.0, 10_000.0, 2_000.0, 3_000.0)):
        book.accept(batch(T0 + 60 * minute, energy("m", joules)))
        book.flush()
    assert (book.counts["wrap"], book.counts["reset"]) == (1, 1)
    assert book.energy("m", T0, T0 + HOUR) == pytest.approx((15_000.0 + 5_000.0 + 1_000.0, 180.0))
    book.close()


def test_agent_s_own_counters(tmp_path: Path) -> None:
    """The ledger's counts are in the agent's registry under the catalogue's names."""
    registry = CollectorRegistry()
    book = Ledger(tmp_path / "ledger.db", clock=Clock())
    registry.register(LedgerMetrics(book.counts))
    book.accept(batch(T0, power("m", 1.0), energy("m", -5.0)))
    book.flush()
    assert registry.get_sample_value("hubgauge_ledger_readings_total") == 1.0
    assert (
        registry.get_sample_value("hubgauge_ledger_rejected_readings_total", {"reason": "negative"})
        == 1.0
    )
    assert (
        registry.get_sample_value("hubgauge_ledger_register_events_total", {"event": "wrap"}) == 0.0
    )
    book.close()


def test_a_pdu_of_a_big_site_is_kept_once_a_slot(tmp_path: Path) -> None:
    """Of a PDU one reading in each slot is kept, and the energy is that of all."""
    clock = Clock()
    book = ledger(tmp_path, clock, settings=LedgerSettings(pdu_resolution=900))
    for second in range(0, 7201, 15):
        book.accept(
            batch(T0 + second, pdu_power("p", 500.0), pdu_energy("p", 400.0 * second), interval=15)
        )
    book.flush()
    assert book.energy("p", T0, T0 + 2 * HOUR) == pytest.approx((400.0 * 7200, 7200.0))
    assert book.counts["taken"] == 18
    book.close()


def test_export_is_a_meter_of_its_own(tmp_path: Path) -> None:
    """What a meter counts in the other direction is stored as a meter of its own."""
    book = ledger(tmp_path, Clock())
    book.accept(batch(T0, energy("m", 0.0), exported("m", 0.0)))
    book.accept(batch(T0 + 60, energy("m", 600.0), exported("m", 50.0)))
    book.flush()
    assert book.energy("m", T0, T0 + 60).joules == pytest.approx(600.0)
    assert {(m.name, m.kind, m.point) for m in book.queries.meters()} == {
        ("m", "meter", "utility"),
        ("m", "export", "export"),
    }
    book.close()


def test_accept_waits_for_nobody(tmp_path: Path) -> None:
    """While another process writes, readings are accepted at once and written afterwards."""
    book = ledger(tmp_path, Clock())
    other = sqlite3.connect(book.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    book.accept(batch(T0, power("m", 100.0)))
    writer = threading.Thread(target=book.flush)
    writer.start()
    book.accept(batch(T0 + 60, power("m", 100.0)))
    other.execute("ROLLBACK")
    other.close()
    writer.join(HANGS)
    assert not writer.is_alive()
    book.flush()
    assert book.energy("m", T0, T0 + 60) == pytest.approx((6000.0, 60.0))
    book.close()


def test_what_cannot_be_written_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While the file cannot be written, readings wait in memory and none is lost.

    One line says so, and one says that it works again.
    """
    book = ledger(tmp_path, Clock())
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        db.execute("ALTER TABLE reading RENAME TO gone")
    for second in (0, 30, 60):
        book.accept(batch(T0 + second, power("m", 100.0)))
        book.flush()
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        db.execute("ALTER TABLE gone RENAME TO reading")
    with caplog.at_level("INFO"):
        book.flush()
    assert book.energy("m", T0, T0 + 60) == pytest.approx((6000.0, 60.0))
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    book.close()


def test_a_damaged_file_is_moved_aside(tmp_path: Path) -> None:
    """A file that is no database is kept under another name, and an empty ledger is begun."""
    (tmp_path / "ledger.db").write_bytes(
        b"this is not a database at all, but long enough to look at" * 50
    )
    book = ledger(tmp_path, Clock())
    book.accept(batch(T0, power("m", 1.0)))
    book.close()
    assert [path.name.split("-")[0] for path in tmp_path.glob("*.damaged-*")] == [
        "ledger.db.damaged"
    ]


_CRASH = """
import os, sys
from pathlib import Path
from agent.ledger import writer as module
from collectors.base import HubgaugeError
from tests.support.ledger import T0, Clock, batch, energy, ledger
book = ledger(Path(sys.argv[1]), Clock())
for minute in range(10):
    if minute == 7:
        module.recompute = lambda *_, **__: os._exit(9)
    book.accept(batch(T0 + 60 * minute, energy("m", 60_000.0 * minute)))
    book.flush()
"""


def test_a_crash_in_the_middle_of_writing(tmp_path: Path) -> None:
    """A process that dies within a transaction leaves the ledger as it was before."""
    crashed = subprocess.run(
        [sys.executable, "-c", _CRASH, tmp_path], check=False, timeout=300, cwd=ROOT
    )
    assert crashed.returncode == 9
    book = ledger(tmp_path, Clock())
    assert book.energy("m", T0, T0 + HOUR) == pytest.approx((360_000.0, 360.0))
    book.accept(batch(T0 + 600, energy("m", 600_000.0)))
    book.flush()
    assert book.energy("m", T0, T0 + HOUR) == pytest.approx((600_000.0, 600.0))
    book.close()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A ledger that cannot be opened is one clear line."""
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(HubgaugeError, match=r"ledger\.db: cannot be used as ledger"):
        ledger(tmp_path, Clock())


def test_its_own_thread_writes(tmp_path: Path) -> None:
    """Once started, the ledger writes by itself, and close ends its thread."""
    book = ledger(tmp_path, Clock(), settings=LedgerSettings(flush_interval=0.02))
    book.start()
    book.accept(batch(T0, power("m", 1.0)))
    wait_for(lambda: book.counts["taken"] == 1)
    book.close()
    assert "ledger" not in {thread.name for thread in threading.enumerate() if thread.is_alive()}


def test_history_keeps_the_last_of_an_hour_and_later_of_a_day(tmp_path: Path) -> None:
    """Of one hour the last value stays, and after five weeks the last of each day."""
    clock = Clock(T0 + 60 * 86400)
    book = ledger(tmp_path, clock)
    for hour in range(48):
        book.add_history("pue", "guian", "s", T0 + hour * HOUR, 9.0)
        book.add_history("pue", "guian", "s", T0 + hour * HOUR + 60, 1.0 + hour / 100)
        book.add_history("pue", "guian", "s", T0 + hour * HOUR + 30, 8.0)
    assert book.history("pue", "guian", "s")[0] == (T0 + 60, 1.0)
    assert len(book.history("pue", "guian", "s")) == 48
    book.flush()
    assert len(book.history("pue", "guian", "s")) == 3
    assert book.history("pue", "guian", "s")[-1] == (T0 + 47 * HOUR + 60, 1.47)
    assert book.history("pue", "guian", "other") == []
    book.close()


def test_a_counter_never_falls(tmp_path: Path) -> None:
    """The largest value of a counter is remembered across restarts."""
    book = ledger(tmp_path, Clock())
    assert book.highest_total("s", "it", 5.0) == 5.0
    book.close()
    book = ledger(tmp_path, Clock())
    assert book.highest_total("s", "it", 4.0) == 5.0
    assert book.highest_total("s", "it", 6.5) == 6.5
    assert book.highest_total("s", "facility", 1.0) == 1.0
    book.close()


def test_readings_past_the_retention_are_let_go(tmp_path: Path) -> None:
    """Old readings are deleted, and the hours made of them stay."""
    clock = Clock()
    book = ledger(tmp_path, clock)
    for hour in range(24 * 6):
        for quarter in range(4):
            clock.now = T0 + hour * HOUR + quarter * 900
            book.accept(batch(clock.now, energy("m", 1000.0 * (clock.now - T0)), interval=900))
        book.flush()
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        kept = db.execute("SELECT count(*) FROM reading").fetchone()[0]
    assert 48 * 4 <= kept <= 52 * 4
    assert book.energy("m", T0, T0 + 140 * HOUR) == pytest.approx((1000.0 * 140 * HOUR, 140 * HOUR))
    book.close()
