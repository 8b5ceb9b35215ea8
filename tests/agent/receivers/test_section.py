"""The section `alerting`: what it says, and what is a mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from agent.receivers.model import AlertingSection
from collectors.strict import Document
from dashboards.alerts.routes import untold


def test_who_is_told_of_nothing_is_known(tmp_path: Path) -> None:
    """Hubs whose alerts nobody gets are found; where nobody is told of anything, none are."""
    path = tmp_path / "c.yaml"
    path.write_text(
        "alerting: {receivers: [{name: a, hubs: [guian], severities: [critical],"
        " webhook: {url: 'http://h'}}]}",
        "utf-8",
    )
    alerting = Document(path).section("alerting", AlertingSection)
    assert alerting is not None
    registry = load_registry()
    found = untold(registry, alerting)
    assert "guian" not in found["critical"]
    assert set(found["info"]) == set(registry.hubs)
    assert untold(registry, AlertingSection()) == {}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("{name: A b, webhook: {url: 'http://h'}}", "small letters"),
        ("{name: a}", "got none"),
        ("{name: a, webhook: {url: 'http://h'}, slack: {url_file: f}}", "slack, webhook"),
        ("{name: a, wecom: {corp_id: x}}", "url_file"),
        ("{name: a, email: {to: [x], sender: a@b, server: 'h:1'}}", "to: expected an address"),
        ("{name: a, email: {to: [x@y], sender: a@b, server: h}}", "such as mail.acme.com:587"),
        ("{name: a, language: xx, webhook: {url: 'http://h'}}", "expected one of en, "),
        ("{name: a, dingtalk: {url_file: f, sign: x}}", "sign"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_was_expected(
    tmp_path: Path, section: str, said: str
) -> None:
    """Each mistake names its line and its key."""
    path = tmp_path / "c.yaml"
    path.write_text(f"alerting:\n  receivers:\n    - {section}\n", "utf-8")
    document = Document(path)
    document.section("alerting", AlertingSection)
    (error,) = document.errors
    assert said in str(error)
    assert error.line == 3
