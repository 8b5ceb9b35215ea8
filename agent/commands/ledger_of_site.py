"""Finds the site and the ledger for a command."""

from __future__ import annotations

import sys
from collections.abc import Container
from pathlib import Path
from typing import Final

from agent.inventory.model import Inventory, Site
from agent.ledger.ledger import Ledger
from agent.ledger.past_hours import PastHours, lost_within, past_hours
from agent.ledger.settings import LedgerSettings
from agent.ledger.store.database import Tables
from agent.messages.said import tell
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


def told_past(
    tables: Tables, site: Site, meters: Container[int], first: int, last: int, then: int | None
) -> PastHours:
    """Return what imports have replaced of some meters since a time in milliseconds.

    Nothing where `then` is None. An import between `first` and `last` whose earlier values are not
    kept is named on stderr.
    """
    if then is None:
        return PastHours()
    past = past_hours(tables, site.site, meters, then)
    for one in lost_within(past, first, last):
        tell(
            f"import {one.number} ({one.file}): what it said, or what it replaced, is not kept",
            to=sys.stderr,
        )
    return past
