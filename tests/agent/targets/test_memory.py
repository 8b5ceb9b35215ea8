"""What was measured is remembered in the ledger, and targets are judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.inventory.model import Device, Inventory, Rack, Site
from agent.ledger.ledger import Ledger
from agent.targets.collector import TargetCollector
from collectors.catalogue import site
from tests.agent.targets.collecting import REGISTRY, Clock, holding, moment, of, racks


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A real ledger."""
    made = Ledger(tmp_path / "ledger.db")
    yield made
    made.close()


def guian(chips: int, clock: Clock, ledger: Ledger) -> TargetCollector:
    """Return the collector of a hub whose whole inventory lists some chips, as after a restart."""
    listed = Inventory(
        hub="guian",
        complete=True,
        sites={"a": Site(site="a")},
        racks={"A": Rack(rack="A", site="a", devices=(Device(node="n", accelerators=chips),))},
    )
    return TargetCollector(REGISTRY, holding(), "guian", clock, ledger, inventory=listed)


async def chips_state(collector: TargetCollector) -> str:
    """Run a round and return the state of the 200 000 chips."""
    states = of(list(await collector.collect()), site.TARGET_STATE)
    return next(
        values[4]
        for values, value in states.items()
        if values[1] == "guian-chips-200000" and value == 1
    )


async def test_history_is_remembered_and_judged_by(ledger: Ledger) -> None:
    """A goal reached by its deadline stays met, with less today and after a restart."""
    clock = Clock(moment("2024-12-20T12:00"))
    assert await chips_state(guian(200_000, clock, ledger)) == "met"
    clock.now = moment("2025-06-01T12:00")
    assert await chips_state(guian(150_000, clock, ledger)) == "met"


@pytest.mark.parametrize(("evening", "expected"), [(200_000, "met"), (199_999, "missed")])
async def test_the_last_hours_are_never_forgotten(
    evening: int, expected: str, tmp_path: Path
) -> None:
    """The deadline's evening decides, though the ledger keeps a later value of that day."""
    clock = Clock(0.0)
    ledger = Ledger(tmp_path / "ledger.db", clock=clock)
    for time, chips in (
        ("30T12:00", 150_000),
        ("31T07:30", 190_000),
        ("31T23:30", evening),
        ("31T23:59", evening),
    ):
        clock.now = moment(f"2024-12-{time}")
        await guian(chips, clock, ledger).collect()
    clock.now = moment("2025-01-01T07:30")  # still the same day in UTC
    await guian(250_000, clock, ledger).collect()
    clock.now = moment("2025-03-01T12:00")
    ledger.flush()
    assert [v for _, v in ledger.history("accelerators", "guian", "hub")] == [190_000, 250_000]
    assert await chips_state(guian(250_000, clock, ledger)) == expected
    ledger.close()


@pytest.mark.parametrize("time", ["31T22:30", "31T23:30"])
async def test_a_value_of_the_last_two_hours_stays(time: str, tmp_path: Path) -> None:
    """The last value before a deadline stays, though a later one of that day replaces it."""
    clock = Clock(moment(f"2024-12-{time}"))
    ledger = Ledger(tmp_path / "ledger.db", clock=clock)
    await guian(199_999, clock, ledger).collect()
    clock.now = moment("2025-01-01T07:30")  # still the same day in UTC
    await guian(250_000, clock, ledger).collect()
    clock.now = moment("2025-03-01T12:00")
    ledger.flush()
    assert await chips_state(guian(250_000, clock, ledger)) == "missed"
    ledger.close()


async def test_a_partial_count_is_never_remembered_as_a_whole_one(ledger: Ledger) -> None:
    """A part's count never becomes a missed goal once the inventory is complete."""
    clock = Clock(moment("2026-11-01T12:00"))
    part = TargetCollector(REGISTRY, holding(*racks(3)), "kunming", clock, ledger)
    await part.collect()
    assert ledger.history("racks_in_service", "kunming", "hub") == []
    assert [value for _, value in ledger.history("racks_in_service>=", "kunming", "hub")] == [3]
    clock.now += 86400
    whole = TargetCollector(REGISTRY, holding(*racks(5)), "kunming", clock, ledger, complete=True)
    await whole.collect()
    assert [value for _, value in ledger.history("racks_in_service", "kunming", "hub")] == [5]
    flags = {
        (item.at_least, item.value) for item in whole.evidence["kunming", "racks_in_service", "hub"]
    }
    assert flags == {(False, 5.0), (True, 3.0)}


async def test_interim_pue_is_not_remembered(ledger: Ledger) -> None:
    """The history of an annual KPI holds only values of nearly a whole year."""
    clock = Clock(moment("2026-11-01T12:00"))
    for coverage, length in ((0.5, 0), (0.95, 1)):
        readings = [
            (site.SITE_PUE.series("guian", "h", "3", "12mo"), 1.18),
            (site.SITE_PUE_COVERAGE.series("guian", "h", "12mo"), coverage),
            (site.SITE_WINDOW_ENERGY.series("guian", "h", "facility", "12mo"), 1180.0),
            (site.SITE_WINDOW_ENERGY.series("guian", "h", "it", "12mo"), 1000.0),
        ]
        collector = TargetCollector(
            REGISTRY, holding(*readings), "guian", clock, ledger, complete=True
        )
        await collector.collect()
        assert len(ledger.history("pue", "guian", "hub")) == length


async def test_the_ledger_is_asked_once_an_hour(ledger: Ledger) -> None:
    """Rounds within an hour neither write nor read; a clock set back does not stop them."""
    calls = []

    class Counting:
        def history(self, kpi: str, hub: str, scope: str) -> list[tuple[float, float]]:
            calls.append(kpi)
            return ledger.history(kpi, hub, scope)

        def add_history(self, *args: object) -> None:
            ledger.add_history(*args)

    clock = Clock(moment("2026-11-01T12:10"))
    collector = TargetCollector(REGISTRY, holding(*racks(3)), "kunming", clock, Counting())
    await collector.collect()
    first = len(calls)
    clock.now += 600
    await collector.collect()
    assert len(calls) == first
    clock.now = moment("2026-11-01T13:00")
    await collector.collect()
    assert len(calls) == 2 * first
    clock.now = moment("2016-11-01T13:00")
    await collector.collect()
    assert len(calls) == 3 * first


async def test_a_broken_history_costs_no_targets(ledger: Ledger) -> None:
    """When the ledger cannot be read, targets are judged by what is measured now."""
    ledger.close()
    collector = TargetCollector(
        REGISTRY,
        holding(*racks(3)),
        "kunming",
        Clock(moment("2026-11-01T12:10")),
        ledger,
        complete=True,
    )
    states = of(list(await collector.collect()), site.TARGET_STATE)
    assert states["kunming", "kunming-racks", "racks_in_service", "hub", "at_risk"] == 1
