"""Alerts on a share of things that answer: exactly nine of ten is not below 0.9."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from dashboards import rule_files
from dashboards.alerts import ALERTS
from dashboards.rules import recording_groups
from dashboards.signals import power
from tests.dashboards.promtool import promtool

SIZES = (10, 20, 30, 50, 60, 70, 100, 130)
"""How many things a site has; a tenth of each is a whole number."""


def _devices(count: int, silent: range) -> dict[str, str]:
    return {
        f'dc_pdu_up{{hub="h",site="s",row="A",rack="R{n}",pdu="P{n}",feed="A"}}': str(
            int(n not in silent)
        )
        for n in range(count)
    }


def _agents(count: int, silent: range) -> dict[str, str]:
    return {
        f'up{{job="hubgauge",hub="h",site="s",instance="n{n}"}}': str(int(n not in silent))
        for n in range(count)
    }


def _case(name: str, count: int, silent: range) -> dict[str, Any]:
    """Return promtool's test: the alert fires where more than a tenth is silent."""
    series = (_devices if name == "SitePdusSilent" else _agents)(count, silent)
    fires = len(silent) * 10 > count
    labels = (
        f'ALERTS{{alertname="{name}",alertstate="firing",hub="h",site="s",severity="critical"}}'
    )
    return {
        "name": f"{name}, {len(silent)} of {count} silent from {silent.start}",
        "interval": "1m",
        "input_series": [
            {"series": series_name, "values": f"{value}x30"}
            for series_name, value in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": f'ALERTS{{alertname="{name}",alertstate="firing"}}',
                "eval_time": "20m",
                "exp_samples": [{"labels": labels, "value": 1}] if fires else [],
            }
        ],
    }


def _keep_only(file: Path, names: set[str]) -> None:
    """Leave only some rules in a file: the others would only take time."""
    groups = yaml.safe_load(file.read_text("utf-8"))["groups"]
    for group in groups:
        group["rules"] = [
            rule for rule in group["rules"] if {rule.get("record"), rule.get("alert")} & names
        ]
    file.write_text(yaml.safe_dump({"groups": [group for group in groups if group["rules"]]}))


@pytest.mark.parametrize("name", ["SitePdusSilent", "SiteAgentsDown"])
def test_a_tenth_that_is_silent_is_no_alert_and_one_more_is(name: str, tmp_path: Path) -> None:
    """Whatever the number of things, and whichever of them are silent."""
    rule_files.write(tmp_path, load_registry())
    for file in ("rules.yml", "alerts.yml"):
        _keep_only(tmp_path / file, {name, power.PDU_UP.record})
    tests = [
        _case(name, count, range(start, start + silent))
        for count in SIZES
        for silent in (count // 10, count // 10 + 1)
        for start in (0, count // 2, count - silent)
    ]
    (tmp_path / "shares.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml", "alerts.yml"], "tests": tests})
    )
    result = promtool(tmp_path, "test", "rules", "shares.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_alert_compares_an_average_of_zeros_and_ones() -> None:
    """An average comes out a little beside the share, so that a limit at the share may be
    passed.
    """
    records = {
        rule.record: rule.expr
        for group in recording_groups(load_registry())
        for rule in group.rules
    }
    for alert in ALERTS:
        read = [alert.expr, *(expr for name, expr in records.items() if name in alert.expr)]
        compared = [expr for expr in read if re.search(r"\bavg (by|without)?\b", expr)]
        assert not compared, alert.name
