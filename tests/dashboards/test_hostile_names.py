"""Names from inventories, devices and hub files stay names: in links, alerts,
messages and words.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.hubs.packaged import PACKAGED
from dashboards import rule_files
from dashboards.alerts import ALERTS
from dashboards.build import build_all
from dashboards.language import LANGUAGES, only_text
from tests.dashboards.promtool import promtool
from tests.support import ROOT, binary

HOSTILE = [
    '"quoted"',
    "back\\slash",
    "{{ $labels.site }}{{ .ExternalURL }}",
    "$site ${hub} [[site]] $__all",
    '=HYPERLINK("http://e","x")',
    "<script>alert(1)</script>",
    "a&b#c?d=e+f/g%20",
    "机柜 7",
    "x" * 1024,
]
BOARDS = ROOT / "deploy" / "grafana" / "dashboards"


def texts(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of a JSON tree with the key it stands under."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from texts(inner, name)
    elif isinstance(node, list):
        for inner in node:
            yield from texts(inner, key)
    elif isinstance(node, str):
        yield key, node


def test_a_link_of_grafana_encodes_every_value() -> None:
    """A rack named `a&b#c` leads to itself: by itself Grafana leaves `&`, `#`,
    `+` and `/` alone.
    """
    found = 0
    for path in BOARDS.glob("*/*.json"):
        for key, text in texts(json.loads(path.read_text("utf-8"))):
            if key != "url":
                continue
            for name in re.findall(r"\$\{(__[^}]*)\}", text):
                if name.startswith("__url"):
                    continue
                found += 1
                assert name.endswith(":percentencode"), (path.name, text)
    assert found > 50


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    rule_files.write(folder, load_registry())
    return folder


@pytest.mark.parametrize("name", HOSTILE)
def test_an_alert_says_the_name_as_it_is(rules: Path, tmp_path: Path, name: str) -> None:
    """Prometheus fills in a label once: what looks like a template in it stays as it is."""
    (alert,) = [one for one in ALERTS if one.name == "PduSilent"]
    labels = {"hub": "h", "site": name, "row": name, "rack": name, "pdu": name, "feed": "A"}
    series = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
    said = {
        key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels[found[1]], text)
        for key, text in alert.annotations().items()
    }
    assert name in said["summary"]
    case = {
        "interval": "1m",
        "input_series": [{"series": f"dc_pdu_up{{{series}}}", "values": "0x20"}],
        "alert_rule_test": [
            {
                "eval_time": "15m",
                "alertname": "PduSilent",
                "exp_alerts": [
                    {
                        "exp_labels": {**labels, "severity": alert.severity},
                        "exp_annotations": said,
                    }
                ],
            }
        ],
    }
    groups = yaml.safe_load((rules / "alerts.yml").read_text("utf-8"))["groups"]
    kept = [rule for group in groups for rule in group["rules"] if rule["alert"] == "PduSilent"]
    (tmp_path / "alert.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "one", "rules": kept}]}), "utf-8"
    )
    file = {"rule_files": ["alert.yml"], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "case.yml").write_text(yaml.safe_dump(file), "utf-8")
    result = promtool(tmp_path, "test", "rules", "case.yml")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", HOSTILE)
def test_alertmanagers_templates_take_a_name_as_text(tmp_path: Path, name: str) -> None:
    """In plain text it stands as it is, in HTML without markup; it is no template of its own."""
    alert = {
        "status": "firing",
        "labels": {"alertname": "PduSilent", "rack": name},
        "annotations": {"summary": f"Rack {name} is silent."},
    }
    data = {"status": "firing", "alerts": [alert], "commonLabels": alert["labels"]}
    (tmp_path / "data.json").write_text(json.dumps(data), "utf-8")
    (tmp_path / "own.tmpl").write_text(
        '{{ define "own" }}{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}{{ end }}'
    )

    def rendered(kind: str) -> str:
        command = [
            binary("amtool"),
            "template",
            "render",
            f"--template.glob={tmp_path / 'own.tmpl'}",
            f"--template.data={tmp_path / 'data.json'}",
            f"--template.type={kind}",
            '--template.text={{ template "own" . }}',
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert name in rendered("text")
    assert "<script>" not in rendered("html")


TEXT = '"q" \\b {{rack}} $site ${hub} [[site]] <script>alert(1)</script> | $5 < 6'


def test_a_hub_files_texts_are_only_text_in_grafana(tmp_path: Path) -> None:
    """They name no variable, fill no legend and are no markup; rules and routes are taken."""
    hub = yaml.safe_load((PACKAGED / "guizhou.yaml").read_text("utf-8"))
    both = {"en": TEXT, "zh": TEXT}
    hub |= {"key": "other", "name": both, "parent": "guizhou"}
    for source in hub["sources"].values():
        source["publisher"] = both
    for fact in hub["facts"]:
        fact |= {"id": f"other-{fact['id']}", "text": both, "open": both}
        fact.pop("number", None)
    hubs = tmp_path / "hubs"
    hubs.mkdir()
    (hubs / "other.yaml").write_text(yaml.safe_dump(hub, allow_unicode=True), "utf-8")
    registry = load_registry(hubs)
    rule_files.write(tmp_path, registry)
    result = promtool(tmp_path, "check", "rules", "rules.yml", "alerts.yml")
    assert result.returncode == 0, result.stdout + result.stderr
    said = [
        text
        for language in LANGUAGES
        for one in build_all(registry, language)
        for _, text in texts(one.json)
        if "alert(1)" in text
    ]
    assert len(said) > 10
    for text in said:
        assert not re.search(r"\$site|\$\{hub|\[\[site|\{\{rack|<script", text), text
        assert "$5 < 6" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$site", "\uff04site"),
        ("${site}", "\uff04{site}"),
        ("[[site]]", "\uff3b\uff3bsite]]"),
        ("{{rack}}", "\uff5b\uff5brack}}"),
        ("<b>", "\uff1cb>"),
        ("$5, < 1.2, a[0], {x}", "$5, < 1.2, a[0], {x}"),
    ],
)
def test_only_what_grafana_would_fill_in_is_widened(text: str, shown: str) -> None:
    """The sign before a name is changed; prices, limits and single braces stay."""
    assert only_text(text) == shown
