from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS, HourCells
from agent.ledger.imports.put import put_imported
from agent.ledger.ledger import Ledger
from agent.ledger.store.blocks import BLOCK_MS, Block
from agent.ledger.store.database import Store
from agent.pue.pue import Pue
from tests.support.ledger import (
    HOUR,
    SITE,
    T0,
    Clock,
    batch,
    energy,
    import_hours,
    inventory,
    ledger,
)

STOCK = inventory(
    f"sites: [{{site: {SITE}}}]\n"
    "meters: [{meter: m, point: utility}, {meter: it, point: it_input}]"
)
START = round(T0 * 1000) // BLOCK_MS * BLOCK_MS
DAYS = 86400.0


def rows_of(book: Ledger) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        return {
            name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("hour", "cell", "block")
        }


def live(book: Ledger, clock: Clock, days: int, *, hole: range = range(0)) -> None:
    """Read a meter four times an hour; nothing is read in the hole."""
    for quarter in range(int(days * 96) + 1):
        clock.now = START / 1000 + 900.0 * quarter
        if quarter not in hole:
            joules = (
                1000.0 * 900 * quarter
                if quarter < (hole.start or 1 << 40)
                else 1000.0 * 900 * (quarter - len(hole))
            )
            fell = (
                5.0 + joules - (1000.0 * 900 * hole.start if hole and quarter >= hole.stop else 0.0)
            )
            book.accept(
                batch(
                    clock.now,
                    energy("m", fell),
                    energy("it", 0.8 * joules, "it_input"),
                    interval=900,
                )
            )
        if quarter % 24 == 0:
            book.flush()
    book.flush()


def test_a_block_is_what_it_was() -> None:
    """A block comes back from its bytes to the last bit, with missing and partly covered hours."""
    block = Block()
    for n in range(0, 720, 7):
        block.joules[n], block.covered[n] = 1e6 / (n + 3), HOUR_MS - n
    again = Block.unpack(block.pack())
    assert (again.joules, again.covered) == (block.joules, block.covered)


def test_hours_past_changing_are_packed_and_nobody_notices(tmp_path: Path) -> None:
    """After two months the first thirty days are one row for each meter.

    The hours, energies and exports stay the same.
    """
    clock = Clock()
    book = ledger(tmp_path, clock, STOCK)
    live(book, clock, 31, hole=range(500, 520))
    before = list(book.rows(SITE, START / 1000, clock.now))
    part = book.energy("m", START / 1000 + 1000.5, START / 1000 + 20 * DAYS + 77.0)
    assert rows_of(book)["block"] == 0
    for _ in range(3):
        clock.now += 2 * DAYS
        book.flush()
    found = rows_of(book)
    assert found["block"] == 2
    assert found["hour"] < 2 * 40
    assert list(book.rows(SITE, START / 1000, clock.now)) == before
    assert book.energy(
        "m", START / 1000 + 1000.5, START / 1000 + 20 * DAYS + 77.0
    ) == pytest.approx(part, rel=1e-9)
    with book.store.read() as tables:
        assert tables.hours.heard(START, START + HOUR_MS) == {1, 2}
        assert tables.hours.heard(START - 5 * HOUR_MS, START) == set()
    book.close()


def test_a_packed_past_can_be_corrected_and_summed_anew(tmp_path: Path) -> None:
    """A bill replaces packed hours, whole or in part, and the site's sums follow."""
    clock = Clock()
    book = ledger(tmp_path, clock, STOCK)
    live(book, clock, 31)
    clock.now += 4 * DAYS
    book.flush()
    pue = Pue(book, STOCK, clock=clock)
    while not pue.refresh():
        pass
    month = (START / 1000, START / 1000 + 20 * DAYS)
    assert pue.between(SITE, *month).pue == pytest.approx(1.25)
    half = HourCells([6e5] * 6 + [0.0] * 6, [300_000] * 6 + [0] * 6)
    changed = import_hours(
        book,
        SITE,
        "m",
        {START + HOUR_MS: 7.2e6, START + 2 * HOUR_MS: half, START + 3 * HOUR_MS: 3.6e6},
    )
    assert changed == {
        START + 2 * HOUR_MS: (pytest.approx(3.6e6), pytest.approx(5.4e6)),
        START + HOUR_MS: (pytest.approx(3.6e6), 7.2e6),
    }
    assert book.energy("m", START / 1000 + HOUR, START / 1000 + 3 * HOUR).joules == pytest.approx(
        7.2e6 + 3.6e6 + 1.8e6
    )
    while not pue.refresh():
        pass
    assert pue.between(SITE, *month).facility_joules == pytest.approx(
        20 * 24 * 3.6e6 + 3.6e6 + 1.8e6
    )
    pue.hours.sum_again(SITE, START, START + 3 * HOUR_MS)
    while not pue.refresh():
        pass
    assert pue.between(SITE, *month).facility_joules == pytest.approx(
        20 * 24 * 3.6e6 + 3.6e6 + 1.8e6
    )
    book.close()


def test_a_year_of_bills_is_packed_at_once(tmp_path: Path) -> None:
    """Old even hours go straight into blocks, and the same hours again change nothing."""
    clock = Clock(START / 1000 + 400 * DAYS)
    book = ledger(tmp_path, clock, STOCK)
    hours = dict.fromkeys(range(START, START + 399 * 24 * HOUR_MS, HOUR_MS), 3.6e6)
    assert len(import_hours(book, SITE, "m", hours)) == len(hours)
    assert import_hours(book, SITE, "m", hours) == {}
    found = rows_of(book)
    assert found["block"] == 13
    assert found["hour"] < 20 * 24
    assert book.energy("m", START / 1000, clock.now) == pytest.approx(
        (399 * 24 * 3.6e6, 399 * DAYS)
    )
    book.close()


def test_a_crash_while_packing_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If packing fails half way, every hour is where it was."""
    store = Store(tmp_path / "ledger.db")
    with store.transaction() as tables:
        put_imported(
            tables, 1, {START: HourCells.uniform(5.0), START + HOUR_MS: HourCells.uniform(6.0)}
        )

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError

    monkeypatch.setattr("agent.ledger.store.changes.ChangeTable.count", fail)
    with pytest.raises(sqlite3.OperationalError), store.transaction() as tables:
        tables.hour_ageing.pack(1, START // BLOCK_MS)
    with store.read() as tables:
        assert tables.hours.blocks.load(1, START // BLOCK_MS) is None
        found = tables.hours.load(1, [START, START + HOUR_MS])
    assert [hour.joules for hour in found.values()] == [5.0, 6.0]
    store.close()
