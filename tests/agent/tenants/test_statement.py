"""A tenant's March 2025 in Lyon, by paper.

Paris has 743 hours in that month, for summer time begins on the 30th. Tenant acme has the rack A07
(feeds of 3 and 1 kW) and half of A08 (2 kW): 5 kW, so 743 h x 5 kW = 3715 kWh.
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
from agent.pue.model import PueResult
from agent.pue.places import Place
from agent.tenants.carbon import CarbonFactors
from agent.tenants.hours import Part, meter_shares, month_of
from agent.tenants.model import Period, Tariff, Tenant
from agent.tenants.statement import tenant_statement
from collectors.base import ConfigError
from collectors.strict import Problems, read
from tests.support import stated as gateways
from tests.support.ledger import SITE, inventory

HOURS = 743
START = dt.datetime(2025, 2, 28, 23, tzinfo=dt.UTC)
"""Midnight of the first of March in Paris."""
POWERS = {"main": 130.0, "it": 100.0, "A07-A": 3.0, "A07-B": 1.0, "A08-A": 2.0, "cage": 7.0}
TENANTS = f"""
tenants:
  - {{tenant: acme, name: Acme SAS, site: {SITE}, racks: [A07], shares: {{A08: 0.5}}}}
  - {{tenant: cages, name: "=Cages", site: {SITE}, meters: {{cage: 1}}}}
tariff:
  currency: EUR
  price: 0.10
  fixed: 25
  peak_price: 8
  periods:
    - {{name: peak, days: [mon, tue, wed, thu, fri], since: "07:00", until: "22:00", price: 0.20}}
carbon: {{location: 0.04, market: 0, hours_file: hours.csv}}
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gateway with the month of its meters."""
    folder = tmp_path_factory.mktemp("month")
    config = gateways.gateway(
        folder,
        f"sites: [{{site: {SITE}, timezone: Europe/Paris}}]\n"
        "racks:\n"
        f"- {{rack: A07, site: {SITE}, feeds: {{A: {{pdu: A07-A}}, B: {{pdu: A07-B}}}}}}\n"
        f"- {{rack: A08, site: {SITE}, feeds: {{A: {{pdu: A08-A}}}}}}\n"
        f"- {{rack: A09, site: {SITE}}}\n"
        "meters:\n"
        "- {meter: main, point: utility}\n"
        "- {meter: it, point: it_input}\n"
        "- {meter: cage, point: other, accuracy_class: 1}\n",
        TENANTS,
    )
    (folder / "hours.csv").write_text(
        "time,location\n"
        + "".join(f"{(START + dt.timedelta(hours=n)).isoformat()},0.05\n" for n in range(24))
    )
    gateways.import_hours(
        config,
        START,
        HOURS,
        POWERS,
        lacks=lambda meter, hour: meter == "A08-A" and hour >= HOURS - 100,
    )
    return folder


@pytest.fixture
def folder(imported: Path, tmp_path: Path) -> Path:
    """A copy of it, which a test may change."""
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    return tmp_path


def made(folder: Path, tenant: str, *args: str, month: str = "2025-03") -> dict[str, Any]:
    """Make a statement."""
    return gateways.made(folder / "hubgauge.yaml", "--tenant", tenant, "--month", month, *args)


def refusal_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is said where acme's statement of March cannot be made."""
    capsys.readouterr()
    command = gateways.statement(folder / "hubgauge.yaml", "--tenant", "acme", "--month", "2025-03")
    assert main(command) == 2
    return capsys.readouterr().err


