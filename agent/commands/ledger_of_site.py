"""Finds the site and the ledger for a command."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from agent.inventory.model import Inventory, Site
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from collectors.base import ConfigError
from collectors.strict import nearest

LEDGER_FILE: Final = "ledger.db"
"""Its name in the folder of state."""


def known_site(name: str, inventory: Inventory) -> Site:
    """Return a site of the inventory; raises ConfigError for an unknown one."""
    if name in inventory.sites:
        return inventory.sites[name]
    if not inventory.sites:
        raise ConfigError(
            "the config file names no inventory, which says what the meters measure", key="--site"
        )
    raise ConfigError(f"unknown site {name!r}{nearest(name, inventory.sites)}", key="--site")


def known_ledger(state_dir: Path) -> Path:
    """Return the ledger of a folder of state; raises ConfigError where there is none yet."""
    path = state_dir / LEDGER_FILE
    if not path.exists():
        raise ConfigError("no ledger there yet; run the agent, or import", file=str(path))
    return path


def open_ledger(path: Path, inventory: Inventory) -> Ledger:
    """Open a ledger that the agent may use at the same time; no old data is deleted from it."""
    return Ledger(path, inventory=inventory, settings=LedgerSettings(tidy=False))
