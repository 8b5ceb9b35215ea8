"""The order in which readings come, their repetition and their portions change no sum."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from collectors.base import Batch
from tests.support import light_folder
from tests.support.ledger import (
    HOUR,
    T0,
    Clock,
    batch,
    energy,
    inventory,
    ledger,
    pdu_energy,
    power,
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
    with light_folder() as folder:
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
