"""A KPI's row gives one value, whether the agent reads it or the database computes it: also where
sites fall silent, where two gateways tell of one site, and where a part of the sites is listed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.hubs.model import WHOLE_HUB, Registry
from agent.inventory.model import Inventory
from agent.snapshot import Snapshot
from agent.targets.kpis import MEASURES
from agent.targets.kpis import measured as kpi_rows
from agent.targets.measured import measure
from agent.targets.model import Evidence, Key
from collectors.base import Batch
from collectors.catalogue import recorded, site
from dashboards import rule_files
from tests.dashboards.promtool import promtool
from tests.dashboards.told_sites import IN_SERVICE, OLD_HALLS, SITES, Told, told_by_sites

NOW = 1_795_000_000.0
CASES = 30
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


GONE_AFTER = 4
"""Minutes: then the sites that fall silent are gone."""
OF_SITES = (
    "pue|renewable_energy_factor|carbon"
    "|energy_reuse_factor|carbon_usage_effectiveness|water_usage_effectiveness"
)
"""KPIs of which an agent knows by its inventory which sites they need."""


def test_the_agent_and_the_database_read_the_same(registry: Registry, tmp_path: Path) -> None:
    """The rules record value, coverage and bound that the agent reads off the same series."""
    rule_files.write(tmp_path, registry)
    rows = kpi_rows(registry.kpis.values())
    needing = "|".join(key for key, row in rows.items() if row.needs)
    tests = []
    seen: set[tuple[str, str]] = set()
    withdrawn = 0
    for number in range(CASES):
        chance = random.Random(number)
        told = told_by_sites(chance)
        found = read(registry, told)
        seen |= {(key.kpi, key.scope) for key in found}
        # The agent does not say of a whole hub whether it is in service; the rule does.
        whole = f'{recorded.KPI_VALUE}{{kpi="in_service",scope="{WHOLE_HUB}"}}'
        asked = [
            _asked("3m", f"{recorded.KPI_VALUE} unless {whole}", _values(found)),
            _asked("3m", f"{recorded.KPI_COVERAGE} and {recorded.KPI_VALUE}", _coverages(found)),
            _asked(
                "3m",
                f'{recorded.KPI_BOUND}{{kpi=~"{needing}"}} and {recorded.KPI_VALUE}',
                _bounds({key: item for key, item in found.items() if rows[key.kpi].needs}),
            ),
        ]
        gone = chance.sample(SITES, chance.randint(0, 2))
        left = {
            key: item
            for key, item in read(registry, told, gone).items()
            if key.kpi in OF_SITES.split("|")
        }
        withdrawn += len(found.keys() - left.keys()) if gone else 0
        asked.append(_asked("8m", f'{recorded.KPI_VALUE}{{kpi=~"{OF_SITES}"}}', _values(left)))
        tests.append(_test(f"case {number}", told, gone, asked))
    stated = {fact.kpi.key for fact in registry.hubs["north"].facts}
    assert len(stated) == len(MEASURES) + 3
    assert seen >= {(key, "old-halls") for key in stated}, "every KPI has a value in some case"
    assert withdrawn > CASES // 3
    (tmp_path / "same.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests})
    )
    result = promtool(tmp_path, "test", "rules", "same.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def read(registry: Registry, told: Told, gone: Iterable[str] = ()) -> dict[Key, Evidence]:
    """Return what an agent reads, with the sites that are not gone."""
    snapshot = Snapshot()
    readings = tuple(told.of_one(gone))
    snapshot.update(Batch(collector="all", device="", time=NOW, lifetime=60.0, readings=readings))
    measured = measure(registry, snapshot, "north", NOW, inventory=_needing(told, gone))
    return {key: items[0] for key, items in measured.items()}


def _needing(told: Told, gone: Iterable[str]) -> Inventory:
    """Return the inventory of an agent that is left: a site that told its energy stays listed."""
    kept = {where for where, _ in told.energies}
    states = told.states | dict.fromkeys(kept & {*gone}, IN_SERVICE)
    return Told(states=states, listed=told.listed).inventory()


def _values(found: Mapping[Key, Evidence]) -> list[dict[str, Any]]:
    return [_sample(recorded.KPI_VALUE, key, item.value) for key, item in found.items()]


def _coverages(found: Mapping[Key, Evidence]) -> list[dict[str, Any]]:
    return [
        _sample(recorded.KPI_COVERAGE, key, item.coverage)
        for key, item in found.items()
        if item.coverage is not None
    ]


def _bounds(found: Mapping[Key, Evidence]) -> list[dict[str, Any]]:
    return [_sample(recorded.KPI_BOUND, key, float(item.at_least)) for key, item in found.items()]


def _sample(name: str, key: Key, value: float) -> dict[str, Any]:
    labels = f'{name}{{hub="{key.hub}", kpi="{key.kpi}", scope="{key.scope}"}}'
    return {"labels": labels, "value": value}


def _asked(at: str, expr: str, samples: list[dict[str, Any]]) -> dict[str, Any]:
    return {"expr": expr, "eval_time": at, "exp_samples": samples}


def _test(
    name: str, told: Told, gone: Sequence[str], asked: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return promtool's test: the rules record what the agent found, and no more."""
    series = [(one.prefix.rstrip(), value, one.label("site")) for one, value in told.counting]
    for (where, gateway), energies in told.energies.items():
        series += [
            (one.prefix.rstrip().replace("}", f',instance="{gateway}"}}'), value, where)
            for one, value in energies
        ]
    series += [
        (site.SITE_SCOPE.series("north", where, "old-halls").prefix.rstrip(), 1.0, where)
        for where in {where for *_, where in series} & {*OLD_HALLS}
    ]
    series.append((site.SITES_LISTED.series("north").prefix.rstrip(), float(told.listed), ""))
    return {
        "name": name,
        "interval": "1m",
        "input_series": [
            {
                "series": text,
                "values": f"{value!r}x{GONE_AFTER} stale" if where in gone else f"{value!r}x24",
            }
            for text, value, where in series
        ],
        "promql_expr_test": asked,
    }
