"""A failure whose series ends is still told: nobody has said that it is over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from agent.hubs.loader import load_registry
from dashboards import rule_files
from dashboards.alerts import ALERTS
from tests.dashboards.promtool import Groups, alone, groups_of, promtool, write_case

SITE = 'hub="h",site="s"'
NODE = f'{SITE},instance="n"'
PDU = f'{SITE},row="A",rack="A1",pdu="p",feed="A"'
CHIP = f'{SITE},row="A",rack="A1",node="n",accelerator="0"'
FAILING = {
    "MeterSilent": ("dc_meter_up", f'{SITE},meter="m",point="it"'),
    "PduSilent": ("dc_pdu_up", PDU),
    "SitePdusSilent": ("dc_pdu_up", PDU),
    "AcceleratorDown": ("dc_accelerator_up", CHIP),
    "AcceleratorUnhealthy": ("dc_accelerator_healthy", CHIP),
    "CollectorFailing": ("hubgauge_collector_success", f'{NODE},collector="snmp",device="d"'),
    "SpoolUnhealthy": ("hubgauge_spool_healthy", f'{NODE},sink="influxdb"'),
    "LedgerUnhealthy": ("hubgauge_ledger_healthy", NODE),
    "SinkDown": ("hubgauge_sink_up", f'{NODE},sink="influxdb"'),
    "SinkKeepsDoubles": ("hubgauge_sink_deduplicates", f'{NODE},sink="influxdb"'),
    "ConfigReloadFailed": ("hubgauge_config_last_reload_successful", NODE),
}
"""Alerts that compare with 0 whether something answers or succeeds: the series, its labels."""
BY_ANOTHER = {"AgentDown", "SiteAgentsDown"}
"""Alerts on `up`: who is no longer scraped is told by AgentSilent."""
ALERT = {alert.name: alert for alert in ALERTS}
COMPARES = re.compile(r"\w*(_up|success\w*|_healthy|_deduplicates)\b|\bup\{")


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Groups:
    folder = tmp_path_factory.mktemp("rules")
    rule_files.write(folder, load_registry())
    return groups_of(folder)


def judge(
    groups: Groups, folder: Path, alert: str, series: dict[str, str], at: dict[str, int]
) -> None:
    """Let promtool say how many alerts of a name fire at each time."""
    asked: list[dict[str, Any]] = [
        {
            "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)',
            "eval_time": when,
            "exp_samples": [{"labels": "{}", "value": count}],
        }
        for when, count in at.items()
    ]
    case = {
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": asked,
    }
    file = write_case(folder, alert, {"evaluation_interval": "1m"}, case, alone(groups, alert))
    result = promtool(folder, "test", "rules", file)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("alert", FAILING)
def test_a_failure_is_told_for_an_hour_though_its_series_has_ended(
    groups: Groups, tmp_path: Path, alert: str
) -> None:
    """It fails in minutes 5 and 6 and says nothing after it; at minute 67 the hour is over."""
    name, labels = FAILING[alert]
    fires = {"5m": 0, "21m": 1, "60m": 1, "65m": 1, "67m": 0}
    judge(groups, tmp_path, alert, {f"{name}{{{labels}}}": "1x4 0x1 stale _x70"}, fires)


@pytest.mark.parametrize("alert", FAILING)
def test_what_was_well_when_its_series_ended_is_not_told(
    groups: Groups, tmp_path: Path, alert: str
) -> None:
    """It failed for three minutes and was well again before it ended, as a device taken away."""
    name, labels = FAILING[alert]
    series = {f"{name}{{{labels}}}": "0x1 1x3 stale _x70"}
    judge(groups, tmp_path, alert, series, dict.fromkeys(("6m", "21m", "60m"), 0))


@pytest.mark.parametrize("alert", ["MeterSilent", "PduSilent", "SitePdusSilent", "AcceleratorDown"])
def test_what_another_agent_reads_now_is_not_told(
    groups: Groups, tmp_path: Path, alert: str
) -> None:
    """A device handed to another agent while it was silent answers there."""
    name, labels = FAILING[alert]
    series = {
        f'{name}{{{labels},instance="old"}}': "1x4 0x1 stale _x70",
        f'{name}{{{labels},instance="new"}}': "_x6 1x70",
    }
    judge(groups, tmp_path, alert, series, dict.fromkeys(("21m", "60m"), 0))


@pytest.mark.parametrize(
    ("values", "fires"),
    [
        ("0x4 1x1 stale _x70", {"8m": 1, "30m": 1, "60m": 1}),
        ("0x4 1x1 0x1 stale _x70", {"30m": 0, "60m": 0}),
    ],
)
def test_a_ups_that_ends_on_battery_is_told_on(
    groups: Groups, tmp_path: Path, values: str, fires: dict[str, int]
) -> None:
    """One whose battery is empty says nothing more; one that was back on the utility is well."""
    judge(groups, tmp_path, "UpsOnBattery", {f'dc_ups_on_battery{{{SITE},ups="u"}}': values}, fires)


@pytest.mark.parametrize("up", ["1x4 0x1 stale _x70", "stale _x80"])
def test_an_agent_that_is_no_longer_scraped_is_silent(
    groups: Groups, tmp_path: Path, up: str
) -> None:
    """Where `up` ends with the agent's metrics, AgentSilent fires for the hour."""
    series = {
        f'up{{{NODE},job="hubgauge"}}': up,
        f"hubgauge_build_info{{{NODE}}}": "1x4 stale _x70",
    }
    judge(groups, tmp_path, "AgentSilent", series, {"16m": 1, "60m": 1})


def test_every_alert_on_an_answer_is_tried() -> None:
    """An alert that compares such a series is in the table, or another one stands in for it."""
    compares = {
        alert.name
        for alert in ALERTS
        if COMPARES.search(alert.expr) and re.search(r"(== 0|< 0\.9)", alert.expr)
    }
    assert compares == set(FAILING) | BY_ANOTHER
