"""`hubgauge statement`: a year of 130 kW at the utility meter and 100 kW of IT, imported."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from tests.support import stated as gateways
from tests.support.ledger import SITE

HOURS = 8760
"""Of the year 2025; Shanghai has no daylight saving time."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gateway with two meters, and their year."""
    tmp_path = tmp_path_factory.mktemp("year")
    config = gateways.gateway(
        tmp_path,
        f"sites: [{{site: {SITE}, name: Huawei, timezone: Asia/Shanghai}}]\n"
        "meters:\n"
        "- {meter: main, point: utility, accuracy_class: 0.5, serial: A-17,"
        " calibrated: 2024-11-05}\n"
        "- {meter: it, point: it_input, accuracy_class: 1}\n",
    )
    put(config, main=130.0, it=100.0)
    return tmp_path


@pytest.fixture
def config(gateway: Path, tmp_path: Path) -> Path:
    """The config file in a copy of the gateway that has made the statement, `2025.json`."""
    shutil.copytree(gateway, tmp_path, dirs_exist_ok=True)
    return tmp_path / "hubgauge.yaml"


def put(config: Path, **kilowatts: float) -> None:
    """Import the hours of 2025 of some meters, in the site's own time."""
    gateways.import_hours(config, dt.datetime.fromisoformat("2025-01-01"), HOURS, kilowatts)


def statement(config: Path, *args: str) -> int:
    return main(gateways.statement(config, *args))


def made(config: Path, *args: str) -> dict[str, Any]:
    """Make the statement of 2025."""
    return gateways.made(config, "--year", "2025", *args, out="2025.json")


@pytest.fixture(scope="module")
def gateway(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that gateway when it has made the statement; nobody changes it."""
    folder = tmp_path_factory.mktemp("stated")
    shutil.copytree(imported, folder, dirs_exist_ok=True)
    made(folder / "hubgauge.yaml")
    return folder


@pytest.fixture(scope="module")
def stated(gateway: Path) -> dict[str, Any]:
    """The statement of that year."""
    return dict(json.loads((gateway / "2025.json").read_text()))


def test_a_year(imported: Path, stated: dict[str, Any]) -> None:
    """The year is 1 138 800 / 876 000 kWh = 1.300, and each month the same."""
    figure = stated["figure"]
    assert figure["facility_kwh"] == pytest.approx(HOURS * 130)
    assert figure["it_kwh"] == pytest.approx(HOURS * 100)
    assert (figure["pue"], figure["coverage"]) == (pytest.approx(1.3), 1.0)
    assert (stated["category"], stated["interim"]) == (3, False)
    assert [one["start"][:7] for one in stated["months"]] == [f"2025-{n:02}" for n in range(1, 13)]
    assert [one["pue"] for one in stated["months"]] == [pytest.approx(1.3)] * 12
    february = stated["months"][1]
    assert february["it_kwh"] == pytest.approx(28 * 24 * 100)
    assert [one["file"] for one in stated["imports"]] == ["hours_of_meters.csv"]
    digest = hashlib.sha256((imported / "hours_of_meters.csv").read_bytes()).hexdigest()
    assert stated["imports"][0]["sha256"] == digest


def test_its_points(stated: dict[str, Any]) -> None:
    """The points' sums make the figure: utility counts as facility energy, it_input as IT."""
    points = {one["point"]: one for one in stated["points"]}
    assert {name: (one["sign"], one["is_it"]) for name, one in points.items()} == {
        "utility": (1, False),
        "it_input": (0, True),
    }
    assert points["utility"]["energy"] == pytest.approx(HOURS * 130)


def test_its_meters(stated: dict[str, Any]) -> None:
    """Each meter is stated with its class, its calibration and what it counted."""
    by_name = {one["meter"]: one for one in stated["meters"]}
    meter = by_name["main"]
    assert (meter["serial"], meter["calibrated"], meter["accuracy_class"]) == (
        "A-17",
        "2024-11-05",
        0.5,
    )
    assert meter["counted"] == pytest.approx(HOURS * 130)
    assert by_name["it"]["calibrated"] == ""


def test_its_digest(stated: dict[str, Any]) -> None:
    """The digest is the SHA-256 of sorted, compact JSON without itself."""
    rest = dict(stated)
    said = rest.pop("sha256")
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert said == hashlib.sha256(text.encode()).hexdigest()


def test_it_can_be_made_again_after_a_correction(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a corrected file the ledger says 1.40, and the statement of 1.30 still verifies."""
    put(config, main=140.0)
    assert statement(config, "--verify", str(config.parent / "2025.json")) == 0
    assert "the ledger gives the same figures" in capsys.readouterr().out
    assert made(config)["figure"]["pue"] == pytest.approx(1.4)


def test_a_changed_statement_is_found(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A PUE that somebody has improved is told by the digest and by the ledger."""
    path = config.parent / "2025.json"
    stated = json.loads(path.read_text())
    stated["figure"]["pue"] = 1.19
    path.write_text(json.dumps(stated))
    assert statement(config, "--verify", str(path)) == 1
    out = capsys.readouterr().out
    assert "digest: it is not that of the content" in out
    assert "figure.pue: 1.19 stated, the ledger says 1.3" in out


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_signature(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A signed statement verifies with its own key, and not with another one."""
    keys = []
    for name in ("own", "other"):
        private, public = config.parent / f"{name}.pem", config.parent / f"{name}.pub"
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(private)], check=True
        )
        subprocess.run(
            ["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)], check=True
        )
        keys.append((str(private), str(public)))
    made(config, "--key", keys[0][0])
    path = str(config.parent / "2025.json")
    assert statement(config, "--verify", path, "--public-key", keys[0][1]) == 0
    assert statement(config, "--verify", path, "--public-key", keys[1][1]) == 1
    assert "signature: " in capsys.readouterr().out


@pytest.mark.parametrize(("language", "title"), [("en", "PUE statement 2025"), ("zh", "2025 年")])
def test_its_page(config: Path, language: str, title: str) -> None:
    """The page has the figures in the words of its language, and refers to no other file."""
    page = config.parent / "2025.html"
    stated = made(config, "--page", str(page), "--language", language)
    html = page.read_text("utf-8")
    assert title in html
    for text in ("1.300", "A-17", "2024-11-05", stated["sha256"], "hours_of_meters.csv"):
        assert text in html
    assert "src=" not in html
    assert "<link" not in html
