"""What alerts say: names, texts, their chapter of the runbook, and the labels they tell."""

from __future__ import annotations

import re

from agent.hubs.model import Registry
from dashboards.alerts import ALERTS, GROUPS
from dashboards.alerts.leads import RUNBOOK
from tests.support import ROOT


def test_alerts_say_what_to_do() -> None:
    """Every alert has a unique name, both languages, a group, and a chapter in the runbook that it
    leads to.
    """
    chapters = set(re.findall(r"^## (\w+)$", (ROOT / RUNBOOK).read_text("utf-8"), re.MULTILINE))
    assert {alert.name for alert in ALERTS} == chapters
    chinese = (ROOT / RUNBOOK).parent / "zh" / "runbook.md"
    assert set(re.findall(r"^## (\w+)$", chinese.read_text("utf-8"), re.MULTILINE)) == chapters
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)
    assert [alert for alerts in GROUPS.values() for alert in alerts] == list(ALERTS)
    for alert in ALERTS:
        texts = alert.annotations()
        assert bool(alert.shown_value) or not alert.limit.text, alert.name
        assert texts["runbook_url"] == f"{RUNBOOK}#{alert.name.lower()}"
        assert ":" in texts["summary"], f"{alert.name} says what is wrong, then what to do"
        assert re.search(r"[\u4e00-\u9fff]", texts["summary_zh"])
        assert alert.must_fire.fires is not None
        assert all(case.fires is None for case in (alert.must_not_fire, *alert.also_quiet))


def test_alert_labels_are_there(registry: Registry) -> None:
    """A label that an alert's text names is one that its case carries."""
    del registry
    for alert in ALERTS:
        named = set(re.findall(r"\$labels\.(\w+)", " ".join(alert.annotations().values())))
        assert named <= set(alert.must_fire.fires or {}), alert.name
