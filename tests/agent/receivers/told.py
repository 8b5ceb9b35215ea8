"""An alert, the receivers of a config, and messages of alerts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.receivers.model import AlertingSection
from collectors.strict import Document
from dashboards.alerts.routes import WAYS
from tests.support.chats import SECRET, TOKEN, Vendors

QUICK = {
    severity: replace(way, group_wait="1s", group_interval="2s") for severity, way in WAYS.items()
}


RUNBOOK = "https://board.example/runbook"
SIGNED_BY = "SECabc"
ALERT: dict[str, Any] = {
    "labels": {
        "alertname": "RackHot",
        "severity": "critical",
        "hub": "guian",
        "site": "lyon",
        "rack": "A07",
    },
    "annotations": {
        "summary": "Rack A07 of lyon breathes 25.5 °C: look <!channel> [here](http://evil)",
        "summary_zh": "lyon 机柜 A07 进风 25.5 °C：请检查",
        "value": "25.5 °C",
        "limit": "24 °C",
        "runbook_url": f"{RUNBOOK}?lang=en#rackhot",
        "runbook_url_zh": f"{RUNBOOK}?lang=zh#rackhot",
        "board_url": "https://board.example/sites/lyon/racks/A07?lang=en",
        "board_url_zh": "https://board.example/sites/lyon/racks/A07?lang=zh",
    },
    "startsAt": "2026-11-29T00:12:05Z",
}


def config_text(found: Vendors, folder: Path, port: int) -> str:
    """Return a config with a receiver of each kind; writes their secrets."""
    secrets = {
        "app": SECRET,
        "sign": SECRET,
        "token": TOKEN,
        "robot": f"{found.url}/robot?key={TOKEN}",
        "ding": f"{found.url}/robot/send?access_token={TOKEN}",
        "fei": f"{found.url}/open-apis/bot/v2/hook/1",
        "slack": f"{found.url}/services/T/B/X",
    }
    for name, text in secrets.items():
        (folder / name).write_text(f"{text}\n", "utf-8")
        (folder / name).chmod(0o600)
    return f"""
hub: guian
alerting:
  language: zh
  notify: 127.0.0.1:{port}
  receivers:
    - {{name: mail, language: en, email: {{to: [ops@acme.com], sender: hg@acme.com,
        server: "{found.mail}", tls: false}}}}
    - {{name: app, wecom: {{corp_id: ww1, agent_id: "1000002", secret_file: app, to_party: "2",
        api_url: "{found.url}/cgi-bin/"}}}}
    - {{name: robot, wecom: {{url_file: robot}}}}
    - {{name: ding, dingtalk: {{url_file: ding, secret_file: sign, at_mobiles: ["13800000000"]}}}}
    - {{name: fei, language: en, feishu: {{url_file: fei, secret_file: sign}}}}
    - {{name: slack, language: en, slack: {{url_file: slack}}}}
    - {{name: pd, severities: [critical], hubs: [guian],
        pagerduty: {{routing_key_file: token, url: "{found.url}/v2/enqueue"}}}}
    - {{name: hook, webhook: {{url: "{found.url}/hook", token_file: token}}}}
"""


def alerting_of(tmp_path: Path, found: Vendors) -> AlertingSection:
    path = tmp_path / "hubgauge.yaml"
    path.write_text(config_text(found, tmp_path, 9099), "utf-8")
    read = Document(path).section("alerting", AlertingSection)
    assert read is not None
    return read


def message_of(count: int, labels: dict[str, str] | None = None) -> bytes:
    one = {"status": "firing", **ALERT, **({"labels": labels} if labels else {})}
    return json.dumps({"alerts": [one] * count, "commonLabels": {"hub": "h"}}).encode()
