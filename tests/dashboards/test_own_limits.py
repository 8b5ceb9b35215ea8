"""Limits of an operator's own in the generated alerts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.cli import main
from collectors.catalogue.rack_limits import LimitedPlace, RackLimits, SiteLimits
from dashboards.alerts.limit import rack_celsius
from tests.dashboards.promtool import promtool

LIMITED = {
    "RackHot",
    "RackTooHot",
    "RackFailoverTight",
    "BreakerFailoverTight",
    "PueBudgetBurnFast",
    "DeviceSilentLong",
    "InventoryStale",
}
OF_THESE = (
    "rack:dc_rack_inlet",
    "rack:dc_rack_failover",
    "breaker:dc_breaker_failover",
    "site:dc_pue_",
)
CONFIG = """
hub: guian
outputs: {http: {users_file: /not/on/this/machine}}
limits:
  inlet_recommended: 24
  failover_share: 0.75
  burn_rate: 2
  silent_after: 2h
  stale_after: 90m
  kinds: {pdu: {silent_after: 30m}}
  sites:
    s1:
      burn_rate: 1.2
      rows: {C: {inlet_recommended: 28}}
      racks: {quiet: {inlet_recommended: 30}}
    s2: {inlet_recommended: 26, inlet_allowable: 28}
    s3: {failover_share: 0.9}
