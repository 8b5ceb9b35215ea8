"""Rules and panels of an operator's own, merged with the generated ones and checked with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from agent.cli import main
from tests.support import binary

RULES = """
groups:
  - name: acme
    rules:
      - record: site:acme_racks:count
        expr: count by (hub, site) (rack:dc_rack_inlet_temperature_celsius:max)
      - alert: AcmeFewRacks
        expr: site:acme_racks:count < 2
        for: 1m
        labels: {severity: info}
        annotations: {summary: "{{ $labels.site }} has {{ $value }} racks: count them."}
tests:
  - interval: 1m
    input_series:
      - {series: 'dc_rack_inlet_temperature_celsius{hub="h",site="s",row="A",rack="1"}',
         values: 20x9}
    alert_rule_test:
      - eval_time: 5m
        alertname: AcmeFewRacks
        exp_alerts:
          - exp_labels: {severity: info, hub: h, site: s}
            exp_annotations: {summary: "s has 1 racks: count them."}
"""


def build(folder: Path, text: str = RULES) -> int:
    """Build the rules with a file of one's own."""
    own = folder / "rules.d"
    own.mkdir(exist_ok=True)
    (own / "acme.yml").write_text(text, "utf-8")
    return main(["rules", "build", "--out", str(folder / "out"), "--rules-dir", str(own)])


def test_own_rules_stand_beside_the_generated_ones(tmp_path: Path) -> None:
    """They are in the file that Prometheus reads, and promtool has tried them on recorded names."""
    binary("promtool")
    assert build(tmp_path) == 0
    groups = yaml.safe_load((tmp_path / "out" / "alerts.yml").read_text("utf-8"))["groups"]
    assert [group["name"] for group in groups][-1] == "acme"
    assert len(groups) > 5
    tests = yaml.safe_load((tmp_path / "out" / "tests.yml").read_text("utf-8"))["tests"]
    assert tests[-1]["alert_rule_test"][0]["alertname"] == "AcmeFewRacks"


def test_a_test_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What promtool says against a rule ends the command with status 1."""
    binary("promtool")
    assert build(tmp_path, RULES.replace("< 2", "< 1")) == 1
    assert "AcmeFewRacks" in capsys.readouterr().err
    assert build(tmp_path, RULES.replace("count by (hub, site) (", "count by (hub, site) ((")) == 1
    assert "promtool" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("AcmeFewRacks", "RackHot", "RackHot is a generated rule"),
        ("site:acme_racks:count\n", "site:dc_pue_ratio:max\n", "is a generated rule"),
        ("name: acme", "name: hubgauge-kpis", "the name of another group"),
        (
            "severity: info}\n        ann",
            "severity: urgent}\n        ann",
            "critical, warning, info",
        ),
        ("groups:", "grups:", "expected a mapping with groups"),
        ('{summary: "{{ $labels.site }} has {{ $value }} racks: count them."}', "{}", "a summary"),
    ],
)
def test_a_rule_that_cannot_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    """A name that is taken, a severity that nobody routes: file, line, key. Nothing is written."""
    assert build(tmp_path, RULES.replace(old, new, 1 if old != "AcmeFewRacks" else 2)) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "acme.yml:" in err
    assert not (tmp_path / "out").exists()


def test_own_panels_are_one_more_dashboard(tmp_path: Path) -> None:
    """Panels keep what they are, get places and ids, and ask the dashboard's database."""
    own = tmp_path / "panels.d"
    own.mkdir()
    panel = {"type": "timeseries", "title": "Racks", "targets": [{"expr": "site:acme_racks:count"}]}
    (own / "a.json").write_text(json.dumps([panel, {"type": "text", "title": "Note"}]))
    command = ["dashboards", "build", "--out", str(tmp_path / "out"), "--panels-dir", str(own)]
    assert main(command) == 0
    made = json.loads((tmp_path / "out" / "hubgauge-own.json").read_text("utf-8"))
    assert [one["title"] for one in made["panels"]] == ["Racks", "Note"]
    assert [one["gridPos"]["x"] for one in made["panels"]] == [0, 12]
    (target,) = made["panels"][0]["targets"]
    assert target["expr"] == "site:acme_racks:count"
    assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert {"datasource", "hub", "site"} <= {one["name"] for one in made["templating"]["list"]}
    (own / "b.json").write_text('{"type": "timeseries"}')
    assert main(command) == 2
