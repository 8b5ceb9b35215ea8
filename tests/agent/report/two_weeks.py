"""A ledger of two weeks whose every figure is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.pue import Pue
from tests.support import ledger as kit
from tests.support.ledger import import_hours

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 11, 9, tzinfo=ZONE)
NOW = MONDAY.timestamp() + 9 * 86400
STOCK = f"""
sites: [{{site: {kit.SITE}, name: One, timezone: Asia/Shanghai, scopes: [huawei]}}]
racks:
  - rack: A07
    site: {kit.SITE}
    row: A
    rated_power_watts: 3000
    feeds: {{A: {{pdu: A07-A, capacity_watts: 3000}}, B: {{pdu: A07-B, capacity_watts: 3000}}}}
  - rack: A08
    site: {kit.SITE}
    row: A
    rated_power_watts: 9000
    feeds: {{A: {{pdu: A08-A, capacity_watts: 9000}}}}
meters:
  - {{meter: main, site: {kit.SITE}, point: utility, accuracy_class: 0.5}}
  - {{meter: it, site: {kit.SITE}, point: it_input, accuracy_class: 0.5}}
  - {{meter: crah, site: {kit.SITE}, point: cooling, accuracy_class: 0.5}}
"""
WATTS = {
    "main": 6000.0,
    "it": 5000.0,
    "crah": 800.0,
    "A07-A": 1000.0,
    "A07-B": 900.0,
    "A08-A": 3000.0,
}


def fill(path: Path) -> None:
    """Import two weeks of hours at even power.

    Two things differ: rack A07 is above its rating for ten hours, and the cooling meter is silent
    for a day.
    """
    ledger = Ledger(
        path, inventory=kit.inventory(STOCK), settings=LedgerSettings(tidy=False), clock=lambda: NOW
    )
    first = round((MONDAY.timestamp() - 7 * 86400) * 1000)
    from agent.ledger.energy import HourCells

    for meter, watts in WATTS.items():
        hours = {}
        for n in range(14 * 24):
            if meter == "crah" and 8 * 24 <= n < 9 * 24:
                continue
            over = 3 if meter == "A07-A" and 10 * 24 <= n < 10 * 24 + 10 else 1
            hours[first + n * 3_600_000] = HourCells.uniform(watts * over * 3600)
        import_hours(ledger, kit.SITE, meter, hours)
    ledger.add_history("pue", "guian", "huawei", MONDAY.timestamp() + 6 * 86400, 1.19)
    pue = Pue(ledger, kit.inventory(STOCK), clock=lambda: NOW)
    while not pue.refresh():
        pass
    ledger.close()
