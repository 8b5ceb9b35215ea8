"""The ledger of a state folder, only read: beside a running agent, or a copy of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.ledger.store.database import ReadOnlyStore
from collectors.base import HubgaugeError


def open_readonly(path: Path, inventory: Inventory, clock: Callable[[], float]) -> Ledger:
    """Open a ledger for reading; not a byte of the file is changed. Raises HubgaugeError."""
    if not path.exists():
        raise HubgaugeError(f"{path}: no ledger there yet; run the agent, or import")
    return Ledger(
        path,
        inventory=inventory,
        settings=LedgerSettings(tidy=False),
        clock=clock,
        opener=ReadOnlyStore,
    )