"""


def test_the_alerts_compare_with_ones_own_limits(tmp_path: Path) -> None:
    """Common limits, and those of single sites, decide which racks and breakers raise an alert."""
    (tmp_path / "hubgauge.yaml").write_text(CONFIG, "utf-8")
    out = tmp_path / "rules"
    built = main(["rules", "build", "--out", str(out), "--config", str(tmp_path / "hubgauge.yaml")])
    assert built == 0
    rules = yaml.safe_load((out / "alerts.yml").read_text("utf-8"))
    (hot,) = (
        rule["expr"]
        for group in rules["groups"]
        for rule in group["rules"]
        if rule["alert"] == "RackHot"
    )
    assert "> 24 <= 32" in hot
    # The cases that are written beside the rules hold for these limits as well.
    written = yaml.safe_load((out / "tests.yml").read_text("utf-8"))["tests"]
    limited = [
        case
        for case in written
        if case.get("alert_rule_test", [{"alertname": ""}])[0]["alertname"] in LIMITED
    ]
    assert len(limited) == 2 * len(LIMITED) + 1
    _only_limited(out, rules)
    content = {
        "rule_files": ["rules.yml", "alerts.yml"],
        "evaluation_interval": "1m",
        "tests": [*limited, _case()],
    }
    (out / "own.yml").write_text(yaml.safe_dump(content), "utf-8")
    result = promtool(out, "test", "rules", "own.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def _only_limited(out: Path, alerts: Mapping[str, Any]) -> None:
    """Keep the rules that these cases need: all of them take minutes."""
    rules = yaml.safe_load((out / "rules.yml").read_text("utf-8"))
    for name, content in (("rules.yml", rules), ("alerts.yml", alerts)):
        for group in content["groups"]:
            group["rules"] = [
                rule
                for rule in group["rules"]
                if rule.get("alert") in LIMITED or rule.get("record", "").startswith(OF_THESE)
            ]
        (out / name).write_text(yaml.safe_dump(content), "utf-8")


def _case() -> dict[str, Any]:
    """Return racks of three sites at 25, 27 and 29 °C: a case of their alerts at minute 30."""
    inlets = {
        (site, celsius): f'dc_rack_inlet_temperature_celsius{{hub="h",site="{site}",row="A",'
        f'rack="{celsius}"}}'
        for site in ("s1", "s2", "s3")
        for celsius in (25, 27, 29)
    }
    # Row C of s1 is hot above 28 °C only, and the rack `quiet` nowhere below 30.
    own = {
        f'dc_rack_inlet_temperature_celsius{{hub="h",site="s1",row="{row}",rack="{name}"}}': value
        for row, name, value in (("C", "c27", 27), ("C", "c29", 29), ("A", "quiet", 29))
    }
    loads = {
        (site, load): f'dc_breaker_failover_load_ratio{{hub="h",site="{site}",breaker="{load}",'
        'bound="lower"}'
        for site in ("s1", "s2", "s3")
        for load in (0.8, 0.95)
    }
    # s1 and s3 are hot above 24 °C up to 32, s2 above 26 up to 28, and beyond that too hot.
    hot: set[tuple[str, Any]] = {
        ("s1", 25),
        ("s1", 27),
        ("s1", 29),
        ("s3", 25),
        ("s3", 27),
        ("s3", 29),
        ("s2", 27),
    }
    hot.add(("s1", "c29"))
    too_hot = {("s2", 29)}
    # s1 and s2 are tight above 0.75, s3 above 0.9.
    tight = {("s1", 0.8), ("s1", 0.95), ("s2", 0.8), ("s2", 0.95), ("s3", 0.95)}
    return {
        "interval": "1m",
        "input_series": [
            {"series": text, "values": f"{value:g}x40"}
            for (_, value), text in (inlets | loads).items()
        ]
        + [{"series": text, "values": f"{value}x40"} for text, value in own.items()],
        "promql_expr_test": [
            _firing("RackHot", "rack", hot),
            _firing("RackTooHot", "rack", too_hot),
            _firing("BreakerFailoverTight", "breaker", tight),
        ],
    }


def _firing(alert: str, name: str, places: set[tuple[str, Any]]) -> dict[str, Any]:
    return {
        "expr": f'count by (site, {name}) (ALERTS{{alertname="{alert}",alertstate="firing"}})',
        "eval_time": "30m",
        "exp_samples": [
            {"labels": f'{{site="{site}",{name}="{value}"}}', "value": 1} for site, value in places
        ],
    }


def test_an_alert_names_the_limit_of_the_smallest_place() -> None:
    """A rack's own limit goes before its row's, and that before its site's; all others have 27 °C.

    The text is in the template language of Go, which Prometheus fills in.
    """
    own = SiteLimits(
        places={
            LimitedPlace(site="s"): RackLimits(inlet_recommended_celsius=24.0),
            LimitedPlace(site="s", rack="A1"): RackLimits(inlet_recommended_celsius=22.0),
            LimitedPlace(site="s", row="A"): RackLimits(inlet_recommended_celsius=25.0),
        }
    )
    limit = rack_celsius(own, lambda limits: limits.inlet_recommended_celsius)
    site, row, rack = '(eq $labels.site "s")', '(eq $labels.row "A")', '(eq $labels.rack "A1")'
    assert limit.template() == (
        f"{{{{ if and {site} {rack} }}}}22 °C{{{{ else }}}}"
        f"{{{{ if and {site} {row} }}}}25 °C{{{{ else }}}}"
        f"{{{{ if {site} }}}}24 °C{{{{ else }}}}27 °C{{{{ end }}}}{{{{ end }}}}{{{{ end }}}}"
    )
    assert limit.of({"site": "s", "row": "A", "rack": "A1"}) == "22 °C"
    assert limit.of({"site": "s", "row": "A", "rack": "A2"}) == "25 °C"
    assert limit.of({"site": "t", "row": "A", "rack": "A1"}) == "27 °C"


def test_without_a_config_the_limits_are_the_standards(tmp_path: Path) -> None:
    """Rules that are built without a config compare with 27 and 32 °C, and with four fifths."""
    assert main(["rules", "build", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "alerts.yml").read_text("utf-8")
    assert "rack:dc_rack_inlet_temperature_celsius:max > 27 <= 32\n" in text
    assert "rack:dc_rack_failover_load_ratio:max > 0.8 <= 1\n" in text


def test_a_mistake_in_the_limits_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A limit that cannot be is named with file, line and key, and nothing is written."""
    config = tmp_path / "hubgauge.yaml"
    config.write_text("hub: guian\nlimits:\n  inlet_recommended: 33\n", "utf-8")
    out = tmp_path / "rules"
    assert main(["rules", "build", "--out", str(out), "--config", str(config)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{config}:3: limits.inlet_recommended: ")
    assert "less than inlet_allowable (32)" in line
    assert not out.exists()


def test_rules_without_the_packaged_hubs_have_no_tests_of_them(tmp_path: Path) -> None:
    """The tests of recorded names speak of Guizhou's and Kunming's hubs: whoever leaves those out
    would see them fail.
    """
    (tmp_path / "hubs").mkdir()
    (tmp_path / "hubs" / "lyon.yaml").write_text(
        "key: lyon\nname: Lyon\ntimezone: Europe/Paris\n", "utf-8"
    )
    config = tmp_path / "hubgauge.yaml"
    config.write_text("hub: lyon\nsite: l1\nhubs_dir: hubs\nhubs: [lyon]\n", "utf-8")
    out = tmp_path / "rules"
    assert main(["rules", "build", "--out", str(out), "--config", str(config)]) == 0
    written = yaml.safe_load((out / "tests.yml").read_text("utf-8"))["tests"]
    assert written
    assert not [case["name"] for case in written if "promql_expr_test" in case]
