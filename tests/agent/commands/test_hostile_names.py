"""Names of sites and meters that are markup, formulas or templates, in every file we write."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from agent.cli import main
from tests.agent.web.reading import outline

NAMES = [
    '=HYPERLINK("http://e","x")',
    "+1",
    "@SUM(1)",
    "<script>alert(1)</script>",
    '"quo"te',
    "back\\slash",
    "{{ 7*7 }} $site {0} %s",
    "a,b;c",
    "'=1",
]
SITE = "<script>alert(2)</script>{{ 7*7 }}"
HOURS = 48


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of a site whose names are hostile, with two days of each meter imported."""
    folder = tmp_path_factory.mktemp("hostile")
    meters = [{"meter": name, "site": SITE, "point": "it_input", "serial": name} for name in NAMES]
    meters.append({"meter": "main", "site": SITE, "point": "utility"})
    sites = [{"site": SITE, "name": SITE, "timezone": "Asia/Shanghai"}]
    (folder / "inventory.yaml").write_text(json.dumps({"sites": sites, "meters": meters}))
    path = folder / "config.yaml"
    path.write_text("hub: guian\nstate_dir: state\ninventory: inventory.yaml\n")
    with (folder / "in.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("time", "meter", "energy_kwh"))
        for hour in range(HOURS):
            at = f"2025-01-{1 + hour // 24:02d}T{hour % 24:02d}:00:00"
            writer.writerow((at, "main", 20))
            writer.writerows((at, name, 1) for name in NAMES)
    assert (
        main(["ledger", "import", "--config", str(path), "--site", SITE, f"{folder}/in.csv"]) == 0
    )
    return path


def test_an_export_computes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No cell begins as a formula does, and each name is there once an hour."""
    capsys.readouterr()
    common = ["--config", str(config), "--site", SITE]
    days = ["--from", "2025-01-01", "--to", "2025-01-03"]
    assert main(["ledger", "export", *common, *days]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert not [row for row in rows if row["meter"].startswith(("=", "+", "-", "@", "\t"))]
    shown = [row["meter"] for row in rows]
    for name in NAMES:
        cell = f"'{name}" if name[0] in "=+@'" else name
        assert shown.count(cell) == HOURS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_statement_shows_names_as_text(config: Path, language: str) -> None:
    """Its page has each name, and no element of one; its JSON has them as they are."""
    out, page = config.parent / "year.json", config.parent / "year.html"
    asked = ["statement", "--config", str(config), "--site", SITE, "--year", "2025"]
    assert main([*asked, "--out", str(out), "--page", str(page), "--language", language]) == 0
    stated = out.read_text("utf-8")
    html = page.read_text("utf-8")
    outline(html)
    assert "<script" not in html
    assert "alert(1)" in html
    assert "{{ 7*7 }}" in html
    for name in NAMES:
        assert json.dumps(name, ensure_ascii=False) in stated


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_shows_names_as_text(config: Path, language: str) -> None:
    """The sheet of the week names the site, and no element of its name."""
    out = config.parent / "week.html"
    asked = ["report", "--config", str(config), "--week", "2025-W01", "--language", language]
    assert main([*asked, "--out", str(out)]) == 0
    html = out.read_text("utf-8")
    outline(html)
    assert "<script" not in html
    assert "alert(2)" in html
    assert "{{ 7*7 }}" in html
