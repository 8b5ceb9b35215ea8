"""The scoreboard's views, their JSON, and the terminal's table in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.hubs.loader import load_registry
from agent.targets.model import Evidence
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json, from_json
from agent.targets.table import render, width_of, wrap
from tests.agent.targets.boards import BOARD, MEASURED, NOW, REGISTRY, VIEWS


def row(target: str) -> dict[str, Any]:
    """Return one row of the board."""
    return next(row for hub in BOARD for row in hub["targets"] if row["id"] == target)


def test_it_is_json() -> None:
    """The board survives a round trip through JSON unchanged, and is read back as it was."""
    assert json.loads(json.dumps(BOARD)) == BOARD
    assert board_json([from_json(json.loads(json.dumps(hub))) for hub in BOARD]) == BOARD


@pytest.mark.parametrize("wrong", [None, [], {}, {"hub": "guian"}, 3])
def test_what_is_no_hub_is_refused(wrong: object) -> None:
    """JSON that is no hub of a scoreboard raises ValueError."""
    with pytest.raises(ValueError, match="not a scoreboard"):
        from_json(wrong)


def test_all_hubs_and_facts() -> None:
    """Five hubs, parents first, and every row of the register."""
    assert [hub["hub"] for hub in BOARD] == ["national", "guizhou", "guian", "kunming", "liangya"]
    assert {row["number"] for hub in BOARD for row in hub["targets"]} == set(range(1, 31))
    assert all(sum(hub["counts"].values()) == len(hub["targets"]) for hub in BOARD)


def test_an_interim_pue() -> None:
    """Huawei's PUE of half a year is on track; what is no twelve months' mean has no forecast."""
    pue = row("guian-huawei-pue")
    assert (pue["state"], pue["symbol"], pue["interim"]) == ("on_track", "»", True)
    assert pue["distance"] == pytest.approx(-0.02)
    assert pue["deadline"] == {"from": "2027-03-01", "to": "2027-06-14"}
    assert pue["days_left"] == 204
    assert pue["display"]["en"] == {
        "value": "1.180",
        "limit": "≤ 1.2",
        "distance": "0.02 to spare",
        "pace": "",
        "deadline": "2027-03-01 to 2027-06-14",
        "coverage": "50 %",
        "stated_value": "1.2",
        "pace_kept": "",
        "forecast": "",
        "expected": "",
    }
    assert pue["display"]["zh"]["coverage"] == "50 %"
    assert pue["scope_name"]["zh"] == "华为贵安智算中心"


def test_a_partial_count() -> None:
    """Two hundred racks of Kunming are shown as at least that many, and judge nothing."""
    racks = row("kunming-racks")
    assert (racks["state"], racks["value_at_least"]) == ("unknown", True)
    assert racks["display"]["en"]["value"] == "at least 200 racks"
    assert racks["display"]["zh"]["distance"] == "差距：至多 27 384 架"


def test_a_mean_of_a_part() -> None:
    """A PUE of a part of the sites is no bound; below the limit it leaves nothing to spare."""
    part = Evidence(value=1.17, time=NOW, coverage=1.0, at_least=True)
    views = scoreboard(REGISTRY, {("guian", "pue", "huawei"): [part]}, NOW, ["guian"])
    (pue,) = (r for r in board_json(views)[0]["targets"] if r["id"] == "guian-huawei-pue")
    assert pue["state"] == "unknown"
    assert pue["display"]["en"]["value"] == "1.170, for a part of the sites"
    assert pue["display"]["zh"]["value"] == "1.170（仅部分站点）"
    assert pue["display"]["en"]["distance"] == ""


def test_a_published_figure_is_shown_as_published() -> None:
    """A source's "over" is never shown as a count of a part, and is of its own day."""
    chips = row("guian-chips-in-use")
    assert chips["display"]["en"]["value"] == "over 80 000 chips"
    assert chips["display"]["zh"]["value"] == "超过 80 000 颗"
    assert chips["value_time"] == "2024-03-06T12:00:00+08:00"
    assert chips["value_kind"] == "registered"


def test_no_target_stated() -> None:
    """A PUE that nobody stated for the hub is shown so, with its value and no limit."""
    found = {hub["hub"]: {item["kpi"]: item for item in hub["no_target"]} for hub in BOARD}
    assert all(set(items) == {"pue", "rack_occupancy"} for items in found.values())
    assert found["guian"]["pue"]["value"] == 1.31
    assert found["guian"]["pue"]["display"]["zh"] == {"value": "1.310", "text": "未公布承诺"}
    assert found["kunming"]["pue"]["value"] is None
    assert not [
        r for hub in BOARD if hub["hub"] == "kunming" for r in hub["targets"] if r["kpi"] == "pue"
    ]


def test_policy_is_kept_apart(tmp_path: Path) -> None:
    """Policy that a file asks for is in a list of its own and in no count."""
    (tmp_path / "x.yaml").write_text("extends: guian\npolicy: [green-action-2024]\n")
    views = scoreboard(load_registry(tmp_path), MEASURED, NOW, ["guian"])
    board = board_json(views)
    assert [r["id"] for r in board[0]["policy"]] == [
        "green-action-2024-rack-occupancy",
        "green-action-2024-pue",
        "green-action-2024-renewable",
    ]
    assert all(r["policy"].startswith("Special action plan") for r in board[0]["policy"])
    assert board[0]["counts"] == BOARD[2]["counts"]
    assert "National policy, not the hub's own statement" in render(views, "en", 100)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100, 140])
def test_table_fits(language: str, width: int) -> None:
    """No line of the table is wider than the terminal, Chinese counted at two columns."""
    text = render(VIEWS, language, width)
    assert max(map(width_of, text.splitlines())) == width
    assert all(
        r["source"]["publisher"][language].split()[0] in text
        for hub in BOARD
        for r in hub["targets"]
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_columns_are_aligned(language: str) -> None:
    """Every limit of a hub's table begins in the same column, in both languages."""
    text = render([VIEWS[1]], language, 100)
    columns = {
        width_of(line[: line.index("≤ ")])
        for line in text.splitlines()
        if "≤ " in line and not line.startswith(" ")
    }
    columns |= {
        width_of(line[: line.index("≥ ")])
        for line in text.splitlines()
        if "≥ " in line and not line.startswith(" ")
    }
    assert len(columns) == 1


def test_wrap_keeps_numbers_whole() -> None:
    """A line is not broken within a number, behind an operator, or before a full stop."""
    assert wrap("≥ 27 584 racks", 8) == ["≥ 27 584", "racks"]
    assert wrap("在用机架，共一万。", 8) == ["在用机", "架，共一", "万。"]
    assert wrap("intercontinental", 8) == ["intercon", "tinental"]
    assert wrap("", 8) == [""]
