"""A KPI's row gives one value, whether the agent reads it or the database computes it."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.hubs.model import WHOLE_HUB, Registry
from agent.inventory.model import Inventory, Site
from agent.snapshot import Snapshot
from agent.targets.kpis import MEASURES
from agent.targets.measured import measure
from collectors.base import Batch, Reading
from collectors.catalogue import node, rack, recorded, site
from dashboards import rule_files
from tests.support import binary

NOW = 1_795_000_000.0
CASES = 30
SITES = ("s1", "s2", "s3", "s4")
OLD_HALLS = ("s1", "s3")
HEAD = """
key: north
name: {en: North campus, zh: 北园区}
timezone: Asia/Shanghai
scopes:
  old-halls: {en: Old halls, zh: 老机房}
sources:
  report:
    publisher: {en: Annual report, zh: 年报}
    date: 2026-03-31
    about: {en: the year, zh: 年度}
facts:
"""
FACT = """
  - id: north-{id}
    kind: target
    kpi: {kpi}{labels}
    scope: old-halls
    op: ">="
    value: 1
    stated: 2026-03-31
    source: report
    text: {{en: A claim., zh: 一项陈述。}}
    open: {{en: Nothing., zh: 无。}}
    confidence: high
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A hub that states something on every KPI for a group of its sites."""
    narrowed = [
        ("round_trip", "\n    labels: {peer: Berlin}", "berlin"),
        ("accelerators", "\n    labels: {vendor: nvidia}", "nvidia"),
        ("accelerators", "\n    labels: {vendor: huawei}", "huawei"),
    ]
    plain = [(row.kpi, "", row.kpi.replace("_", "-")) for row in MEASURES]
    facts = "".join(
        FACT.format(kpi=kpi, labels=labels, id=name) for kpi, labels, name in plain + narrowed
    )
    folder = tmp_path_factory.mktemp("hubs")
    (folder / "north.yaml").write_text(HEAD + facts, "utf-8")
    return load_registry(folder)


def readings(chance: random.Random) -> list[Reading]:
    """Return what some sites report; numbers that a computer adds exactly, in any order."""
    found: list[Reading] = []
    for name in SITES[: chance.randint(1, 4)]:
        at = ("north", name)
        if chance.random() < 0.8:
            state = chance.choice(("in_service", "under_construction", "planned"))
            found.append((site.SITE_INFO.series(*at, state, name), 1.0))
        if chance.random() < 0.7:
            found += _racks(chance, at)
        if chance.random() < 0.6:
            found += _chips(chance, at)
        if chance.random() < 0.6:
            found += _energy(chance, at)
        if chance.random() < 0.5:
            found.append((site.SITE_CARBON.series(*at), float(chance.randint(0, 900))))
        for number in range(chance.randint(0, 2)):
            speed = float(chance.choice((100e9, 400e9)))
            found.append((site.LINK_SPEED.series(*at, "router", f"e{number}"), speed))
        for peer in chance.sample(("berlin", "Berlin-2", "paris"), chance.randint(0, 3)):
            for quantile in ("0.5", "0.99"):
                trip = chance.randint(1, 64) / 1024
                found.append((site.LINK_ROUND_TRIP.series(*at, peer, quantile), trip))
    return found


def _racks(chance: random.Random, at: tuple[str, str]) -> list[Reading]:
    states = [
        chance.choice(("in_service", "under_construction", "planned"))
        for _ in range(chance.randint(1, 5))
    ]
    found = [
        (rack.RACK_INFO.series(*at, "A", f"A{n}", state), 1.0) for n, state in enumerate(states)
    ]
    if "in_service" in states:
        share = chance.randint(0, 8) / 8
        found.append((site.SITE_OCCUPANCY.series(*at, "racks"), share))
        found.append((site.SITE_OCCUPANCY.series(*at, "power"), 1 - share))
    return found


def _chips(chance: random.Random, at: tuple[str, str]) -> list[Reading]:
    found: list[Reading] = []
    for number in range(chance.randint(1, 4)):
        chip = (*at, "A", "A0", "n1", str(number))
        vendor = chance.choice(("NVIDIA", "nvidia corp", "Huawei"))
        found.append((node.ACCELERATOR_INFO.series(*chip, vendor, "m", "u", "b"), 1.0))
        found.append((node.ACCELERATOR_PEAK.series(*chip, "fp16"), chance.choice((256e12, 512e12))))
        found.append((node.ACCELERATOR_PEAK.series(*chip, "fp32"), 1e12))
    return found


def _energy(chance: random.Random, at: tuple[str, str]) -> list[Reading]:
    it = float(chance.randint(100, 1000))
    facility = it + chance.randint(0, 900)
    found = [
        (site.SITE_WINDOW_ENERGY.series(*at, "facility", "12mo"), facility),
        (site.SITE_WINDOW_ENERGY.series(*at, "it", "12mo"), it),
        (site.SITE_WINDOW_ENERGY.series(*at, "facility", "1d"), 7.0),
        (site.SITE_WINDOW_ENERGY.series(*at, "it", "1d"), 3.0),
        (site.SITE_PUE_COVERAGE.series(*at, "12mo"), 1.0),
    ]
    if chance.random() < 0.8:
        found.append((site.SITE_PUE.series(*at, "2", "12mo"), facility / it))
        found.append((site.SITE_RENEWABLE.series(*at, "12mo"), chance.randint(0, 16) / 16))
    return found


def test_the_agent_and_the_database_read_the_same(registry: Registry, tmp_path: Path) -> None:
    """The rules record the value that the agent reads off the same series."""
    rule_files.write(tmp_path, registry)
    tests = []
    seen: set[tuple[str, str]] = set()
    inventory = Inventory(
        hub="north",
        sites={
            name: Site(site=name, scopes=("old-halls",) if name in OLD_HALLS else ())
            for name in SITES
        },
    )
    for number in range(CASES):
        given = readings(random.Random(number))
        snapshot = Snapshot()
        snapshot.update(
            Batch(collector="all", device="", time=NOW, lifetime=60.0, readings=tuple(given))
        )
        found = measure(registry, snapshot, "north", NOW, inventory=inventory)
        seen |= {(key.kpi, key.scope) for key in found}
        tests.append(_test(f"case {number}", given, found))
    asked = {fact.kpi.key for fact in registry.hubs["north"].facts}
    assert len(asked) == len(MEASURES) + 3
    assert seen >= {(key, "old-halls") for key in asked}, "every KPI has a value in some case"
    (tmp_path / "same.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests})
    )
    result = subprocess.run(
        [binary("promtool"), "test", "rules", "same.yml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def _test(name: str, given: list[Reading], found: dict[Any, Any]) -> dict[str, Any]:
    """Return promtool's test: the rules record what the agent found, and no more."""
    groups = [
        (site.SITE_SCOPE.series("north", place, "old-halls"), 1.0)
        for place in {series.label("site") for series, _ in given} & {*OLD_HALLS}
    ]
    samples = [
        {
            "labels": f'{recorded.KPI_VALUE}{{hub="north", kpi="{key.kpi}", scope="{key.scope}"}}',
            "value": evidence[0].value,
        }
        for key, evidence in found.items()
    ]
    # The agent does not say of a whole hub whether it is in service; the rule does.
    wanted = (
        f'{recorded.KPI_VALUE}{{hub="north"}} unless'
        f' {recorded.KPI_VALUE}{{kpi="in_service", scope="{WHOLE_HUB}"}}'
    )
    return {
        "name": name,
        "interval": "1m",
        "input_series": [
            {"series": series.prefix.rstrip(), "values": f"{value!r}x5"}
            for series, value in (*given, *groups)
        ],
        "promql_expr_test": [{"expr": wanted, "eval_time": "3m", "exp_samples": samples}],
    }
