"""The collector of targets: what it emits, what it remembers, what it judges."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from agent.inventory.model import Device, Inventory, Rack, Site
from agent.ledger.ledger import Ledger
from agent.snapshot import Snapshot
from agent.targets.collector import METRICS, TargetCollector
from agent.targets.limits import upper_limits
from agent.targets.model import STATES
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json
from agent.web.exposition import render
from collectors.base import Batch, Collector, Metric, Reading
from collectors.catalogue import rack, site
from tests.support import binary

REGISTRY = load_registry()


def moment(text: str) -> float:
    """Return a moment in Shanghai."""
    return dt.datetime.fromisoformat(text + "+08:00").timestamp()


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A real ledger."""
    made = Ledger(tmp_path / "ledger.db")
    yield made
    made.close()


def holding(*readings: Reading) -> Snapshot:
    """Return a snapshot that holds these readings."""
    snapshot = Snapshot()
    snapshot.update(Batch(collector="test", device="", time=0.0, lifetime=1e9, readings=readings))
    return snapshot


def racks(count: int) -> list[Reading]:
    """Return racks of Kunming in service."""
    return [
        (rack.RACK_INFO.series("kunming", "a", "A", f"A{n}", "in_service"), 1.0)
        for n in range(count)
    ]


def of(readings: list[Reading], metric: Metric) -> dict[tuple[str, ...], float]:
    """Return one metric's readings by label values."""
    return {series.values: value for series, value in readings if series.metric is metric}


async def collect(hub: str, now: float, *readings: Reading, **options: object) -> list[Reading]:
    """Run one round."""
    collector = TargetCollector(REGISTRY, holding(*readings), hub, Clock(now), **options)
    assert isinstance(collector, Collector)
    return list(await collector.collect())


async def test_what_kunming_emits() -> None:
    """A hub's agent emits its own targets and those of the hubs above it, no others."""
    found = await collect("kunming", moment("2026-11-22T12:00"), *racks(3))
    targets = {series.values[0] for series, _ in found if "target" in series.labels}
    assert targets == {"kunming", "national"}
    assert (
        of(found, site.TARGET_VALUE)["kunming", "kunming-racks", "racks_in_service", "hub", ">="]
        == 27584
    )
    assert (
        of(found, site.OBSERVATION_VALUE)[
            "kunming", "kunming-racks", "racks_in_service", "hub", "2024-05-14"
        ]
        == 27584
    )
    assert of(found, site.KPI_VALUE) == {
        ("kunming", "racks_in_service", "hub"): 3,
        ("kunming", "racks_under_construction", "hub"): 0,
    }
    due = of(found, site.TARGET_DEADLINE)
    assert due == {
        ("national", "national-system", "national_system_formed", "hub"): moment("2026-01-01T00:00")
    }
    info = [values for values in of(found, site.TARGET_INFO) if values[1] == "kunming-racks"]
    assert info == [
        (
            "kunming",
            "kunming-racks",
            "racks_in_service",
            "hub",
            "both",
            "People's Daily Online, Yunnan Channel, 2024-05-14",
            "2024-05-14",
        )
    ]


async def test_state_is_a_state_set() -> None:
    """Every fact has all seven states, one of them 1."""
    states = of(await collect("kunming", moment("2026-11-22T12:00"), *racks(3)), site.TARGET_STATE)
    targets = {values[1] for values in states}
    assert len(targets) == 9 + 3
    for target in targets:
        own = {values[4]: value for values, value in states.items() if values[1] == target}
        assert set(own) == set(STATES)
        assert sorted(own.values()) == [0.0] * 6 + [1.0]


async def test_a_rising_target_has_no_value_but_a_state() -> None:
    """A direction has no limit to draw."""
    found = await collect("guian", moment("2026-11-22T12:00"))
    assert not [
        values for values in of(found, site.TARGET_VALUE) if values[1] == "guian-huawei-npus"
    ]
    assert (
        of(found, site.TARGET_STATE)[
            "guian", "guian-huawei-npus", "accelerators_huawei", "huawei", "unknown"
        ]
        == 1
    )


