"""Which readings are taken, and which of those in one slot is kept."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from tests.support.ledger import (
    HOUR,
    T0,
    Clock,
    batch,
    energy,
    inventory,
    ledger,
    pdu_energy,
    pdu_power,
    power,
)

RATED = "sites: [{site: huawei-guian-1}]\nmeters: [{meter: m, point: utility, rating_watts: 1000}]"
FED = (
    "sites: [{site: huawei-guian-1}]\n"
    "racks: [{rack: A07, site: huawei-guian-1, feeds: {A: {pdu: p, capacity_watts: 7360}}}]"
)


def test_a_meter_may_show_its_rating(tmp_path: Path) -> None:
    """A power of exactly the rating is taken, one above it is rejected."""
    book = ledger(tmp_path, Clock(T0), inventory(RATED))
    book.accept(batch(T0, power("m", 1000.0)))
    book.accept(batch(T0 + 1, power("m", 1000.1)))
    book.flush()
    assert dict(book.counts) == {"taken": 1, "duplicate": 0, "above_rating": 1}
    book.close()


def test_a_pdu_may_show_twice_its_feed_s_capacity(tmp_path: Path) -> None:
    """A PDU without a rating on a feed of 7360 W may draw up to 14 720 W."""
    book = ledger(tmp_path, Clock(T0), inventory(FED))
    book.accept(batch(T0, pdu_power("p", 14_720.0)))
    book.accept(batch(T0 + 60, pdu_power("p", 14_721.0)))
    book.flush()
    assert (book.counts["taken"], book.counts["above_rating"]) == (1, 1)
    book.close()


def test_the_oldest_reading_that_may_come(tmp_path: Path) -> None:
    """48 hours ago, at the start of that hour, a reading is still taken; before it, it is late."""
    book = ledger(tmp_path, Clock(T0 + 1800))
    book.accept(batch(T0 - 48 * HOUR, power("m", 1.0)))
    book.accept(batch(T0 - 48 * HOUR - 0.001, power("m", 1.0)))
    book.flush()
    assert (book.counts["taken"], book.counts["late"]) == (1, 1)
    book.close()


def test_power_of_a_pdu_that_is_kept_once_a_slot(tmp_path: Path) -> None:
    """Power read every 15 s and kept every 15 minutes covers the whole time: 500 W over 2 h."""
    book = ledger(tmp_path, Clock(T0 + 2 * HOUR), settings=LedgerSettings(pdu_resolution=900))
    for second in range(0, 7201, 15):
        book.accept(batch(T0 + second, pdu_power("p", 500.0), interval=15))
    book.flush()
    assert book.energy("p", T0, T0 + 2 * HOUR) == pytest.approx((3.6e6, 7200.0))
    book.close()


def test_a_reload_of_the_inventory_is_no_silence(tmp_path: Path) -> None:
    """500 W over 2 h, kept every 15 minutes: a reload at 4000 s takes nothing of the 7200 s away.

    What was heard before the reload and after it is 15 s apart, so the time between is covered.
    """
    book = ledger(tmp_path, Clock(T0 + 2 * HOUR), settings=LedgerSettings(pdu_resolution=900))
    for second in range(0, 7201, 15):
        if second == 4005:
            book.inventory = inventory(FED)
        book.accept(batch(T0 + second, pdu_power("p", 500.0), interval=15))
    book.flush()
    assert book.energy("p", T0, T0 + 2 * HOUR) == pytest.approx((3.6e6, 7200.0))
    book.close()


@pytest.mark.parametrize("at_once", [True, False])
def test_of_a_slot_the_earliest_reading_is_kept(tmp_path: Path, at_once: bool) -> None:
    """An earlier reading that comes late takes the slot: 10 W from 10 s to 70 s are 600 J."""
    book = ledger(tmp_path, Clock(T0 + HOUR), settings=LedgerSettings(pdu_resolution=60))
    for second in (30, 10, 20, 70):
        book.accept(batch(T0 + second, pdu_energy("p", 10.0 * second), interval=15))
        if not at_once:
            book.flush()
    book.flush()
    assert book.energy("p", T0, T0 + HOUR) == pytest.approx((600.0, 60.0))
    book.close()


def test_what_is_pending_from_the_future_is_dropped(tmp_path: Path) -> None:
    """Readings that wait to be written are dropped if the clock was 200 s ahead when they came."""
    at = [T0, 200.0]
    book = Ledger(tmp_path / "ledger.db", clock=lambda: sum(at), monotonic=lambda: at[0])
    book.flush()
    book.accept(batch(sum(at), energy("m", 1e6)))
    at[0], at[1] = T0 + 60, 0.0
    book.accept(batch(sum(at), energy("m", 1e6 + 60.0)))
    book.flush()
    assert book.counts["clock"] == 1
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        assert db.execute("SELECT time FROM reading").fetchall() == [(round(T0 + 60) * 1000,)]
    book.close()
