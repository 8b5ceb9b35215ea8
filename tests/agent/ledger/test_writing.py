"""The ledger and its file: who waits for whom, damage, crashes, and its own thread."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agent.ledger.settings import LedgerSettings
from collectors.base import HubgaugeError
from tests.support import HANGS, ROOT, wait_for
from tests.support.ledger import (
    HOUR,
    T0,
    Clock,
    batch,
    energy,
    ledger,
    power,
)


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


def test_what_the_ledger_itself_fails_on_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two readings are lost and counted, and it is unhealthy until the next reading is written."""
    book = ledger(tmp_path, Clock())
    for second in (0, 30):
        book.accept(batch(T0 + second, power("m", 100.0)))
    with monkeypatch.context() as broken:
        broken.setattr("agent.ledger.writer.recompute", _fail)
        with pytest.raises(ValueError, match="by itself"):
            book.flush()
    assert (book.counts["ledger_error"], book.counts["taken"]) == (2, 0)
    assert not book.is_healthy()
    book.flush()
    assert not book.is_healthy()  # nothing has come in that could be written
    for second in (60, 90):
        book.accept(batch(T0 + second, power("m", 100.0)))
    book.flush()
    assert book.is_healthy()
    assert (book.counts["ledger_error"], book.counts["taken"]) == (2, 2)
    assert book.energy("m", T0, T0 + 120) == pytest.approx((3000.0, 30.0))
    book.close()


def _fail(*_: object, **__: object) -> None:
    raise ValueError("fails by itself")


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
