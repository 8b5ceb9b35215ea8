"""The carbon of a year's bought electricity, by paper.

The site draws 12 kW in January and February 2025, less the last ten hours. Its zone is half an hour
off the hours of the factors: the hour from 18:00 to 19:00 UTC of 31 January lies in both months,
with 6 kWh in each, and has a factor of 1.7 by location instead of 0.7.

January: 744 h x 12 kW = 8928 kWh. 8928 x 0.7 + 6 x 1.0 = 6255.6 kg by location; x 0.3 = 2678.4 kg.
February: 662 of 672 h, 7944 kWh. 7944 x 0.7 + 6 = 5566.8 kg by location; x 0.3 = 2383.2 kg.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.cli import main
from tests.support import stated as gateways
from tests.support.ledger import SITE

ZONE = "Asia/Kolkata"
HOURS = 744 + 672 - 10


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gateway with two months of its meters."""
    folder = tmp_path_factory.mktemp("carbon")
    config = gateways.gateway(
        folder,
        f"sites: [{{site: {SITE}, name: Hall, timezone: {ZONE}}}, {{site: dark}}]\n"
        "meters:\n"
        f"- {{meter: main, site: {SITE}, point: utility}}\n"
        f"- {{meter: diesel, site: {SITE}, point: generator}}\n"
        f"- {{meter: it, site: {SITE}, point: it_input}}\n",
        "carbon: {location: 0.7, market: 0.3, hours_file: hours.csv}\n",
    )
    (folder / "hours.csv").write_text("time,location\n2025-01-31T18:00:00+00:00,1.7\n")
    start = dt.datetime(2025, 1, 1, tzinfo=ZoneInfo(ZONE))
    gateways.import_hours(config, start, HOURS, {"main": 12, "diesel": 5, "it": 10})
    return folder


def made(folder: Path, *args: str) -> dict[str, Any]:
    return gateways.made(folder / "hubgauge.yaml", "--carbon", "2025", *args)


def carbon(figures: dict[str, Any]) -> dict[str, float]:
    return {one["basis"]: one["kilograms"] for one in figures["carbon"]}


def test_the_year_by_paper(imported: Path) -> None:
    """Energy, coverage and carbon of each month and of the year; no generator is in it."""
    stated = made(imported)
    january, february, march, *_ = stated["months"]
    assert (january["month"], january["kwh"], january["coverage"]) == ("2025-01", 8928.0, 1.0)
    assert carbon(january) == {"location": 6255.6, "market": 2678.4}
    assert (february["kwh"], february["coverage"]) == (7944.0, 0.9851)
    assert carbon(february) == {"location": 5566.8, "market": 2383.2}
    assert (march["kwh"], march["coverage"], march["carbon"]) == (None, 0.0, [])
    assert len(stated["months"]) == 12
    assert (stated["kwh"], stated["coverage"]) == (16872.0, 0.1605)  # 1406 of 8760 h
    assert carbon(stated) == {"location": 11822.4, "market": 5061.6}
    assert (stated["scope"], stated["whole"], stated["timezone"]) == (2, True, ZONE)


def test_a_simulated_year_says_so(imported: Path, tmp_path: Path) -> None:
    """No file of simulated devices can be taken for one of real ones."""
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    assert made(tmp_path)["simulated"] is False
    with (tmp_path / "hubgauge.yaml").open("a") as config:
        config.write("simulated: true\n")
    table = tmp_path / "carbon.csv"
    assert made(tmp_path, "--csv", str(table))["simulated"] is True
    assert all(row["simulated"] == "true" for row in csv.DictReader(table.read_text().splitlines()))


def test_energy_without_a_factor_is_told(imported: Path, tmp_path: Path) -> None:
    """Where only one hour has a factor, the carbon says of how much of the energy it is."""
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    (tmp_path / "tenants.yaml").write_text("carbon: {market: 0.3, hours_file: hours.csv}\n")
    january = made(tmp_path)["months"][0]
    (location,) = (one for one in january["carbon"] if one["basis"] == "location")
    assert (location["kilograms"], location["coverage"]) == (10.2, round(6 / 8928, 4))  # 6 x 1.7


def test_the_report_as_a_table_and_as_a_page(imported: Path, tmp_path: Path) -> None:
    """The table has a line for each month and the year's; the page has both languages."""
    table, page = tmp_path / "carbon.csv", tmp_path / "carbon.html"
    made(imported, "--csv", str(table), "--page", str(page), "--language", "zh")
    head, *rows = csv.reader(table.read_text().splitlines())
    assert head[2:] == [
        "kwh",
        "coverage",
        "location_kg",
        "location_coverage",
        "market_kg",
        "market_coverage",
        "simulated",
    ]
    assert rows[0] == [
        SITE,
        "2025-01",
        "8928.000",
        "1.0000",
        "6255.600",
        "1.0000",
        "2678.400",
        "1.0000",
        "false",
    ]
    assert rows[2] == [SITE, "2025-03", "", "0.0000", "", "", "", "", "false"]
    assert rows[-1][1:4] == ["2025", "16872.000", "0.1605"]
    text = page.read_text("utf-8")
    assert "2025 年外购电力碳排放" in text
    assert "基于市场" in text
    march = text[text.index("2025-03") :]
    assert "kWh" not in march[: march.index("</tr>")]
    assert "11 822" in text.replace("\u202f", " ").replace("\u2009", " ").replace("\xa0", " ")


@pytest.mark.parametrize(
    ("tenants", "args", "said"),
    [
        ("carbon: {}", ("--carbon", "2025"), "states no factor"),
        ("carbon: {market: 0}", ("--carbon", "2025", "--site", "dark"), "no meter of the point"),
        ("carbon: {market: 0}", ("--carbon", "9000"), "has not begun"),
        ("carbon: {market: 0}", ("--carbon", "99999"), "expected a year"),
        (
            "carbon: {market: 0}",
            ("--carbon", "2025", "--key", "k.pem"),
            "only a statement of --year",
        ),
        ("carbon: {market: 0}", ("--carbon", "2025", "--month", "2025-01"), "goes with --tenant"),
        ("carbon: {market: 0}", ("--year", "2025", "--csv", "x.csv"), "goes with --tenant and"),
    ],
)
def test_what_cannot_be_told_is_refused(
    imported: Path,
    tmp_path: Path,
    tenants: str,
    args: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A report without factors, without a meter or without a year is one clear line."""
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    (tmp_path / "tenants.yaml").write_text(f"{tenants}\n")
    assert main(gateways.statement(tmp_path / "hubgauge.yaml", *args)) == 2
    assert said in capsys.readouterr().err
