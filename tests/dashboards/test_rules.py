"""Recording rules and alerts, judged by promtool."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from agent.hubs.model import Registry
from agent.targets.kpis import measured
from collectors.catalogue import all_metrics, recorded
from dashboards import rule_files
from dashboards.alerts import ALERTS
from dashboards.rules import recording_groups
from dashboards.signals import all_signals
from tests.dashboards.names import GIVEN_BY_PROMETHEUS, declared
from tests.dashboards.promtool import (
    alone,
    groups_of,
    metric_names,
    needed,
    promtool,
    reached,
    write_case,
)
from tests.support import ROOT


@pytest.fixture(scope="module")
def built(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    rule_files.write(folder, registry)
    return folder


def test_promtool_takes_rules_and_alerts(built: Path) -> None:
    """Promtool accepts both rule files."""
    result = promtool(built, "check", "rules", "rules.yml", "alerts.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_case_holds(built: Path, tmp_path: Path) -> None:
    """Promtool finds every alert firing when it must, quiet when it must not, and every KPI rule
    exact.

    Every case is tried beside the rules that it depends on: promtool evaluates all rules of a file
    in each of a case's minutes, and most have nothing to do with it.
    """
    groups = groups_of(built)
    file = yaml.safe_load((built / "tests.yml").read_text("utf-8"))
    tests = []
    for number, case in enumerate(file["tests"]):
        asked = {query["alertname"] for query in case.get("alert_rule_test", ())}
        asked |= {
            name
            for query in case.get("promql_expr_test", ())
            for name in metric_names(query["expr"])
        }
        wanted = needed(groups, asked)
        rules = reached(wanted, case) or wanted  # where nothing is given, all must stay quiet
        tests.append(write_case(tmp_path, str(number), file, case, rules))
    result = promtool(tmp_path, "test", "rules", *tests)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("SUCCESS") == len(tests) > len(ALERTS)


@pytest.mark.parametrize(
    ("old", "new", "test"),
    [
        ("> 0.8 <= 1", "> 0.9 <= 1", "RackFailoverTight must fire"),
        ("for: 10m", "for: 0m", "PduSilent must not fire"),
        ('boundary="facility"', 'boundary="reused"', "PUE of a hub"),
    ],
)
def test_a_changed_rule_is_noticed(
    built: Path, tmp_path: Path, old: str, new: str, test: str
) -> None:
    """Promtool's tests fail when a threshold, a wait or an expression is changed, and hold where
    nothing is.
    """
    file = yaml.safe_load((built / "tests.yml").read_text("utf-8"))
    cases = [case for case in file["tests"] if case["name"].startswith(test)]
    groups = reached(groups_of(built), *cases)
    rules = yaml.safe_dump({"groups": groups}, width=1_000)
    tests = file | {"rule_files": ["rules.yml"], "tests": cases}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests), "utf-8")
    (tmp_path / "rules.yml").write_text(rules, "utf-8")
    assert promtool(tmp_path, "test", "rules", "tests.yml").returncode == 0
    assert old in rules
    (tmp_path / "rules.yml").write_text(rules.replace(old, new), "utf-8")
    assert promtool(tmp_path, "test", "rules", "tests.yml").returncode == 1


def test_the_same_bytes_every_time(built: Path, registry: Registry, tmp_path: Path) -> None:
    """Building twice writes the same bytes, a newline at the end."""
    for path in rule_files.write(tmp_path, registry):
        content = path.read_bytes()
        assert content == (built / path.name).read_bytes()
        assert content.endswith(b"\n")


def test_rules_read_only_what_exists(registry: Registry) -> None:
    """Every metric in a rule or alert is declared in the catalogue, recorded by a rule, or made by
    Prometheus itself.
    """
    rules = [rule for group in recording_groups(registry) for rule in group.rules]
    known = declared() | {rule.record for rule in rules} | GIVEN_BY_PROMETHEUS
    for expr in (*(rule.expr for rule in rules), *(alert.expr for alert in ALERTS)):
        assert set(metric_names(expr)) <= known, expr


def test_recorded_names_follow_the_convention(registry: Registry) -> None:
    """Recorded series are named level:metric:operation."""
    for group in recording_groups(registry):
        for rule in group.rules:
            assert re.fullmatch(r"[a-z_]+:[a-zA-Z0-9_]+:[a-z0-9_]+", rule.record), rule.record


def test_a_kpi_has_one_rule(registry: Registry) -> None:
    """Each measurable KPI of the registry has exactly one rule of its own, and none is made up."""
    rules = [
        rule
        for group in recording_groups(registry)
        for rule in group.rules
        if rule.record == recorded.KPI_VALUE
    ]
    keys = [rule.labels["kpi"] for rule in rules if rule.labels]
    assert sorted(keys) == sorted(set(keys))
    assert set(keys) <= set(registry.kpis)
    assert set(keys) == set(measured(registry.kpis.values()))
    measurable = {
        key
        for key, found in registry.kpis.items()
        if not found.measured["en"].startswith("registered only")
    }
    assert measurable <= set(keys)


def test_rule_files_are_plain_yaml(built: Path) -> None:
    """The files are YAML that needs no tags, and every alert carries a severity."""
    loaded = yaml.safe_load((built / "alerts.yml").read_text("utf-8"))
    alerts = [rule for group in loaded["groups"] for rule in group["rules"]]
    assert {rule["labels"]["severity"] for rule in alerts} == {"critical", "warning", "info"}


HAND = ROOT / "tests" / "dashboards" / "recorded.yml"


def test_every_recorded_name_has_the_value_worked_out_by_hand(built: Path, tmp_path: Path) -> None:
    """Promtool computes from plain inputs what recorded.yml says, series by series."""
    file = yaml.safe_load(HAND.read_text("utf-8"))
    groups = yaml.safe_load((built / "rules.yml").read_text("utf-8"))["groups"]
    tests = [
        write_case(tmp_path, str(number), file, case, reached(groups, case))
        for number, case in enumerate(file["tests"])
    ]
    result = promtool(tmp_path, "test", "rules", *tests)
    assert result.returncode == 0, result.stdout + result.stderr


def test_no_recorded_name_is_without_a_value_worked_out_by_hand(built: Path) -> None:
    """A new recording rule needs a test in recorded.yml; of the KPIs, each one by itself."""
    groups = yaml.safe_load((built / "rules.yml").read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    wanted = {(rule["record"], rule.get("labels", {}).get("kpi", "")) for rule in rules}
    asked = set()
    for case in yaml.safe_load(HAND.read_text("utf-8"))["tests"]:
        for query in case["promql_expr_test"]:
            name, _, matchers = query["expr"].partition("{")
            label = re.search(r'kpi="(\w+)"', matchers)
            asked.add((name, label[1] if label else ""))
    # The rule that takes over what agents alone compute has no KPI of its own.
    assert wanted - asked <= {(recorded.KPI_VALUE, "")}


def test_a_site_that_comes_back_is_missed_by_its_hub_until_it_tells_all(
    built: Path, tmp_path: Path
) -> None:
    """Its groups may be recorded before its hub: then the hub still remembers it, of minute 3.

    Groups of rules are evaluated one after the other, so this happens where a gateway starts again
    between two of them. The hub's PUE was that of its other sites for that moment.
    """
    groups = yaml.safe_load((built / "rules.yml").read_text("utf-8"))["groups"]
    where = 'hub="h",site="s"'
    case = {
        "interval": "1m",
        "input_series": [
            {
                "series": f'{recorded.SCOPES}{{{where},scope="hub"}}',
                "values": "1x3 stale _x6 _x5",
            },
            {"series": f'{recorded.SCOPES}{{{where},scope="g"}}', "values": "1x15"},
            {
                "series": f'dc_site_info{{{where},state="in_service",instance="g1"}}',
                "values": "1x3 stale _x5 1x5",
            },
        ],
        "promql_expr_test": [
            {
                "expr": f'{recorded.KPI_NEEDED}{{kpi="pue"}}',
                "eval_time": "10m",
                "exp_samples": [
                    {
                        "labels": f'{recorded.KPI_NEEDED}{{{where},kpi="pue",scope="{scope}"}}',
                        "value": seconds,
                    }
                    for scope, seconds in (("hub", 180), ("g", 600))
                ],
            }
        ],
    }
    file = {"evaluation_interval": "1m"}
    name = write_case(tmp_path, "back", file, case, alone(groups, recorded.KPI_NEEDED))
    result = promtool(tmp_path, "test", "rules", name)
    assert result.returncode == 0, result.stdout + result.stderr


LABELS_OF_TARGETS = {"hub", "site", "instance", "job"}


def test_no_expression_groups_by_a_label_its_metric_lacks(built: Path, registry: Registry) -> None:
    """`max by (rack, feed) (dc_rack_power_watts)` needs both labels on the metric: by a label that
    was renamed, Prometheus would silently add up or fold together what is apart.
    """
    labels = {found.full_name: {*found.labels, *LABELS_OF_TARGETS} for found in all_metrics()}
    texts = [signal.expr for signal in all_signals(registry)]
    groups = yaml.safe_load((built / "rules.yml").read_text("utf-8"))["groups"]
    texts += [rule["expr"] for group in groups for rule in group["rules"]]
    grouped = re.compile(r"by \(([\w, ]+)\) \((?:rate\()?(\w+)[{\[)]")
    wrong = set()
    checked = 0
    for text in texts:
        for names, metric_name in grouped.findall(text):
            if metric_name in labels:
                checked += 1
                lacking = {name.strip() for name in names.split(",")} - labels[metric_name]
                wrong |= {(metric_name, name) for name in lacking}
    assert checked > 100
    assert sorted(wrong) == []


def test_the_shipped_config_is_taken(built: Path, tmp_path: Path) -> None:
    """Promtool takes the Prometheus config that is shipped, with the rules it names beside it."""
    shutil.copytree(ROOT / "deploy" / "prometheus", tmp_path / "prometheus")
    shutil.copytree(built, tmp_path / "prometheus" / "rules", dirs_exist_ok=True)
    checked = promtool(tmp_path, "check", "config", "prometheus/prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
