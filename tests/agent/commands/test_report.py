"""`hubgauge report`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.cli import main
from agent.hubs.loader import load_registry
from agent.report.hub_report import hub_report
from agent.report.period import period_of
from collectors.base import HubgaugeError
from tests.agent.report.two_weeks import NOW, STOCK, ZONE, fill
from tests.agent.web.reading import outline
from tests.support import ledger as kit


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two weeks."""
    found = tmp_path_factory.mktemp("state") / "ledger.db"
    fill(found)
    return found


def _config(tmp_path: Path, path: Path) -> str:
    (tmp_path / "inventory.yaml").write_text(STOCK)
    config = tmp_path / "hubgauge.yaml"
    config.write_text(
        f"hub: guian\nsite: {kit.SITE}\nstate_dir: {path.parent}\ninventory: inventory.yaml\n"
    )
    return str(config)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_writes_a_file_of_its_own(
    path: Path, tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file refers to nothing outside itself, runs no script, and has the week's PUE."""
    out = tmp_path / "week.html"
    assert (
        main(
            [
                "report",
                "--config",
                _config(tmp_path, path),
                "--week",
                "2026-W46",
                "--language",
                language,
                "--out",
                str(out),
            ]
        )
        == 0
    )
    assert capsys.readouterr().out == f"{out}\n"
    html = out.read_text("utf-8")
    found = outline(html)
    assert all(link.startswith("#m-") for link in found.links)
    assert "script" not in found.tags
    assert "link" not in found.tags
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", html)
    assert "1.200" in html
    assert 'lang="zh-Hans"' in html if language == "zh" else 'lang="en"' in html


def test_the_command_says_what_is_wrong(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong hub, week or folder is one line, with status 2; no ledger is status 1."""
    config = _config(tmp_path, path)
    for wrong in (["--hub", "guain"], ["--week", "46"], ["--out", "/nonexistent/x.html"]):
        assert main(["report", "--config", config, "--out", str(tmp_path / "x"), *wrong]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    with pytest.raises(HubgaugeError):
        hub_report(
            tmp_path / "none.db",
            "guian",
            None,
            load_registry(),
            period_of("week", "2026-W46", ZONE, NOW),
            clock=lambda: NOW,
        )
