"""Readings in parts: each is a source of its own, so that a change of one leaves the others."""

from __future__ import annotations

import math
from typing import Any

import pytest

from agent.racks.collector import RackCollector
from collectors.base import Batch, Reading
from collectors.batch import Parted
from tests.agent.fakes import VALUE, AsyncFake, make
from tests.support.ledger import Pages, inventory


class Rows(AsyncFake):
    """Gives a part for each row, and one reading beside them."""

    def __init__(self, rows: dict[str, list[Reading]]) -> None:
        super().__init__("rows", self._give)
        self.rows = rows

    @property
    def parts(self) -> list[str]:
        """The rows."""
        return list(self.rows)

    def _give(self) -> list[Any]:
        readings = Parted()
        for key, some in self.rows.items():
            readings.add_part(key, some)
        readings.append((VALUE.series("hub"), 7.0))
        return readings


def of(*names: str) -> list[Reading]:
    """Return a reading of each name."""
    return [(VALUE.series(name), float(len(name))) for name in names]


async def test_a_series_that_comes_changes_the_layout_of_its_part_only() -> None:
    """The batches of the other row and of the hub keep the very layout that they had."""
    batches: list[Batch] = []
    rows = Rows({"A": of("a1", "a2"), "B": of("b1")})
    runner, snapshot, _ = make(rows)
    runner.consumers.append(batches.append)
    await runner.run_once()
    first = {batch.collector: batch.layout for batch in batches}
    rows.rows["A"] = of("a1", "a2", "a3")
    batches.clear()
    await runner.run_once()
    second = {batch.collector: batch.layout for batch in batches}
    changed = {name for name, layout in second.items() if first[name] is not layout}
    assert changed == {f"{rows.name}:A"}
    names = {series.values[-1] for series in snapshot.family(VALUE)}
    assert names >= {"a1", "a2", "a3", "b1", "hub"}


async def test_what_cannot_be_is_counted_in_parts_as_elsewhere() -> None:
    """A value that is not finite is left out of its part; the others stay."""
    rows = Rows({"A": [*of("a1"), (VALUE.series("a2"), math.nan)], "B": of("b1")})
    runner, snapshot, registry = make(rows)
    await runner.run_once()
    assert VALUE.series("a2") not in snapshot.family(VALUE)
    assert VALUE.series("b1") in snapshot.family(VALUE)
    label = {"collector": rows.name, "reason": "not_finite"}
    assert registry.get_sample_value("hubgauge_collector_dropped_samples_total", label) == 1.0


async def test_a_part_that_a_reload_takes_away_is_gone() -> None:
    """Its series end at once; a row that is there before and after keeps its values."""
    before, after = Rows({"A": of("a1"), "B": of("b1")}), Rows({"B": of("b1")})
    runner, snapshot, _ = make()
    runner.add([before], derived=True)
    await runner.run_once()
    assert VALUE.series("a1") in snapshot.family(VALUE)
    await runner.replace([before], [after])
    assert VALUE.series("a1") not in snapshot.family(VALUE)
    assert VALUE.series("b1") in snapshot.family(VALUE)


def test_parts_stand_before_what_is_in_none() -> None:
    """A part that comes later would be taken for what stands in none."""
    readings = Parted()
    readings += of("hub")
    with pytest.raises(ValueError, match="parts stand first"):
        readings.add_part("A", of("a1"))


async def test_the_racks_of_each_row_are_a_part() -> None:
    """Rows of one name at two sites are two parts, and every part names its racks only."""
    text = "sites: [{site: one}, {site: two}]\nracks:\n"
    for site in ("one", "two"):
        for name in ("A1", "B1", "A2"):
            text += f"- {{rack: {site}-{name}, site: {site}, row: {name[0]}, height_units: 42}}\n"
    collector = RackCollector(inventory(text), Pages(), "guian")
    readings = await collector.collect()
    assert isinstance(readings, Parted)
    found = {key: {series.label("rack") for series, _ in some} for key, some in readings.parts()}
    assert found == {
        "one/A": {"one-A1", "one-A2"},
        "one/B": {"one-B1"},
        "two/A": {"two-A1", "two-A2"},
        "two/B": {"two-B1"},
    }
    assert list(collector.parts) == list(found)
