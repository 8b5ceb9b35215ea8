"""Imported hours over what the ledger has, and what is learned of registers and exports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.ledger.energy import CELL_MS, HOUR_MS, HourCells
from agent.ledger.exports import TwoWayHour, exported
from agent.ledger.imports.put import put_imported
from agent.ledger.register_steps import Register, Step
from agent.ledger.store.blocks import BLOCK_MS
from agent.ledger.store.database import Store

HALF = HourCells([2e5] * 6 + [0.0] * 6, [CELL_MS] * 6 + [0] * 6)
"""Half an hour of 1.2 MJ."""
START = 100 * BLOCK_MS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "ledger.db")
    yield made
    made.close()


def test_half_an_hour_with_the_energy_of_the_whole(store: Store) -> None:
    """Half an hour of 1.2 MJ over an even hour of 1.2 MJ makes 1.2 + 0.6 MJ."""
    sealed = START + HOUR_MS
    with store.transaction() as tables:
        put_imported(tables, 1, {START: 1.2e6}, sealed_before=sealed)
        changed = put_imported(tables, 1, {START: HALF}, sealed_before=sealed)
    assert changed == {START: (pytest.approx(1.2e6), pytest.approx(1.8e6))}


def test_an_old_hour_that_is_not_even_keeps_its_cells(store: Store) -> None:
    """Only of an old hour that is even are the cells dropped."""
    with store.transaction() as tables:
        put_imported(tables, 1, {START: HALF}, sealed_before=START + HOUR_MS)
        assert tables.hours.load(1, [START])[START].cells().joules == HALF.joules


def test_hours_that_may_change_are_not_packed(store: Store) -> None:
    """Of a block that is sealed in part nothing is packed; of one that is sealed, everything."""
    hours = {START + n * HOUR_MS: 3.6e6 for n in range(-2, 2)}
    with store.transaction() as tables:
        put_imported(tables, 1, hours, sealed_before=START + 2 * HOUR_MS, packs=True)
        assert tables.hour_ageing.oldest_unpacked(START + 9 * HOUR_MS) == START // BLOCK_MS
        block = tables.hours.blocks.load(1, START // BLOCK_MS - 1)
        assert block is not None
        assert sum(covered > 0 for covered in block.covered) == 2
        assert tables.hours.blocks.load(1, START // BLOCK_MS) is None


def test_who_was_heard_in_a_packed_hour(store: Store) -> None:
    """A meter with one packed hour was heard in that hour, and not in those beside it."""
    hour = START + 5 * HOUR_MS
    with store.transaction() as tables:
        put_imported(tables, 1, {hour: 3.6e6}, sealed_before=START + BLOCK_MS, packs=True)
        assert tables.hours.blocks.load(1, START // BLOCK_MS) is not None
        assert tables.hours.heard(hour, hour + HOUR_MS) == {1}
        assert tables.hours.heard(hour - HOUR_MS, hour) == set()
        assert tables.hours.heard(hour + HOUR_MS, hour + 2 * HOUR_MS) == set()


def test_sold_energy_needs_the_bought() -> None:
    """Where a meter's bought energy is covered for half an hour, so is what it sold."""
    sold = HourCells.uniform(1200.0)
    found = exported(0, [TwoWayHour(first_read=0, bought=HALF, sold=sold)], HALF)
    assert found is not None
    assert found.covered == HALF.covered
    assert found.total == pytest.approx(1200.0)


@pytest.mark.parametrize(
    ("first_read", "is_metered"), [(None, False), (0, True), (HOUR_MS - 1, True), (HOUR_MS, False)]
)
def test_from_the_first_reading_on(first_read: int | None, is_metered: bool) -> None:
    """An hour is metered if the export register was first read before its end."""
    full = HourCells.uniform(1200.0)
    meter = TwoWayHour(first_read=first_read, bought=full, sold=full)
    assert (exported(0, [meter], full) is not None) == is_metered


def test_a_register_is_learned_again(store: Store) -> None:
    """A finer step and an earlier reading replace what was stored.

    The same again changes nothing.
    """
    first, second = Step(), Step()
    for value in (0.0, 600.0):
        first.learn(value)
    for value in (0.0, 400.0):
        second.learn(value)
    with store.transaction() as tables:
        tables.registers.learn(7, first, 2000)
        assert tables.registers.all() == {7: Register(600, 2000)}
        tables.registers.learn(7, second, 1000)
        assert tables.registers.all() == {7: Register(200, 1000)}
        number = tables.changes.number("register")
        tables.registers.learn(7, second, 3000)
        assert (tables.registers.first_read(7), tables.changes.number("register")) == (1000, number)
        assert tables.registers.first_read(8) is None


@pytest.mark.parametrize(("moves", "step"), [(59, 20_000), (60, 360_000)])
def test_a_step_replaces_the_stored_one_after_sixty_differences(moves: int, step: int) -> None:
    """Before that, the step is what 100 000 and 360 000 J have in common: 20 000 J."""
    seen = Step()
    for n in range(moves):
        seen.learn(360_000.0 * n)
    seen.learn(360_000.0 * (moves + 1))
    assert Register.learned(Register(100_000, 5), seen, 9) == Register(step, 5)
    assert Register.learned(Register(100_000, 9), seen, 5).since == 5


def test_rises_that_are_all_alike_replace_no_finer_step() -> None:
    """60 refreshes of 7 kWh each, at a constant load, of a register that counts each Wh."""
    seen = Step()
    for n in range(61):
        seen.learn(7 * 3.6e6 * n)
    assert Register.learned(Register(3600, 5), seen, 9) == Register(3600, 5)
    seen.learn(7 * 3.6e6 * 60)  # it stands still
    assert Register.learned(Register(3600, 5), seen, 9) == Register(3600, 5)
    seen.learn(7 * 3.6e6 * 62)
    assert Register.learned(Register(3600, 5), seen, 9) == Register(25_200_000, 5)
