"""The generated dashboards against Grafana's own tables and types.

Faults that are put in are found.
"""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.hubs.loader import load_registry
from dashboards.build import build_all
from dashboards.language import LANGUAGES
from tests.support import ROOT, preview_tools

Json = dict[str, Any]


def lint(boards: Mapping[str, Json], folder: Path) -> list[str]:
    """Run the linter over some dashboards, by the name of their file; returns its lines."""
    for name, board in boards.items():
        (folder / f"{name}.json").write_text(json.dumps(board), "utf-8")
    command = [preview_tools(), "lint/lint.mjs", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT / "dashboards" / "preview",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == bool(done.stdout), done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Run the linter once, over what is built and over what is broken: to load takes it longest."""
    boards = {
        f"{language}-{built.json['uid']}": built.json
        for language in LANGUAGES
        for built in build_all(load_registry(), language)
    }
    for n, (break_it, _) in enumerate(FAULTS.values()):
        broken = copy.deepcopy(boards["en-hubgauge-racks"])
        break_it(broken)
        boards[f"broken-{n}"] = broken
    return lint(boards, tmp_path_factory.mktemp("boards"))


def test_grafana_knows_everything_that_is_used(lines: list[str]) -> None:
    """Units, reducers, transformers, matchers, colours and every option of every panel exist in
    Grafana, by its own tables and types, in every language.
    """
    assert [line for line in lines if not line.startswith("broken-")] == []


def _panel(board: Json, kind: str) -> Json:
    panels = [panel for row in board["panels"] for panel in (row, *row.get("panels", []))]
    found: Json = next(panel for panel in panels if panel["type"] == kind)
    return found


FAULTS: dict[str, tuple[Callable[[Json], object], str]] = {
    "unit": (
        lambda b: _panel(b, "stat")["fieldConfig"]["defaults"].update(unit="kilowats"),
        "no such unit: kilowats",
    ),
    "reducer": (
        lambda b: _panel(b, "stat")["options"]["reduceOptions"].update(calcs=["lastNonNull"]),
        "no such reducer: lastNonNull",
    ),
    "mean": (
        lambda b: _panel(b, "stat")["options"]["reduceOptions"].update(calcs=["mean"]),
        "reduced to its mean",
    ),
    "transformer": (
        lambda b: _panel(b, "table")["transformations"].append({"id": "organise"}),
        "no such transformer: organise",
    ),
    "matcher": (
        lambda b: _panel(b, "table")["fieldConfig"]["overrides"][0]["matcher"].update(id="byname"),
        "no such matcher: byname",
    ),
    "option": (lambda b: _panel(b, "bargauge")["options"].update(showUnfiled=True), "showUnfiled"),
    "value of an option": (
        lambda b: _panel(b, "stat")["options"].update(colorMode="foreground"),
        "foreground",
    ),
    "custom option": (
        lambda b: _panel(b, "timeseries")["fieldConfig"]["defaults"]["custom"].update(lineWith=1),
        "lineWith",
    ),
    "colour": (
        lambda b: _panel(b, "stat")["fieldConfig"]["defaults"]["thresholds"]["steps"][0].update(
            color="grien"
        ),
        "no such colour: grien",
    ),
    "thresholds": (
        lambda b: _panel(b, "stat")["fieldConfig"]["defaults"]["thresholds"].update(
            steps=[{"color": "red", "value": "null"}]
        ),
        "the first step must be the base",
    ),
    "dashboard": (lambda b: b.update(timeZone="utc"), "timeZone"),
}


def test_faults_are_found(lines: list[str]) -> None:
    """Each kind of fault, put into a dashboard of its own, is one line that names the dashboard."""
    for n, (name, (_, expected)) in enumerate(FAULTS.items()):
        assert [
            line for line in lines if line.startswith(f"broken-{n}.json") and expected in line
        ], (name, lines)
