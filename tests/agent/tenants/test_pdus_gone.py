"""A tenant's statement says what stands against it: hours that are deleted, simulated devices."""

from __future__ import annotations

import csv
import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support import stated
from tests.support.ledger import SITE, Clock, inventory, ledger

HOURS = 743
START = dt.datetime(2025, 2, 28, 23, tzinfo=dt.UTC)
"""Midnight of the first of March in Paris; that month has 743 hours."""
INVENTORY = (
    f"sites: [{{site: {SITE}, timezone: Europe/Paris}}]\n"
    f"racks: [{{rack: A07, site: {SITE}, feeds: {{A: {{pdu: A07-A}}}}}}]\n"
    "meters: [{meter: main, point: utility}, {meter: cage, point: other}]\n"
)
TENANTS = f"""tenants:
  - {{tenant: rack, site: {SITE}, shares: {{A07: 0.5}}}}
  - {{tenant: cage, site: {SITE}, meters: {{cage: 1}}}}
  - {{tenant: both, site: {SITE}, shares: {{A07: 0.5}}, meters: {{main: 0.5}}}}
tariff: {{price: 0.10}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a gateway with March: A07's PDU has 3 kW, half of it each tenant's.

    The cage has 7 kW, and the site 20 kW.
    """
    config = stated.gateway(tmp_path, INVENTORY, TENANTS)
    stated.import_hours(config, START, HOURS, {"A07-A": 3, "cage": 7, "main": 20})
    return tmp_path


def kept_at(folder: Path, year: int, month: int, day: int) -> None:
    """Let the agent tidy its ledger at midnight UTC of a day."""
    now = dt.datetime(year, month, day, tzinfo=dt.UTC).timestamp()
    book = ledger(folder / "state", Clock(now), inventory(INVENTORY))
    book.flush()
    book.close()


def made(folder: Path, tenant: str, *args: str) -> dict[str, Any]:
    """Make the statement of March."""
    return stated.made(folder / "hubgauge.yaml", "--tenant", tenant, "--month", "2025-03", *args)


def test_a_month_of_which_a_part_is_gone(folder: Path) -> None:
    """On 20 April what is older than 16 March, 01:00 in Paris, is gone: 35 days before.

    That is 15 days and an hour, 361 of 743 hours. 382 h x 1.5 kW = 573 kWh, of 51.41 % of the time;
    with half of the site's meter (743 h x 10 kW = 7430 kWh) it is 8003 kWh, of 75.71 %.
    """
    kept_at(folder, 2025, 4, 20)
    page, table = folder / "page.html", folder / "table.csv"
    rack = made(folder, "rack", "--page", str(page), "--csv", str(table))
    assert rack["pdus_from"] == "2025-03-16T01:00:00+01:00"
    assert (rack["kwh"], rack["coverage"]) == (pytest.approx(573.0), 0.5141)
    assert (rack["cost"], rack["partial"]) == ("57.30", True)
    sheet = page.read_text("utf-8")
    assert re.search(r"The amounts count only the 51\.41.% of the time that was measured", sheet)
    assert "all amounts are of the measured time only,0.5141" in table.read_text("utf-8")
    said = "Hours of PDUs are kept for 35 days. This statement has them from 2025-03-16 01:00 on"
    assert said in page.read_text("utf-8")
    items = [row["item"] for row in csv.DictReader(table.read_text("utf-8").splitlines())]
    assert "hours of PDUs are kept for 35 days: from 2025-03-16T01:00:00+01:00 on" in items
    both = made(folder, "both", "--page", str(page), "--lang", "zh")
    assert both["pdus_from"] == rack["pdus_from"]
    assert (both["kwh"], both["coverage"]) == (pytest.approx(8003.0), 0.7571)
    assert "PDU 的小时数据只保留 35 天" in page.read_text("utf-8")


def test_a_month_that_is_gone(folder: Path) -> None:
    """In June nothing of the rack's March is left: no energy, no cost, and the reason."""
    kept_at(folder, 2025, 6, 1)
    rack = made(folder, "rack")
    assert (rack["kwh"], rack["cost"], rack["coverage"]) == (None, None, 0.0)
    assert rack["pdus_from"] == "2025-04-01T00:00:00+02:00"


def test_what_other_meters_counted_stays(folder: Path) -> None:
    """A meter's hours are kept for good: 743 h x 7 kW = 5201 kWh, and there is nothing to say."""
    kept_at(folder, 2025, 6, 1)
    page = folder / "page.html"
    cage = made(folder, "cage", "--page", str(page))
    assert (cage["kwh"], cage["coverage"]) == (pytest.approx(5201.0), 1.0)
    assert cage["pdus_from"] is None
    assert "35 days" not in page.read_text("utf-8")


def test_a_month_that_is_whole_says_nothing(folder: Path) -> None:
    """On 4 April all of March is there."""
    kept_at(folder, 2025, 4, 4)
    rack = made(folder, "rack")
    assert (rack["kwh"], rack["coverage"]) == (pytest.approx(1114.5), 1.0)
    assert (rack["pdus_from"], rack["partial"]) == (None, False)


def test_a_simulated_month_says_so(folder: Path) -> None:
    """No bill of simulated devices can be taken for one of real ones, nor can its table."""
    table, config = folder / "table.csv", folder / "hubgauge.yaml"
    assert made(folder, "cage", "--csv", str(table))["simulated"] is False
    assert "simulated" not in table.read_text("utf-8")
    config.write_text(f"{config.read_text()}simulated: true\n")
    assert made(folder, "cage", "--csv", str(table))["simulated"] is True
    first, *_ = csv.DictReader(table.read_text("utf-8").splitlines())
    assert first["item"] == "simulated devices"
