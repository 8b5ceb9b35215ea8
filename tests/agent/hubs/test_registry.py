"""The packaged registry holds every stated fact, with its provenance, in both languages."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.agent.hubs.packaged import FACTS, REGISTRY


def _register() -> list[tuple[object, ...]]:
    """Read the thirty rows, as they were copied from the sources by hand."""
    with Path(__file__).with_name("register.csv").open(encoding="utf-8", newline="") as file:
        return [
            (
                int(row["number"]),
                *(row[key] for key in ("hub", "kind", "kpi", "scope", "op")),
                float(row["base_value"]) if row["base_value"] else None,
                row["unit"],
                row["over"] == "over",
                *(row[key] for key in ("deadline", "stated", "publisher", "published")),
            )
            for row in csv.DictReader(file)
        ]


REGISTER = _register()


@pytest.mark.parametrize("row", REGISTER, ids=lambda row: f"{row[0]}-{row[3]}-{row[2]}")
def test_register_row(row: tuple[object, ...]) -> None:
    """Each row of the register is in the registry, with its figure, dates and publisher."""
    number, hub, kind, kpi, scope, op, value, unit, over, deadline, stated, publisher, published = (
        row
    )
    found = [f for f in FACTS if (f.number, f.hub, f.kind, f.kpi.key) == (number, hub, kind, kpi)]
    assert len(found) == 1
    (fact,) = found
    assert (fact.scope, fact.unit, fact.at_least) == (scope, unit, over)
    assert fact.value == (None if value is None else pytest.approx(value, rel=1e-12))
    assert kind == "observation" or fact.op == op
    assert (fact.deadline.text if fact.deadline else "") == deadline
    assert (fact.stated.text, fact.source.date.text) == (stated, published)
    assert str(publisher) in fact.source.publisher.en


def test_nothing_but_the_register() -> None:
    """All thirty rows are there and nothing beside them."""
    assert {fact.number for fact in FACTS} == set(range(1, 31))
    assert len(FACTS) == len(REGISTER)


def test_hubs() -> None:
    """The five hubs are a tree, keep Shanghai time and have both names."""
    names = {key: (hub.name.zh, hub.parent, hub.timezone) for key, hub in REGISTRY.hubs.items()}
    assert names == {
        "national": ("全国一体化算力网", "", "Asia/Shanghai"),
        "guizhou": ("贵州", "national", "Asia/Shanghai"),
        "guian": ("贵阳贵安", "guizhou", "Asia/Shanghai"),
        "kunming": ("昆明", "national", "Asia/Shanghai"),
        "liangya": ("两亚国际智算中心", "kunming", "Asia/Shanghai"),
    }
    kunming, guian = REGISTRY.hubs["kunming"], REGISTRY.hubs["guian"]
    assert (kunming.latitude, kunming.longitude) == (25.04, 102.72)
    assert (guian.latitude, guian.longitude) == (26.4, 106.6)
    order = list(REGISTRY.hubs)
    assert all(
        hub.parent == "" or order.index(hub.parent) < order.index(key)
        for key, hub in REGISTRY.hubs.items()
    )
