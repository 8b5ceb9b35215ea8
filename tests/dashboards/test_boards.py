"""The dashboards' JSON."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from grafanalib import formatunits

from agent.hubs.loader import load_registry
from collectors.catalogue import recorded
from dashboards import panels
from dashboards.build import Built, build_all, write
from dashboards.language import LANGUAGES
from dashboards.panels import Maker, mended
from dashboards.promql import metric_names
from dashboards.signals import all_signals, rack_limits
from tests.dashboards.test_rules import declared
from tests.support import ROOT

CHINESE = re.compile(r"[\u3400-\u9fff]")
UIDS = {
    "hubgauge-overview",
    "hubgauge-site",
    "hubgauge-racks",
    "hubgauge-rack",
    "hubgauge-nodes",
    "hubgauge-chips",
    "hubgauge-links",
    "hubgauge-meters",
    "hubgauge-agents",
    "hubgauge-hub-national",
    "hubgauge-hub-guizhou",
    "hubgauge-hub-guian",
    "hubgauge-hub-kunming",
    "hubgauge-hub-liangya",
}
LEFTOVERS = {
    "step",
    "intervalFactor",
    "metric",
    "target",
    "query_",
    "fieldOptions",
    "nullValueMode",
    "yaxis",
    "op",
    "valueName",
    "rows",
}


@pytest.fixture(scope="module")
def built() -> dict[str, list[Built]]:
    registry = load_registry()
    return {language: list(build_all(registry, language)) for language in LANGUAGES}


def every_panel(built: dict[str, list[Built]]) -> Iterator[tuple[Built, dict[str, Any]]]:
    for dashboard in itertools.chain(*built.values()):
        for panel in dashboard.json["panels"]:
            yield dashboard, panel


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, value
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in children:
        yield from walk(item, (*path, str(key)))


def test_uids_are_stable(built: dict[str, list[Built]]) -> None:
    """The uids are these and no others: links and bookmarks hang on them; Chinese has its own."""
    assert {dashboard.uid for dashboard in built["en"]} == UIDS
    assert {dashboard.uid for dashboard in built["zh"]} == {f"{uid}-zh" for uid in UIDS}
    assert all(
        dashboard.json["uid"] == dashboard.uid and len(dashboard.uid) <= 40
        for dashboard in itertools.chain(*built.values())
    )


def test_panels_are_whole(built: dict[str, list[Built]]) -> None:
    """Every panel has a title, a description, a unit, the datasource variable, and words for
    missing data.
    """
    for dashboard, panel in every_panel(built):
        if panel["type"] == "row":
            continue
        where = f"{dashboard.uid}: {panel['title']}"
        assert panel["title"].strip(), where
        assert len(panel["description"]) >= 4, where
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, where
        assert panel["fieldConfig"]["defaults"]["unit"], where
        if panel["type"] != "text":
            assert panel["fieldConfig"]["defaults"]["noValue"] in ("no data", "无数据"), where
            assert panel["targets"], where


def test_units_are_known(built: dict[str, list[Built]]) -> None:
    """Every unit is one that Grafana lists, or in one of its notations for units of one's own."""
    known = {getattr(formatunits, name) for name in dir(formatunits) if name.isupper()}
    for dashboard, panel in every_panel(built):
        overrides = [
            item["value"]
            for _, item in walk(panel)
            if isinstance(item, dict) and item.get("id") == "unit"
        ]
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        for unit in [*overrides, *([defaults["unit"]] if defaults else [])]:
            assert unit in known or re.match(r"(suffix|currency|time):\S", unit), (
                f"{dashboard.uid}: {unit}"
            )


def test_ids_are_unique(built: dict[str, list[Built]]) -> None:
    """Panel ids are unique in a dashboard, and the same in both languages.

    So are refIds in a panel.
    """
    for dashboard in itertools.chain(*built.values()):
        ids = [panel["id"] for panel in dashboard.json["panels"]]
        assert len(ids) == len(set(ids))
    for english, chinese in zip(built["en"], built["zh"], strict=True):
        shape = [
            [(panel["id"], panel["type"], panel["gridPos"]) for panel in made.json["panels"]]
            for made in (english, chinese)
        ]
        assert shape[0] == shape[1]
    for dashboard, panel in every_panel(built):
        refs = [target["refId"] for target in panel.get("targets", [])]
        assert len(refs) == len(set(refs)), dashboard.uid


