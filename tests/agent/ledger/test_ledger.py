"""What a ledger tells of the energy of its meters: across outages, of export, of history."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from agent.ledger.settings import LedgerSettings
from tests.support.ledger import (
    HOUR,
    T0,
    Clock,
    batch,
    energy,
    exported,
    ledger,
    pdu_energy,
    pdu_power,
    power,
)


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
