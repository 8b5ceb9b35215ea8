"""The PUE of a state folder's ledger as it was last summed; nothing in the folder is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from agent.ledger.readonly import open_readonly as open_ledger
from agent.pue.pue import Pue


def open_readonly(
    path: Path, inventory: Inventory, clock: Callable[[], float]
) -> tuple[Ledger, Pue]:
    """Open a ledger for reading, with the PUE made of it; raises HubgaugeError."""
    ledger = open_ledger(path, inventory, clock)
    pue = Pue(ledger, inventory, clock=clock)
    pue.take_as_summed()
    return ledger, pue
