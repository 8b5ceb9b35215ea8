"""The sheets: a tenant's month, the carbon of a year and a report, on a phone and on a wall."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.hubs.loader import load_registry
from agent.messages.catalogue import words
from agent.report.period import period_of
from agent.tenants.carbon_year import CarbonMonth, CarbonYear
from agent.tenants.hours import Month
from agent.tenants.statement import TenantStatement
from agent.web import carbonpage, reportpage, tenantpage
from collectors.base import Batch
from tests.agent.report.two_weeks import NOW, ZONE
from tests.agent.web import fixture, reports
from tests.agent.web.served import Site, fresh
from tests.agent.web.test_host import machine, series
from tests.support.browser import Browser

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONTH = Month(name="2026-10", start=1790784000.0, end=1793462400.0, whole=True, zone=SHANGHAI)
BILL = TenantStatement(
    tenant="acme",
    name="Acme SAS",
    site="guian-1",
    month=MONTH,
    kwh=7390.5,
    coverage=0.999,
    uncertainty=0.023,
    peak_kw=12.06,
    peak_at=1791000000.0,
    pue=1.142,
    facility_kwh=8442.8,
    currency="CNY",
    billed="facility",
    periods=(),
    fixed=Decimal("2500.00"),
    peak_cost=Decimal("337.64"),
    cost=Decimal("7605.33"),
    carbon=(),
    meters={"A07-A": 762.5, "A07-B": 833.2},
    not_measured=(),
)
"""A bill as one would write it by hand."""
YEAR = CarbonYear(
    site="guian-1",
    name="Hall 1",
    year=2026,
    whole=False,
    zone=SHANGHAI,
    months=[],
    total=CarbonMonth(name="2026", seconds=100.0, kwh=933668.0, covered=99.9, carbon=()),
)


def documents(language: str) -> dict[str, str]:
    """Return the sheets in a language, of simulated devices."""
    registry, w = load_registry(), words(language)
    week = period_of("week", "2026-W46", ZONE, NOW)
    report = reports.made_up(registry, "guian", week)
    return {
        "tenant": tenantpage.document(BILL, w, simulated=True),
        "carbon": carbonpage.document(YEAR, w, simulated=True),
        "report": reportpage.document(report, w, week, hub_name="Hub"),
    }


@pytest.mark.parametrize("width", [390, 3840])
@pytest.mark.parametrize(("language", "dark"), [("en", False), ("zh", True)])
def test_a_sheet_fits_the_screen(
    browser: Browser, tmp_path: Path, width: int, language: str, *, dark: bool
) -> None:
    """Nothing is beyond the right edge of a phone; on a wall a row is no wider than a sheet, and
    its letters are as large as the board's.
    """
    browser.size(width, 900, dark=dark)
    for name, html in documents(language).items():
        (tmp_path / f"{name}.html").write_text(html, "utf-8")
        browser.open((tmp_path / f"{name}.html").as_uri())
        assert browser.eval("document.documentElement.scrollWidth") <= width, name
        if width == 3840:
            sheet = "document.querySelector('main').getBoundingClientRect().width"
            assert browser.eval(sheet) < 0.5 * width, name
            size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
            assert browser.eval(size) > 18
        else:
            cells = (
                "document.querySelectorAll('.promises tbody > tr > *, table.pue tbody > tr > *')"
            )
            rights = browser.eval(f"[...{cells}].map((c) => c.getBoundingClientRect().right)")
            assert all(right <= width for right in rights), name
            assert bool(rights) == (name == "report")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_busy_host_fits_a_phone(browser: Browser, site: Site, language: str) -> None:
    """A load of two figures before the point on 96 processors makes the page no wider."""
    readings = [
        *(series(f"node_load{minutes}", 121.31) for minutes in (1, 5, 15)),
        *(series("node_cpu_seconds_total", 1.0, cpu=str(n), mode="idle") for n in range(96)),
        series("node_memory_MemTotal_bytes", 1007.4 * 2.0**30),
        series("node_memory_MemAvailable_bytes", 1003.6 * 2.0**30),
    ]
    site.view = machine()
    site.view.snapshot.update(
        Batch(collector="host", device="", time=fixture.NOW, lifetime=1e9, readings=readings)
    )
    browser.size(390, 844)
    fresh(browser, f"{site.url}/host?lang={language}")
    assert browser.eval("document.querySelector('table.host').textContent").count("121.31") == 3
    assert browser.eval("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_bill_of_simulated_devices_says_so(language: str) -> None:
    """On paper as on the board; a real one does not. The sum of a bill is called so."""
    w = words(language)
    for simulated in (True, False):
        assert (w("simulated") in tenantpage.document(BILL, w, simulated=simulated)) == simulated
        assert (w("simulated") in carbonpage.document(YEAR, w, simulated=simulated)) == simulated
    assert f"{w('tenant.total')} <b>7605.33" in tenantpage.document(BILL, w, simulated=False)