def test_the_grid_holds(built: dict[str, list[Built]]) -> None:
    """Panels lie within 24 columns and no two overlap."""
    for dashboard in itertools.chain(*built.values()):
        taken: set[tuple[int, int]] = set()
        for panel in dashboard.json["panels"]:
            place = panel["gridPos"]
            cells = set(
                itertools.product(
                    range(place["x"], place["x"] + place["w"]),
                    range(place["y"], place["y"] + place["h"]),
                )
            )
            assert place["x"] >= 0, dashboard.uid
            assert place["x"] + place["w"] <= panels.COLUMNS, dashboard.uid
            assert not cells & taken, f"{dashboard.uid}: {panel['title']}"
            taken |= cells


def test_nothing_old_is_left(built: dict[str, list[Built]]) -> None:
    """What grafanalib leaves over is gone: steps and factors, "null" strings, empty thresholds,
    nulls outside a threshold's base.
    """
    for dashboard in itertools.chain(*built.values()):
        assert dashboard.json["schemaVersion"] == 41
        for path, value in walk(dashboard.json):
            assert {"options", "annotations"} & set(path) or not LEFTOVERS & set(path[-1:]), path
            assert value != "null", path
            if value is None:
                assert path[-1] == "value", path
                assert (
                    path[-4:-2] in ((("thresholds", "steps")), ("value", "steps"))
                    or "steps" in path
                ), path
            if path and path[-1] == "steps" and "thresholds" in path:
                assert value, path
                assert value[0]["value"] is None, path
                assert all(step["value"] is not None for step in value[1:]), path
                assert all(set(step) == {"color", "value"} for step in value), path


def test_a_stat_shows_the_newest_value(built: dict[str, list[Built]]) -> None:
    """Stats, gauges and bars reduce to the last value there is, never to a mean.

    Lines never bridge a gap.
    """
    kinds = set()
    for dashboard, panel in every_panel(built):
        kinds.add(panel["type"])
        if "reduceOptions" in panel.get("options", {}):
            assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"], dashboard.uid
        if panel["type"] == "timeseries":
            assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False
    assert kinds == {
        "row",
        "stat",
        "gauge",
        "geomap",
        "bargauge",
        "timeseries",
        "heatmap",
        "state-timeline",
        "status-history",
        "table",
        "text",
    }


def test_queries_read_only_what_exists(built: dict[str, list[Built]]) -> None:
    """Every metric of a query is declared in the catalogue, or is the recorded KPI.

    Every variable is one the dashboard has.
    """
    known = declared() | {recorded.KPI_VALUE}
    for dashboard, panel in every_panel(built):
        variables = {variable["name"] for variable in dashboard.json["templating"]["list"]} | {
            "__rate_interval"
        }
        for target in panel.get("targets", []):
            assert set(metric_names(target["expr"])) <= known, target["expr"]
            assert set(re.findall(r"\$([a-z_]\w*)", target["expr"])) <= variables, (
                f"{dashboard.uid}: {target['expr']}"
            )
            assert not re.search(r"<(hub|site|row|instance|rate)>", target["expr"]), target["expr"]


def test_annotations_mark_deadlines_and_alerts(built: dict[str, list[Built]]) -> None:
    """Every board marks when targets are due, at the moment they are due, and the alerts that fire.

    By variables it has.
    """
    for dashboard in itertools.chain(*built.values()):
        due, firing = dashboard.json["annotations"]["list"]
        assert due["useValueForTime"] == "on"
        assert due["expr"].startswith("dc_target_deadline_timestamp_seconds{")
        assert firing["expr"].startswith('ALERTS{alertstate="firing",')
        variables = {variable["name"] for variable in dashboard.json["templating"]["list"]}
        for one in (due, firing):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert set(re.findall(r"\$(\w+)", one["expr"])) <= variables, (
                f"{dashboard.uid}: {one['expr']}"
            )


def test_series_lead_to_what_they_are_of(built: dict[str, list[Built]]) -> None:
    """Links of panels keep time and data source, hand on only variables that the board they lead to
    has, and lead nowhere else.
    """
    for dashboards in built.values():
        boards = {
            item.uid: {variable["name"] for variable in item.json["templating"]["list"]}
            for item in dashboards
        }
        urls = {
            item["url"]
            for made in dashboards
            for path, item in walk(made.json["panels"])
            if "links" in path and isinstance(item, dict)
        }
        assert len(urls) > 3
        for url in urls:
            uid, _, query = url.removeprefix("/d/").partition("?")
            assert query.startswith("${__url_time_range}&${datasource:queryparam}"), url
            targets = [
                name for name in boards if re.fullmatch(re.sub(r"\$\{[^}]*\}", ".+", uid), name)
            ]
            assert targets, url
            assert set(re.findall(r"var-(\w+)=", query)) <= boards[targets[0]] | {"row"}, url


