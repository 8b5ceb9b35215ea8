"""Where the tables of an unknown device are: entries, columns and rows."""

from __future__ import annotations

import itertools

from collectors.facility.snmp.entries import Entries

BRANCH = "1.3.6.1.4.1.59999.2.1"


def test_tables_beside_each_other_are_not_one_table() -> None:
    """Beneath a branch that ends in 1, tables of other sizes have their own columns and rows."""
    sizes = {10: (6, 3), 11: (4, 8), 12: (3, 1)}
    found: dict[str, object] = {
        f"{BRANCH}.{table}.1.{column}.{row}": 230
        for table, (columns, rows) in sizes.items()
        for column in range(1, columns + 1)
        for row in range(1, rows + 1)
    }
    entries = Entries(found)
    assert entries.column_of(f"{BRANCH}.10.1.2.3") == (f"{BRANCH}.10.1.2", "3")
    assert entries.column_of(f"{BRANCH}.11.1.4.8") == (f"{BRANCH}.11.1.4", "8")
    assert entries.column_of(f"{BRANCH}.12.1.3.1") == (f"{BRANCH}.12.1.3", "1")


def test_an_index_of_three_parts_is_one_row() -> None:
    """Every column has the rows unit.outlet.kind; an outlet that lacks a kind lacks it in each."""
    rows = [f"1.{outlet}.{kind}" for outlet, kind in itertools.product(range(1, 9), (1, 4, 5))]
    rows.remove("1.8.5")
    found: dict[str, object] = {
        f"{BRANCH}.{column}.{row}": 7 for column in (2, 3, 4) for row in rows
    }
    assert Entries(found).column_of(f"{BRANCH}.4.1.3.5") == (f"{BRANCH}.4", "1.3.5")


def test_a_column_has_numbers_or_texts() -> None:
    """Two tables of one size are told apart by a column with names."""
    found: dict[str, object] = {
        f"{BRANCH}.{table}.1.{column}.{row}": b"rack" if column == 2 else row
        for table in (1, 2)
        for column in (1, 2, 3)
        for row in (1, 2)
    }
    assert Entries(found).column_of(f"{BRANCH}.2.1.3.2") == (f"{BRANCH}.2.1.3", "2")


def test_a_scalar_has_no_row() -> None:
    """An object that ends in 0 and is in no table is its own column."""
    assert Entries({f"{BRANCH}.3.0": 1}).column_of(f"{BRANCH}.3.0") == (f"{BRANCH}.3.0", "")