def test_the_month_by_paper(folder: Path) -> None:
    """Energy, peak, times of use, cost and carbon of a month with a gap.

    A08 is not covered in the last 100 hours: 3715 - 100 = 3615 kWh, and (3 x 743 - 100) / (3 x 743)
    = 0.9551 of the time. The month has 21 working days, so 21 x 15 h = 315 h are peak. The gap
    begins on Thursday the 27th at 19:00 (5 + 24 + 24 + 23 + 24 h, for the 30th has 23), and 3 + 15
    + 15 = 33 h of it are peak. So 315 x 5 - 33 = 1542 kWh at 0.20 = 308.40, and 2073 kWh at 0.10 =
    207.30; with 25 fixed and 5 kW x 8 = 40 that is 580.70.
    PUE is 1.3. Carbon: (24 h x 5 x 0.05 + (3615 - 120) x 0.04) x 1.3 = 189.54 kg.
    """
    stated = made(folder, "acme")
    assert stated["kwh"] == pytest.approx(3615.0)
    assert stated["coverage"] == 0.9551
    assert (stated["start"], stated["end"]) == (
        "2025-03-01T00:00:00+01:00",
        "2025-04-01T00:00:00+02:00",
    )
    assert stated["peak_kw"] == pytest.approx(5.0)
    assert (stated["pue"], stated["facility_kwh"]) == (1.3, pytest.approx(4699.5))
    assert {one["name"]: (one["kwh"], one["cost"]) for one in stated["periods"]} == {
        "peak": (1542.0, "308.40"),
        "": (2073.0, "207.30"),
    }
    assert (stated["fixed"], stated["peak_cost"], stated["cost"]) == ("25.00", "40.00", "580.70")
    assert {one["basis"]: one["kilograms"] for one in stated["carbon"]} == {
        "location": pytest.approx(189.54),
        "market": 0.0,
    }
    # Nobody states a class: 2 %, all in common; 2 x 2 % / sqrt(3) = 2.31 %.
    assert stated["uncertainty"] == 0.0231


def test_a_month_begins_with_its_first_five_minutes() -> None:
    """Before 00:05 of the first there is no cell to state; from then on there is one."""
    zone, first = ZoneInfo("Europe/Paris"), START.timestamp()
    for now in (first - 86_400, first, first + 299):
        with pytest.raises(ConfigError, match="2025-03 has not begun"):
            month_of("2025-03", zone, now)
    month = month_of("2025-03", zone, first + 300)
    assert (month.start, month.end, month.whole) == (first, first + 300, False)


def test_a_peak_is_the_mean_of_a_whole_hour() -> None:
    """An hour that a time of use cuts at 55 minutes counts as a whole.

    The first hour has 5.5 kWh in 55 minutes and none after it: 5.5 kW, and not 6. The second has
    5.6 kWh, so it has the peak.
    """
    begin = START.timestamp()
    cut = [(0.0, 3300.0, 5.5), (3300.0, 300.0, 0.0), (3600.0, 3600.0, 5.6)]
    parts = [
        Part(start=begin + at, seconds=seconds, period=None, kwh={"m": kwh}, covered=1.0)
        for at, seconds, kwh in cut
    ]
    stated = tenant_statement(
        Tenant(tenant="t", site=SITE, meters={"m": 1.0}),
        month_of("2025-03", ZoneInfo("Europe/Paris"), begin + 7200),
        parts,
        tariff=Tariff(),
        factors=CarbonFactors(),
        pue=PueResult(
            site=SITE,
            window="month",
            start=begin,
            end=begin + 7200,
            state="no_data",
            pue=None,
            category=None,
            coverage=0.0,
            uncertainty=None,
            facility_joules=0.0,
            it_joules=0.0,
            interim=True,
        ),
        accuracy={"m": Place(names=("m",), accuracy=1.0)},
    )
    assert (stated.peak_kw, stated.peak_at) == (pytest.approx(5.6), begin + 3600)


def test_shares_of_one_pdu_add_up() -> None:
    """Half of a rack and a quarter of its PDU beside it are 0.75 of the PDU;
    another rack's is 1.
    """
    stock = inventory(
        f"sites: [{{site: {SITE}}}]\nracks:\n"
        f"- {{rack: A07, site: {SITE}, feeds: {{A: {{pdu: p}}}}}}\n"
        f"- {{rack: A08, site: {SITE}, feeds: {{A: {{pdu: q}}}}}}\n"
    )
    tenant = Tenant(tenant="t", site=SITE, racks=("A08",), shares={"A07": 0.5}, meters={"p": 0.25})
    assert meter_shares(tenant, stock) == {"p": 0.75, "q": 1.0}


def test_a_meter_of_its_own_with_a_class(folder: Path) -> None:
    """743 h x 7 kW; one meter of class 1 is good for 2 x 1 % / sqrt(3) = 1.15 %."""
    stated = made(folder, "cages")
    assert stated["kwh"] == pytest.approx(5201.0)
    assert (stated["coverage"], stated["uncertainty"]) == (1.0, 0.0115)


