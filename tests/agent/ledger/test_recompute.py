"""Which hours new readings change."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    power,
)

STOCK = inventory(f"sites: [{{site: {SITE}}}]\nmeters: [{{meter: m, point: utility}}]")
MS = 1000


def test_a_late_reading_deletes_no_imported_hour(tmp_path: Path) -> None:
    """Power that leaves a gap over an imported hour leaves the import as it is: 3.6 MJ."""
    book = ledger(tmp_path, Clock(T0 + 4 * HOUR), STOCK)
    import_hours(book, SITE, "m", {round(T0 + HOUR) * MS: 3.6e6})
    book.accept(batch(T0 + HOUR - 600, power("m", 100.0)))
    book.accept(batch(T0 + 2 * HOUR + 600, power("m", 100.0)))
    book.flush()
    assert book.energy("m", T0 + HOUR, T0 + 2 * HOUR) == pytest.approx((3.6e6, HOUR))
    book.close()


def test_the_longest_interval_of_new_readings_reaches_back(tmp_path: Path) -> None:
    """A reading of 5 minutes joins one ten minutes before, also if one of a minute comes with it.

    The hour before the new readings gets its last five minutes: 100 W for 300 s.
    """
    book = ledger(tmp_path, Clock(T0 + 2 * HOUR), STOCK)
    book.accept(batch(T0 + 3300, power("m", 100.0)))
    book.flush()
    book.accept(batch(T0 + 3900, power("m", 100.0), interval=300))
    book.accept(batch(T0 + 3960, power("m", 100.0)))
    book.flush()
    assert book.energy("m", T0, T0 + HOUR) == pytest.approx((30_000.0, 300.0))
    assert book.energy("m", T0 + HOUR, T0 + 2 * HOUR) == pytest.approx((36_000.0, 360.0))
    book.close()


def test_a_part_of_an_imported_hour(tmp_path: Path) -> None:
    """Half of an imported hour has half of its energy, although no reading tells of it."""
    book = ledger(tmp_path, Clock(T0 + 2 * HOUR), STOCK)
    import_hours(book, SITE, "m", {round(T0) * MS: 3.6e6})
    assert book.energy("m", T0, T0 + HOUR / 2) == pytest.approx((1.8e6, HOUR / 2))
    book.close()


def test_a_sealed_hour_changes_only_for_more_coverage(tmp_path: Path) -> None:
    """A late answer that covers no more of an old hour does not overwrite it.

    The hour has a register from its start to its end. Its readings are deleted after the retention,
    but the last two of them stay; they alone would cover a part of it.
    """
    clock = Clock()
    book = ledger(tmp_path, clock, STOCK)
    for minute in range(0, 61, 10):
        clock.now = T0 + 60 * minute
        book.accept(batch(clock.now, energy("m", 1000.0 * 60 * minute), interval=600))
    book.flush()
    for day in (3, 4):
        clock.now = T0 + day * 86400
        book.close()
        book = ledger(tmp_path, clock, STOCK)
        book.flush()
    book.accept(batch(clock.now, energy("m", 5.0), interval=600))
    book.flush()
    assert book.energy("m", T0, T0 + HOUR) == pytest.approx((1000.0 * HOUR, HOUR))
    book.close()
