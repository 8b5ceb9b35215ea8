"""The dashboards of hubs, and the files as other programs read them."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.hubs.loader import load_registry
from dashboards.build import Built, write
from dashboards.signals.base import GREEN
from tests.support import ROOT


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
            exprs = _exprs(dashboard.json)
            for fact in hub.facts:
                assert fact.source.publisher[language] in text
                asked = f'kpi="{fact.kpi.key}"', f'target="{fact.id}"'
                assert any(one in expr for expr in exprs for one in asked), fact.id
    kunming = next(item for item in built["en"] if item.uid == "hubgauge-hub-kunming")
    words = next(panel for panel in kunming.json["panels"] if panel["type"] == "text")["options"][
        "content"
    ]
    assert "No target stated" in words
    assert "PUE" in words.partition("No target stated")[2]


def _exprs(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_a_promise_that_nobody_reports_on_shows_no_figure(built: dict[str, list[Built]]) -> None:
    """1 000 enterprises were promised and nothing measures them: the panel shows how the promise
    stands, with the goal in its title, and never the goal as the figure.
    """
    board = next(one for one in built["en"] if one.uid == "hubgauge-hub-guian").json
    (panel,) = [one for one in board["panels"] if "000 enterprises" in one.get("title", "")]
    (expr,) = [target["expr"] for target in panel["targets"]]
    assert "dc_target_state" in expr
    assert "dc_target_value" not in expr
    mapped = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    greens = {value["text"] for value in mapped.values() if value["color"] == GREEN}
    assert greens == {"✓ met"}


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