def test_tables_are_sorted_by_a_column_they_have(built: dict[str, list[Built]]) -> None:
    """Each table names the column it is sorted by, and has it."""
    for dashboard, panel in every_panel(built):
        if panel["type"] == "table":
            (sort,) = panel["options"]["sortBy"]
            (organize,) = (
                step["options"] for step in panel["transformations"] if step["id"] == "organize"
            )
            assert sort["displayName"] in organize["renameByName"].values(), (
                f"{dashboard.uid}: {panel['title']}"
            )


def test_lines_of_panels_are_full(built: dict[str, list[Built]]) -> None:
    """No line of panels leaves a gap at its right, nor a hole in the middle."""
    for dashboard in itertools.chain(*built.values()):
        panels_ = [panel["gridPos"] for panel in dashboard.json["panels"]]
        width = {row: 0 for place in panels_ for row in range(place["y"], place["y"] + place["h"])}
        for place in panels_:
            for row in range(place["y"], place["y"] + place["h"]):
                width[row] += place["w"]
        assert set(width.values()) == {panels.COLUMNS}, dashboard.uid


def test_no_datasource_is_fixed(built: dict[str, list[Built]]) -> None:
    """Whatever asks a datasource asks the one that is chosen above."""
    for dashboard in itertools.chain(*built.values()):
        for path, value in walk(dashboard.json):
            if path and path[-1] == "datasource":
                assert value["uid"] == "${datasource}", f"{dashboard.uid}: {path}"


def test_panels_do_without_rules(built: dict[str, list[Built]]) -> None:
    """No panel depends on a recorded series alone: a recorded name only ever stands before raw
    series that can take its place.
    """
    for _, panel in every_panel(built):
        for target in panel.get("targets", []):
            if any(":" in name for name in metric_names(target["expr"])):
                assert f"({recorded.KPI_VALUE}" in target["expr"]
                assert " or sum by (hub, kpi, scope) (dc_kpi_value" in target["expr"]


def test_variables_and_links(built: dict[str, list[Built]]) -> None:
    """Data source first; the boards of many hubs choose hub and site.

    Links keep variables and time, and lead to boards that exist.
    """
    for language, dashboards in built.items():
        uids = {dashboard.uid for dashboard in dashboards}
        for dashboard in dashboards:
            names = [variable["name"] for variable in dashboard.json["templating"]["list"]]
            assert names[0] == "datasource"
            assert ("hub" in names) != dashboard.uid.startswith("hubgauge-hub-")
            links = dashboard.json["links"]
            assert links
            assert all(link["includeVars"] and link["keepTime"] for link in links)
            for link in links:
                if link["type"] == "link":
                    assert link["url"].removeprefix("/d/").partition("?")[0] in uids
                else:
                    assert link["tags"] == [f"hubgauge-hub{'' if language == 'en' else '-zh'}"]
    nodes = next(dashboard for dashboard in built["en"] if dashboard.uid == "hubgauge-nodes")
    assert [variable["name"] for variable in nodes.json["templating"]["list"]] == [
        "datasource",
        "hub",
        "site",
        "instance",
    ]


def test_both_languages_are_complete(built: dict[str, list[Built]]) -> None:
    """Chinese dashboards have Chinese titles and descriptions but for names that are international.

    English ones have no Chinese.
    """
    for dashboard, panel in every_panel(built):
        words = panel["title"] + panel.get("description", "")
        if dashboard.uid.endswith("-zh"):
            assert CHINESE.search(words) or panel["type"] == "row", f"{dashboard.uid}: {words}"
        else:
            assert not CHINESE.search(words.replace("上架率", "")), f"{dashboard.uid}: {words}"


def test_signals_speak_both_languages() -> None:
    """Every signal has a name and a description in both languages, and a key of its own."""
    signals = list(all_signals(load_registry()))
    assert len({signal.key for signal in signals}) == len(signals)
    for signal in signals:
        assert signal.name.of("en")
        assert signal.name.of("zh")
        assert CHINESE.search(signal.description.of("zh")), signal.key
        assert not CHINESE.search(signal.description.of("en")), signal.key
        assert signal.unit


