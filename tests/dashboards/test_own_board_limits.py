"""Limits of an operator's own in the generated dashboards."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.cli import main
from collectors.catalogue.rack_limits import LimitedPlace, RackLimits, SiteLimits, sets_apart
from dashboards.panels.grafana import ref
from dashboards.promql import for_rule
from dashboards.signals.pue import PUE_BURN
from tests.dashboards.promtool import promtool

CONFIG = """
hub: guian
outputs: {http: {users_file: /not/on/this/machine}}
limits:
  inlet_recommended: 24
  failover_share: 0.75
  burn_rate: 2
  sites:
    s1:
      burn_rate: 1.2
      rows: {C: {inlet_recommended: 28}}
      racks: {quiet: {inlet_recommended: 30}, q2: {inlet_recommended: 30}}
    s2: {inlet_recommended: 26, inlet_allowable: 28}
    s3: {failover_share: 0.9}
"""
RACKS = {  # site, row, rack: °C at the inlet, the limits that hold there, how many it is above
    ("s1", "A", "a25"): (25, (24, 32), 1),
    ("s1", "A", "a24"): (24, (24, 32), 0),
    ("s1", "A", "a23"): (23, (24, 32), 0),
    ("s1", "C", "c27"): (27, (28, 32), 0),
    ("s1", "C", "c33"): (33, (28, 32), 2),
    ("s1", "A", "quiet"): (29, (30, 32), 0),
    ("s1", "C", "q2"): (31, (30, 32), 1),
    ("s2", "A", "a25"): (25, (26, 28), 0),
    ("s2", "C", "c29"): (29, (26, 28), 2),
    ("s3", "A", "a25"): (25, (24, 32), 1),
}
"""Worked out by hand from CONFIG: the rack's own limit, else its row's, its site's, the common."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dashboards of CONFIG."""
    folder = tmp_path_factory.mktemp("limits")
    config = folder / "hubgauge.yaml"
    config.write_text(CONFIG, "utf-8")
    out = folder / "out"
    assert main(["dashboards", "build", "--out", str(out), "--config", str(config)]) == 0
    return out


def panel(built: Path, board: str, title: str) -> dict[str, Any]:
    """Return the first panel of a title that has queries."""
    dashboard = json.loads((built / f"hubgauge-{board}.json").read_text("utf-8"))
    every = [one for top in dashboard["panels"] for one in (top, *top.get("panels", []))]
    return next(one for one in every if one["title"] == title and one.get("targets"))


def thresholds(found: dict[str, Any]) -> dict[str, tuple[float, ...]]:
    """Return the limits of each query of a panel, by its letter.

    A colour begins at the next number above its limit: Grafana's thresholds belong to what is above
    them, and what is equal to a limit keeps it.
    """

    def values(thresholds: dict[str, Any]) -> tuple[float, ...]:
        above = [step["value"] for step in thresholds["steps"] if step["value"] is not None]
        return tuple(math.nextafter(value, 0.0) for value in above)

    config = found["fieldConfig"]
    own = {
        one["matcher"]["options"]: values(one["properties"][0]["value"])
        for one in config["overrides"]
    }
    common = values(config["defaults"]["thresholds"])
    return {one["refId"]: own.get(one["refId"], common) for one in found["targets"]}


