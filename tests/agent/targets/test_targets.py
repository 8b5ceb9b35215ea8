"""The collector of targets: what it emits, what it remembers, what it judges."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
from pathlib import Path

from agent.hubs.loader import load_registry
from agent.inventory.model import Inventory, Site
from agent.targets.collector import METRICS, TargetCollector
from agent.targets.limits import upper_limits
from agent.targets.model import STATES
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json
from agent.web.exposition import render
from collectors.base import Batch
from collectors.catalogue import site
from tests.agent.targets.collecting import REGISTRY, Clock, collect, holding, moment, of, racks
from tests.support import binary


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
