"""A gateway whose tenants have outlets of a PDU: its files, and two hours of readings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.inventory.model import Inventory
from agent.loading import load_files
from collectors.base import Reading
from collectors.catalogue.pdu_parts import PDU_OUTLET_ENERGY, PDU_OUTLET_POWER
from tests.support import stated
from tests.support.ledger import SITE, T0, Clock, batch, ledger, pdu_power

INVENTORY = f"""
sites: [{{site: {SITE}, timezone: Asia/Shanghai, pdu_accuracy_class: 0.5}}]
racks:
- {{rack: A07, site: {SITE}, row: A, feeds: {{A: {{pdu: A07-A}}}}}}
- {{rack: A08, site: {SITE}, row: A, feeds: {{A: {{pdu: A08-A}}}}}}
meters: [{{meter: main, point: utility}}]
"""
TENANTS = f"""
tenants:
  - {{tenant: acme, site: {SITE}, outlets: {{A07-A: ["1", "2"]}}}}
  - {{tenant: silk, site: {SITE}, outlets: {{A07-A: ["3"]}}, racks: [A08]}}
  - {{tenant: dark, site: {SITE}, outlets: {{A07-A: ["4"]}}}}
tariff: {{currency: EUR, price: 0.10, fixed: 25}}
"""


def outlet_power(outlet: str, watts: float) -> Reading:
    """Return what an outlet of A07-A draws."""
    return PDU_OUTLET_POWER.series("guian", SITE, "A", "A07", "A07-A", "A", outlet), watts


def outlet_energy(outlet: str, joules: float) -> Reading:
    """Return where the register of an outlet of A07-A stands."""
    return PDU_OUTLET_ENERGY.series("guian", SITE, "A", "A07", "A07-A", "A", outlet), joules


def gateway(tmp_path: Path) -> Path:
    """The config of a gateway with tenants."""
    return stated.gateway(tmp_path, INVENTORY, TENANTS)


def stock_of(config: Path) -> Inventory:
    """Return the inventory as an agent has it in force."""
    _, found = load_files(config)
    assert found is not None
    return found


def heard(config: Path) -> set[tuple[str, str]]:
    """Let two hours be read; returns the names and kinds of the meters in the ledger.

    Outlet 1 counts 1 kW by its register, outlet 2 shows 500 W in the first of the hours and is
    silent in the second, outlet 9 is nobody's, and 3 and 4 are not metered.
    """
    state = config.parent / "state"
    state.mkdir()
    clock = Clock()
    book = ledger(state, clock, stock_of(config))
    for minute in range(121):
        clock.now = T0 + 60 * minute
        readings = [outlet_energy("1", 1e9 + 60_000.0 * minute), outlet_power("9", 70.0)]
        readings += [pdu_power("A08-A", 2000.0, rack="A08")]
        if minute <= 60:
            readings.append(outlet_power("2", 500.0))
        book.accept(batch(clock.now, *readings))
    book.flush()
    found = {(row.name, row.kind) for row in book.queries.meters()}
    book.close()
    return found


def made(config: Path, tenant: str, *args: str) -> dict[str, Any]:
    """Make a statement."""
    return stated.made(config, "--tenant", tenant, "--month", "2025-10", *args)