async def test_a_deadline_is_the_end_of_the_later_day() -> None:
    """A deadline's series is the end of its last day, in the hub's own time."""
    due = of(await collect("guian", moment("2026-11-22T12:00")), site.TARGET_DEADLINE)
    # 2027-06-14T24:00 in Shanghai is 16:00 UTC of that day.
    end = dt.datetime(2027, 6, 14, 16, tzinfo=dt.UTC).timestamp()
    assert due["guian", "guian-huawei-pue", "pue", "huawei"] == end


async def test_no_series_twice() -> None:
    """One round yields each series once, of declared metrics only."""
    found = await collect("guian", moment("2026-11-22T12:00"))
    assert len({series for series, _ in found}) == len(found)
    assert {series.metric for series, _ in found} <= set(METRICS)


async def test_not_before_it_was_published() -> None:
    """An agent whose clock is in June 2024 does not know what was published in October."""
    found = await collect("liangya", moment("2024-06-30T12:00"))
    targets = {series.values[0] for series, _ in found if "target" in series.labels}
    assert targets == {"kunming", "national"}


def test_page_passes_promtool(tmp_path: Path) -> None:
    """The page of a hub's targets is one Prometheus takes without complaint."""
    snapshot = holding(*racks(3))
    collector = TargetCollector(REGISTRY, snapshot, "kunming", Clock(moment("2026-11-22T12:00")))
    readings = list(asyncio.run(collector.collect()))
    snapshot.update(
        Batch(collector="targets", device="", time=0.0, lifetime=1e9, readings=readings)
    )
    page = tmp_path / "page"
    page.write_text("".join(render(snapshot)))
    with page.open() as text:
        done = subprocess.run(
            [binary("promtool"), "check", "metrics"],
            stdin=text,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


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


async def test_page_and_series_agree() -> None:
    """The scoreboard of the collector's evidence says of every target what its series say."""
    now = moment("2026-11-22T12:00")
    collector = TargetCollector(
        REGISTRY, holding(*racks(27_584)), "kunming", Clock(now), complete=True
    )
    series = of(list(await collector.collect()), site.TARGET_STATE)
    board = board_json(scoreboard(REGISTRY, collector.evidence, now, ["kunming", "national"]))
    for hub in board:
        for row in hub["targets"]:
            assert series[hub["hub"], row["id"], row["kpi"], row["scope"], row["state"]] == 1
    assert (
        next(row for row in board[1]["targets"] if row["id"] == "kunming-racks")["state"] == "met"
    )


def test_pue_limits_of_sites() -> None:
    """A limit stated for one centre is that of its sites, and of no other."""
    listed = Inventory(
        hub="guian", sites={"h": Site(site="h", scopes=("huawei",)), "t": Site(site="t")}
    )
    assert upper_limits(REGISTRY, "guian", listed) == {"h": 1.2}
    assert upper_limits(REGISTRY, "kunming", listed) == {}


def test_of_two_limits_the_stricter_one_is_told(tmp_path: Path) -> None:
    """A site of a group has the lower of the hub's limit and the group's."""
    fact = """
  - id: north-{id}
    kind: {kind}
    kpi: pue
    scope: {scope}
    op: "<="
    value: {value}
    stated: 2026-03-31
    source: report
    text: {{en: A claim., zh: 一项陈述。}}
    open: {{en: Nothing., zh: 无。}}
    confidence: high
"""
    stated = (("a", "target", "old", 1.4), ("b", "target", "hub", 1.5), ("c", "target", "new", 1.6))
    (tmp_path / "north.yaml").write_text(
        "key: north\nname: {en: North, zh: 北}\ntimezone: Asia/Shanghai\n"
        "scopes:\n  old: {en: Old, zh: 旧}\n  new: {en: New, zh: 新}\n"
        "sources:\n  report:\n    publisher: {en: A, zh: 甲}\n    date: 2026-03-31\n"
        "    about: {en: a, zh: 甲}\nfacts:"
        + "".join(fact.format(id=i, kind=k, scope=s, value=v) for i, k, s, v in stated),
        "utf-8",
    )
    listed = Inventory(
        hub="north",
        sites={
            "o": Site(site="o", scopes=("old",)),
            "n": Site(site="n", scopes=("new",)),
            "other": Site(site="other"),
        },
    )
    found = upper_limits(load_registry(tmp_path), "north", listed)
    assert found == {"o": 1.4, "n": 1.5, "other": 1.5}
