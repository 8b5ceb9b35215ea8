"""A ledger that takes batches as they come, with restarts, and what it keeps of them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.ledger.ledger import Ledger
from collectors.base import Batch
from tests.support.ledger import (
    HOUR,
    SITE,
    T0,
    Clock,
    batch,
    energy,
    inventory,
    ledger,
    power,
)

KWH = 3.6e6
STOCK = inventory(
    f"sites: [{{site: {SITE}}}]\n"
    "meters: [{meter: m, point: utility, rating_watts: 250000}, {meter: n, point: ups_output}]"
)


def shown(minute: float) -> float:
    """Return what a register of 120 kW shows."""
    return (15_513 + 2 * minute) * KWH


def live(
    folder: Path, batches: Sequence[Batch], *, restart_after: int = 0, flush_after: int = 1
) -> Ledger:
    """Take batches as they come, with a restart after every so many."""
    clock = Clock(T0)
    book = ledger(folder, clock, STOCK)
    for number, one in enumerate(batches, 1):
        clock.now = max(clock.now, one.time)
        book.accept(one)
        if number % flush_after == 0:
            book.flush()
        if restart_after and number % restart_after == 0:
            book.close()
            book = ledger(folder, clock, STOCK)
    book.flush()
    return book


def minutes(
    meter: str, value: Callable[[int], float], count: int, step: int = 1, watts: float | None = None
) -> list[Batch]:
    return [
        batch(
            T0 + 60 * minute,
            energy(meter, value(minute)),
            *([] if watts is None else [power(meter, watts)]),
            interval=60.0 * step,
        )
        for minute in range(0, count + 1, step)
    ]


def kept(book: Ledger) -> list[tuple[object, ...]]:
    """Return every hour and its cells: twelve energies and covered times, to the last bit."""
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        return db.execute(
            "SELECT h.hour, h.joules, h.covered, substr(c.data, 1, 144) FROM hour h"
            " LEFT JOIN cell c ON c.hour = h.hour AND c.meter = h.meter ORDER BY 1"
        ).fetchall()


def kwh_and_hours(book: Ledger, meter: str, hours: float) -> tuple[float, float]:
    found = book.energy(meter, T0, T0 + hours * HOUR)
    return found.joules / KWH, found.seconds / HOUR
