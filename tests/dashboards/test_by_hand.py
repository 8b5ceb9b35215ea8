"""Alerts and panels against values worked out by hand, judged by promtool."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from dashboards import rule_files
from dashboards.alerts import ALERTS
from dashboards.promql import RULE_RATE
from dashboards.signals import all_signals
from tests.dashboards.promtool import Groups, groups_of, promtool, reached, write_case
from tests.support import ROOT

FOLDER = ROOT / "tests" / "dashboards"
BY_ALERT = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))
BY_SIGNAL = yaml.safe_load((FOLDER / "signals.yml").read_text("utf-8"))


def names(file: dict[str, Any]) -> list[str]:
    return [case["name"] for case in file["tests"]]


def judge(folder: Path, file: dict[str, Any], case: dict[str, Any], rules: Groups) -> None:
    """Let promtool run one case of a file, beside those rules that read what it gives."""
    result = promtool(folder, "test", "rules", write_case(folder, "", file, case, rules))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Groups:
    folder = tmp_path_factory.mktemp("rules")
    rule_files.write(folder, load_registry())
    return groups_of(folder)


@pytest.fixture(scope="module")
def panels() -> dict[str, str]:
    """Every signal's expression as a panel asks it with all variables on "all"."""
    return {
        signal.key: re.sub(r'"\$\w+"', '".*"', signal.panel()).replace(
            "$__rate_interval", RULE_RATE
        )
        for signal in all_signals(load_registry())
    }


@pytest.mark.parametrize("case", BY_ALERT["tests"], ids=names(BY_ALERT))
def test_exactly_the_expected_alerts_fire(
    tmp_path: Path, groups: Groups, case: dict[str, Any]
) -> None:
    """Of series that differ, those beyond the limit fire, after the time they have to wait."""
    judge(tmp_path, BY_ALERT, case, reached(groups, case))


def test_every_alert_is_asked_about() -> None:
    """A new alert needs a case in alerts.yml in which it fires,
    and one in which it does not yet.
    """
    asked: dict[str, set[bool]] = {}
    for case in BY_ALERT["tests"]:
        for query in case["promql_expr_test"]:
            match = re.fullmatch(r'ALERTS\{alertname="(\w+)",alertstate="firing"\}', query["expr"])
            if match:
                asked.setdefault(match[1], set()).add(bool(query["exp_samples"]))
    assert asked == {alert.name: {True, False} for alert in ALERTS}


@pytest.mark.parametrize("case", BY_SIGNAL["tests"], ids=names(BY_SIGNAL))
def test_a_panel_shows_the_value_worked_out_by_hand(
    tmp_path: Path, panels: dict[str, str], case: dict[str, Any]
) -> None:
    """The expression of a panel gives what signals.yml says, series by series."""
    queries = [
        {"expr": panels[query["signal"]], "eval_time": query["at"], "exp_samples": query["samples"]}
        for query in case["panels"]
    ]
    asked = {key: value for key, value in case.items() if key != "panels"}
    judge(tmp_path, BY_SIGNAL, {**asked, "promql_expr_test": queries}, [])


def test_many_signals_have_values_worked_out_by_hand(panels: dict[str, str]) -> None:
    """Every name in signals.yml is the key of a signal, and there are at least forty."""
    asked = {query["signal"] for case in BY_SIGNAL["tests"] for query in case["panels"]}
    assert asked <= set(panels)
    assert len(asked) >= 40
