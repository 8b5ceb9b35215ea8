"""Shares of an outlet, and months of outlets that come from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import main
from tests.agent.tenants.billed_outlets import heard, made, stock_of
from tests.support.ledger import SITE

SHARED = f"""
tenants:
  - {{tenant: acme, site: {SITE}, outlets: {{A07-A: {{"1": 0.25}}}}}}
  - {{tenant: silk, site: {SITE}, outlets: {{A07-A: {{"1": 0.75, "3": 1}}}}}}
tariff: {{currency: EUR, price: 0.10, fixed: 25}}
"""
MONTH = "time,meter,energy_kwh\n2025-10-01,A07-A:1,1488\n2025-10-01,A07-A:3,744\n"


def imported(billing: Path, rows: str, *args: str) -> int:
    """Import a file of a month's rows."""
    file = billing.parent / "month.csv"
    file.write_text(rows, "utf-8")
    command = ["ledger", "import", "--config", str(billing), "--site", SITE]
    return main([*command, "--interval", "1mo", *args, str(file)])


def test_shares_of_an_outlet_by_paper(billing: Path) -> None:
    """October has 744 hours. Outlet 1 had 2 kW: 1488 kWh, a quarter is 372 and the rest 1116.

    At 0.10 a kWh and 25 a month acme pays 62.20. Outlet 3 had 1 kW: silk has 1116 + 744 = 1860 kWh,
    and pays 211.00.
    """
    (billing.parent / "tenants.yaml").write_text(SHARED, "utf-8")
    assert imported(billing, MONTH) == 0
    acme, silk = made(billing, "acme"), made(billing, "silk")
    assert acme["meters"] == {"A07-A:1": pytest.approx(372.0)}
    assert (acme["cost"], acme["coverage"], acme["partial"]) == ("62.20", 1.0, False)
    assert silk["meters"] == {"A07-A:1": pytest.approx(1116.0), "A07-A:3": pytest.approx(744.0)}
    assert silk["cost"] == "211.00"


@pytest.mark.parametrize(
    ("share", "wrong"),
    [
        ("0.8", "the shares of A07-A:1 add up to 1.05, more than 1"),
        ("0", "outlets.A07-A.1: expected a number of at least 1e-06 and at most 1, got 0"),
    ],
)
def test_shares_of_an_outlet_that_cannot_be(
    billing: Path, capsys: pytest.CaptureFixture[str], share: str, wrong: str
) -> None:
    """A wrong share is told, and the agent keeps the outlet's energy all the same."""
    (billing.parent / "tenants.yaml").write_text(SHARED.replace("0.75", share), "utf-8")
    assert main(["check", str(billing)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(wrong)
    assert stock_of(billing).billed_outlets == {("A07-A", "1"), ("A07-A", "3")}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A07-A:2", "'A07-A:2' 可能是插座；配置所指文件中没有租户使用它"),
        ("B07-A:2", "'B07-A:2' 不是本站点的电能表"),
    ],
)
def test_outlets_of_nobody_are_not_imported(
    billing: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    said: str,
) -> None:
    """An outlet that no tenant has is refused with a reason, and nothing of the file is taken."""
    (billing.parent / "tenants.yaml").write_text(SHARED, "utf-8")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.delenv("LANGUAGE", raising=False)
    assert imported(billing, MONTH.replace("A07-A:3", name)) == 2
    assert said in capsys.readouterr().err


def test_outlets_that_are_imported_and_heard_are_one_meter(billing: Path) -> None:
    """Outlet 1 was heard for two hours at 1 kW; its month as one row of 1488 kWh takes their place.

    That needs --force. The import is taken back as any other, and the two hours are there again.
    """
    heard(billing)
    assert imported(billing, MONTH.replace("A07-A:3", "A07-A:2")) == 2
    assert imported(billing, MONTH.replace("A07-A:3", "A07-A:2"), "--force") == 0
    assert made(billing, "acme")["meters"]["A07-A:1"] == pytest.approx(1488.0)
    undo = ["ledger", "undo", "--config", str(billing), "--site", SITE, "1"]
    assert main(undo) == 0
    assert made(billing, "acme")["meters"]["A07-A:1"] == pytest.approx(2.0)


def test_imported_outlets_are_no_energy_of_the_site(billing: Path) -> None:
    """1300 kWh at the utility over 1000 kWh of the PDU is 1.3, with its outlet's 800 kWh or not."""
    rows = (
        "time,meter,energy_kwh\n2025-10-01,main,1300\n2025-10-01,A07-A,600\n2025-10-01,A08-A,400\n"
    )
    assert imported(billing, f"{rows}2025-10-01,A07-A:1,500\n") == 0
    assert made(billing, "acme")["pue"] == pytest.approx(1.3)