def test_a_hub_shows_every_figure_it_stated(built: dict[str, list[Built]]) -> None:
    """A hub's dashboard names each of its stated figures with source, and what it stated nothing
    about.
    """
    registry = load_registry()
    for language, dashboards in built.items():
        for key, hub in registry.hubs.items():
            dashboard = next(
                item for item in dashboards if item.uid.startswith(f"hubgauge-hub-{key}")
            )
            text = json.dumps(dashboard.json, ensure_ascii=False)
            for fact in hub.facts:
                assert fact.source.publisher[language] in text
                assert fact.kpi.key in text
    kunming = next(item for item in built["en"] if item.uid == "hubgauge-hub-kunming")
    words = next(panel for panel in kunming.json["panels"] if panel["type"] == "text")["options"][
        "content"
    ]
    assert "No target stated" in words
    assert "PUE" in words.partition("No target stated")[2]


def test_a_hub_sees_the_sites_of_the_hubs_inside_it(built: dict[str, list[Built]]) -> None:
    """No agent reports for a province but through its hubs: its links, racks and sites to choose
    from are theirs.
    """
    boards = {item.uid: item.json for item in built["en"]}
    for key, places in (
        ("guizhou", "guian|guizhou"),
        ("kunming", "kunming|liangya"),
        ("guian", "guian"),
    ):
        board = boards[f"hubgauge-hub-{key}"]
        assert f'hub=~"{places}"' in board["templating"]["list"][1]["query"]["query"]
        exprs = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
        companions = [expr for expr in exprs if 'site=~"$site"' in expr]
        assert companions
        assert all(f'hub=~"{places}",site=~"$site"' in expr for expr in companions)


def test_a_required_pue_is_shown_only_where_a_limit_was_stated(
    built: dict[str, list[Built]],
) -> None:
    """Elsewhere the panel could never hold anything."""
    for item in built["en"]:
        if item.uid.startswith("hubgauge-hub-"):
            assert ("dc_site_pue_required_ratio" in item.text()) == (
                item.uid == "hubgauge-hub-guian"
            )


def test_the_same_bytes_in_another_process(built: dict[str, list[Built]], tmp_path: Path) -> None:
    """Another process with another hash seed writes the same bytes, a newline at the end, nothing
    else in the folder.
    """
    here, there = tmp_path / "here", tmp_path / "there"
    write(here, built["zh"])
    code = "import sys; from agent.cli import main; sys.exit(main())"
    command = [
        sys.executable,
        "-c",
        code,
        "dashboards",
        "build",
        "--out",
        str(there),
        "--language",
        "zh",
    ]
    subprocess.run(
        command,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        timeout=300,
    )
    assert sorted(path.name for path in here.iterdir()) == sorted(
        path.name for path in there.iterdir()
    )
    for path in here.iterdir():
        assert path.read_bytes() == (there / path.name).read_bytes()
        assert path.read_bytes().endswith(b"}\n")


def test_a_second_opinion_on_the_json(built: dict[str, list[Built]]) -> None:
    """Grafana's own typed model of a dashboard reads ours and loses none of its panels, thresholds
    or queries.
    """
    models = pytest.importorskip("grafana_foundation_sdk.models.dashboard")
    importlib.import_module("grafana_foundation_sdk.cog.plugins").register_default_plugins()
    for dashboard in itertools.chain(*built.values()):
        read = models.Dashboard.from_json(json.loads(dashboard.text()))
        assert read.uid == dashboard.uid
        assert read.schema_version == 41
        assert len(read.panels or []) == len(dashboard.json["panels"])
        for panel, ours in zip(read.panels or [], dashboard.json["panels"], strict=True):
            if ours["type"] == "row":
                continue
            steps = panel.field_config.defaults.thresholds.steps
            assert [step.value for step in steps] == [
                step["value"] for step in ours["fieldConfig"]["defaults"]["thresholds"]["steps"]
            ]
            assert [target.expr for target in panel.targets or []] == [
                target["expr"] for target in ours.get("targets", [])
            ]


def test_missing_is_words_and_not_zero() -> None:
    """A stat's word for missing data is in the reader's language."""
    for language, words in (("en", "no data"), ("zh", "无数据")):
        panel = mended(panels.stat(Maker(language), rack_limits.HOT_COUNT).panel)
        assert panel["fieldConfig"]["defaults"]["noValue"] == words