def test_the_facilitys_energy_is_billed_where_the_tariff_says_so(folder: Path) -> None:
    """At a PUE of 1.3 each kilowatt-hour costs as 1.3; without a valid PUE there is no cost."""
    file = folder / "tenants.yaml"
    file.write_text(TENANTS.replace("  price: 0.10", "  price: 0.10\n  energy: facility"))
    stated = made(folder, "cages")
    # 315 h x 7 kW x 1.3 = 2866.5 kWh at 0.20, 428 h x 7 x 1.3 = 3894.8 at 0.10; 25 and 7 x 8.
    assert [one["cost"] for one in stated["periods"]] == ["389.48", "573.30"]
    assert stated["cost"] == "1043.78"
    stated = made(folder, "cages", month="2025-04")
    assert (stated["pue"], stated["cost"], stated["facility_kwh"]) == (None, None, None)
    assert (stated["carbon"], stated["peak_kw"], stated["uncertainty"]) == ([], None, None)
    assert (stated["kwh"], stated["not_measured"]) == (None, ["cage"])


def test_a_night_over_midnight_and_half_an_hour(folder: Path) -> None:
    """A border within an hour cuts it: 22:30 to 06:30 is eight hours, and one night has seven.

    March has 31 nights, and the first six and a half hours are of the night before. From 1 March
    0:00 to 1 April 0:00 the night has 30 x 8 + 6.5 + 1.5 hours, less the one that the 30th lacks:
    247 h x 7 kW = 1729 kWh.
    """
    night = '    - {name: night, since: "22:30", until: "06:30", price: 0.05}\n'
    text = TENANTS[: TENANTS.index("    - {name: peak")] + night
    (folder / "tenants.yaml").write_text(text)
    stated = made(folder, "cages")
    kwh = {one["name"]: one["kwh"] for one in stated["periods"]}
    assert kwh == {"night": pytest.approx(1729.0), "": pytest.approx(5201.0 - 1729.0)}


def test_the_table_and_the_page(folder: Path) -> None:
    """The table has the cost and runs no formula; the page is whole in both languages."""
    table, page = folder / "t.csv", folder / "p.html"
    made(folder, "cages", "--csv", str(table), "--page", str(page), "--lang", "zh")
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    # 315 x 7 x 0.2 = 441.00; 428 x 7 x 0.1 = 299.60; 25; 7 x 8 = 56.
    (cost,) = [row for row in rows if row["item"] == "cost"]
    assert cost["amount"] == "821.60"
    html = page.read_text("utf-8")
    assert "2025-03 电能账单" in html
    assert "821.60" in html
    made(folder, "acme", "--page", str(page))
    assert "Acme SAS" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("racks: [A07]", "racks: [A77]", "A77 is not in the inventory"),
        ("meters: {cage: 1}", "shares: {A08: 0.6}", "the shares of A08 add up to 1.1"),
        ("racks: [A07]", "racks: [A09]", "A09 has no PDU"),
        ('since: "07:00"', 'since: "07:03"', "multiple of 5 minutes"),
        ("hours_file: hours.csv", "hours_file: hours_of_meters.csv", "expected the columns time"),
        ("tenant: acme", "tenant: acne", "no such tenant"),
    ],
)
def test_a_mistake_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    """A name that is not there, a rack given away twice, a file that is another."""
    (folder / "tenants.yaml").write_text(TENANTS.replace(old, new))
    (line,) = refusal_of(folder, capsys).splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2025-03-01T00:00,0.1", "with its offset"),
        ("2025-03-01T00:30+01:00,0.1", "start of an hour"),
        ("2025-03-01T00:00+01:00,x", "kilograms a kilowatt-hour"),
        ("2025-03-01T00:00+01:00,0.1\n2025-02-28T23:00Z,0.2", "given twice"),
    ],
)
def test_a_factor_that_cannot_be_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], row: str, said: str
) -> None:
    """A row of the factors that cannot be read is one line with its number."""
    (folder / "hours.csv").write_text(f"time,location\n{row}\n")
    assert said in refusal_of(folder, capsys)


def test_a_night_belongs_to_the_day_it_began_on() -> None:
    """Friday's night goes on into Saturday, and Sunday's is no Friday's."""
    night = Period(name="n", price=1.0, since="22:00", until="06:00", days=("fri",))
    zone = ZoneInfo("Europe/Paris")
    friday = dt.datetime(2025, 3, 7, tzinfo=zone)
    held = [n for n in range(72) if night.holds(friday + dt.timedelta(hours=n))]
    assert held == [22, 23, 24, 25, 26, 27, 28, 29]


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    """The file is read strictly."""
    (tmp_path / "p.yaml").write_text('{name: n, price: 1, since: "1:00", until: "06:00"}')
    with pytest.raises(Problems, match="since"):
        read(tmp_path / "p.yaml", Period)
