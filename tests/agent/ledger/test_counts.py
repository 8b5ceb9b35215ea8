"""What the ledger counts: refused readings by reason, and events of registers, each once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent.ledger.ledger import Ledger
from agent.ledger.metrics import LedgerMetrics
from tests.support.ledger import (
    HOUR,
    T0,
    Clock,
    batch,
    energy,
    inventory,
    ledger,
    power,
)

RATED = (
    "sites: [{site: huawei-guian-1}]\n"
    "meters: [{meter: m, point: utility, rating_watts: 1000, wrap_joules: 1000000}]"
)


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


def test_what_a_finer_step_shows_is_counted(tmp_path: Path) -> None:
    """60 kW; a register of 5 kWh, so it seems, is stuck after 3 · 5 + 1 = 16 kWh of power.

    After 30 hours it moves by 4 kWh as well, so it counts single ones: after 3 · 1 + 1 = 4 kWh it
    was stuck. In the first hour it stood still for 14 kWh and then showed 5 of them.
    """
    clock = Clock()
    book = ledger(tmp_path, clock, inventory("sites: [{site: huawei-guian-1}]\n"))

    def shown(minute: int) -> float:
        if minute < 20:
            return minute // 5 * 5.0
        if minute < 1800:
            return max(15.0, minute // 5 * 5.0 - 10.0)
        return 1790.0 + (minute - 1800) // 4 * 4.0

    for minute in range(1860):
        clock.now = T0 + 60 * minute
        joules = 3.6e6 * shown(minute)
        book.accept(
            batch(clock.now, power("m", 60_000.0, "it_input"), energy("m", joules, "it_input"))
        )
        if minute in (1799, 1859):
            book.flush()
            assert book.counts["stuck"] == (minute > 1800)
    book.close()


def test_a_ledger_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody else has the file for himself, readings wait in memory and the metric is 0;
    with the next writing they are in the file, and it is 1 again.
    """
    monkeypatch.setattr("agent.ledger.store.database._WAIT_SECONDS", 0.1)
    registry = CollectorRegistry()
    book = Ledger(tmp_path / "ledger.db", clock=Clock())
    registry.register(LedgerMetrics(book.counts, book.is_healthy))
    assert registry.get_sample_value("hubgauge_ledger_healthy") == 1.0
    book.accept(batch(T0, power("m", 1.0)))
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    book.flush()
    assert registry.get_sample_value("hubgauge_ledger_healthy") == 0.0
    assert registry.get_sample_value("hubgauge_ledger_readings_total") == 0.0
    other.execute("ROLLBACK")
    other.close()
    book.flush()
    assert registry.get_sample_value("hubgauge_ledger_healthy") == 1.0
    assert registry.get_sample_value("hubgauge_ledger_readings_total") == 1.0
    book.close()


def test_agent_s_own_counters(tmp_path: Path) -> None:
    """The ledger's counts are in the agent's registry under the catalogue's names."""
    registry = CollectorRegistry()
    book = Ledger(tmp_path / "ledger.db", clock=Clock())
    registry.register(LedgerMetrics(book.counts, book.is_healthy))
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