def asked(folder: Path, questions: dict[str, dict[str, float]]) -> None:
    """Ask Prometheus's own tool each question of RACKS' temperatures, and compare the answers."""
    series = [
        {
            "series": f'dc_rack_inlet_temperature_celsius{{hub="h",site="{site}",row="{row}",'
            f'rack="{rack}"}}',
            "values": f"{celsius}x20",
        }
        for (site, row, rack), (celsius, _, _) in RACKS.items()
    ]
    tests = [
        {
            "expr": expr,
            "eval_time": "10m",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in said.items()],
        }
        for expr, said in questions.items()
    ]
    content = {
        "rule_files": [],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": tests}],
    }
    (folder / "asked.yml").write_text(yaml.safe_dump(content), "utf-8")
    result = promtool(folder, "test", "rules", "asked.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def everywhere(expr: str) -> str:
    """Return a panel's query for all places."""
    for name in ("hub", "site", "row", "rack"):
        expr = expr.replace(f'=~"${name}"', '=~".*"')
    return expr


def labels(site: str, row: str, rack: str) -> str:
    """Return a rack's labels as promtool writes them."""
    return f'{{hub="h",site="{site}",row="{row}",rack="{rack}"}}'


@pytest.mark.parametrize(
    ("board", "title"), [("racks", "Warmest racks at the inlet"), ("rack", "Inlet temperature")]
)
def test_each_rack_has_the_colours_of_its_own_limits(
    built: Path, tmp_path: Path, board: str, title: str
) -> None:
    """Each rack is told by one query of the panel: the one whose thresholds are its limits."""
    found = panel(built, board, title)
    limits = thresholds(found)
    asked(
        tmp_path,
        {
            everywhere(one["expr"]): {
                labels(*place): celsius
                for place, (celsius, here, _) in RACKS.items()
                if here == limits[one["refId"]] and here_alone(place, one["expr"])
            }
            for one in found["targets"]
        },
    )
    assert {here for _, here, _ in RACKS.values()} == set(limits.values())


def here_alone(place: tuple[str, str, str], expr: str) -> bool:
    """Say whether a query names the rack's site, or leaves others out: two may have its limits."""
    site = place[0]
    named = f'site="{site}"' in expr
    return named or (f'site!="{site}"' not in expr and 'site!="' in expr)


def test_the_count_of_hot_racks_is_by_their_own_limits(built: Path, tmp_path: Path) -> None:
    """Racks above what is recommended where they stand: s1 has a25, c33 and q2, s2 c29, s3 a25."""
    (query,) = panel(built, "racks", "Hot racks")["targets"]
    counted = {"s1": 3, "s2": 1, "s3": 1}
    said = {f'{{hub="h",site="{site}"}}': number for site, number in counted.items()}
    asked(tmp_path, {everywhere(query["expr"]): said})


def test_the_table_says_what_its_colours_cannot(built: Path, tmp_path: Path) -> None:
    """A column of a table has one set of thresholds, so it has none, and words beside it."""
    found = panel(built, "racks", "Racks nearest to a limit")
    columns = {
        one["matcher"]["options"]: {each["id"]: each["value"] for each in one["properties"]}
        for one in found["fieldConfig"]["overrides"]
    }
    assert "thresholds" not in columns["Inlet"]
    words = columns["Inlet: limits"]["mappings"][0]["options"]
    assert [words[str(n)]["text"][0] for n in range(3)] == ["✓", "▲", "✗"]
    renamed = found["transformations"][1]["options"]["renameByName"]
    (letter,) = (key[-1] for key, name in renamed.items() if name == "Inlet: limits")
    (query,) = (one["expr"] for one in found["targets"] if one["refId"] == letter)
    asked(
        tmp_path,
        {everywhere(query): {labels(*place): above for place, (_, _, above) in RACKS.items()}},
    )


def test_panels_of_other_limits(built: Path) -> None:
    """Failover, breakers and the burning of a PUE's budget have the config's limits too."""
    for board, title in (
        ("racks", "Load if one feed is lost"),
        ("rack", "Load if one feed is lost"),
        ("site", "Load of breakers if their pair is lost"),
    ):
        found = panel(built, board, title)
        assert list(thresholds(found).values()) == [(0.75, 1.0), (0.9, 1.0)]
        first, second = (one["expr"] for one in found["targets"])
        assert 'site!="s3"' in first
        assert 'site="s3"' in second
        assert "75 %" in found["description"]
    assert list(thresholds(panel(built, "site", "PUE budget burn")).values()) == [
        (1.0, 2.0),
        (1.0, 1.2),
    ]
    assert "24 °C" in panel(built, "racks", "Hot racks")["description"]
    assert "ASHRAE" not in panel(built, "racks", "Hot racks")["description"]


@pytest.mark.parametrize(
    ("sites", "unexcused"),
    [(("s1",), ["s1"]), (("s4",), ["others"]), (("s1", "s4"), ["others", "s1"]), ((), [])],
)
def test_a_burn_that_is_missing_where_there_is_a_pue_is_not_excused(
    tmp_path: Path, sites: tuple[str, ...], unexcused: list[str]
) -> None:
    """The target is the hub's, without a site; a site of its own rate is told by its PUE."""
    limits = SiteLimits(burn_rate=2, site_burn_rates={"s1": 1.2})
    others, own = PUE_BURN.under(limits)
    series = [f'dc_site_pue_ratio{{hub="h",site="{site}",window="1h"}}' for site in sites] + [
        'dc_target_info{hub="h",target="t",kpi="pue",kind="promise"}'
    ]
    tests = []
    for name, part in (("others", others), ("s1", own)):
        assert part.may_be_empty is not None
        unless = for_rule(part.may_be_empty.unless)
        holds = {"labels": '{part="known"}', "value": 1}
        expr = f'label_replace(vector(1), "part", "known", "", "") and on () ({unless})'
        said = [holds] if name in unexcused else []
        tests.append({"expr": expr, "eval_time": "10m", "exp_samples": said})
    content = {
        "rule_files": [],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": one, "values": "1x20"} for one in series],
                "promql_expr_test": tests,
            }
        ],
    }
    (tmp_path / "asked.yml").write_text(yaml.safe_dump(content), "utf-8")
    result = promtool(tmp_path, "test", "rules", "asked.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_common_limits_alone_need_no_further_query(tmp_path: Path) -> None:
    """A config without places of their own changes thresholds, not how many queries there are."""
    config = tmp_path / "hubgauge.yaml"
    config.write_text("hub: guian\nlimits: {inlet_recommended: 25}\n", "utf-8")
    out = tmp_path / "out"
    assert main(["dashboards", "build", "--out", str(out), "--config", str(config)]) == 0
    assert thresholds(panel(out, "racks", "Warmest racks at the inlet")) == {"A": (25.0, 32.0)}
    (query,) = panel(out, "racks", "Hot racks")["targets"]
    assert "> bool 25" in query["expr"]
    assert "> bool 27" not in query["expr"]
    assert 'site!="' not in query["expr"]


def test_influx_has_a_query_for_each_limit(tmp_path: Path) -> None:
    """Queries by place need no sets, which InfluxQL lacks: no panel is left out for its limits."""
    config = tmp_path / "hubgauge.yaml"
    config.write_text(CONFIG, "utf-8")
    out = tmp_path / "out"
    words = ["dashboards", "build", "--datasource", "influxql", "--out", str(out)]
    assert main([*words, "--config", str(config)]) == 0
    found = panel(out, "racks", "Warmest racks at the inlet")
    assert set(thresholds(found).values()) == {here for _, here, _ in RACKS.values()}


def test_a_rack_that_may_be_in_several_rows() -> None:
    """A rack that states one limit has the other from its row: 33 in row C, 31 in any other."""
    common = RackLimits(inlet_recommended_celsius=24, inlet_allowable_celsius=31)
    row = RackLimits(inlet_recommended_celsius=24, inlet_allowable_celsius=33)
    rack = RackLimits(inlet_recommended_celsius=22, inlet_allowable_celsius=31)
    both = RackLimits(inlet_recommended_celsius=22, inlet_allowable_celsius=33)
    limits = SiteLimits(
        common=common,
        places={
            LimitedPlace(site="a"): common,
            LimitedPlace(site="a", row="C"): row,
            LimitedPlace(site="a", rack="r"): rack,
            LimitedPlace(site="a", row="C", rack="r"): both,
        },
    )
    parts = {",".join(map(str, place)): own for place, own in sets_apart(limits, lambda one: one)}
    assert parts == {
        'site!="a"': common,
        'site="a",rack!="r",row!="C"': common,
        'site="a",rack!="r",row="C"': row,
        'site="a",rack="r",row!="C"': rack,
        'site="a",rack="r",row="C"': both,
    }
    warm = sets_apart(limits, lambda one: one.inlet_recommended_celsius)
    assert [",".join(map(str, place)) for place, _ in warm] == [
        'site!="a"',
        'site="a",rack!="r"',
        'site="a",rack="r"',
    ]


def test_letters_of_many_queries() -> None:
    """Behind Z come two letters, as in a spreadsheet."""
    assert [ref(n) for n in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]
