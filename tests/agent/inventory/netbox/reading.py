"""Read a NetBox as a config says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent import config as config_module
from agent.inventory.model import Inventory
from agent.inventory.netbox.client import Client
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.source import refresh
from agent.loading import inventory_of

Write = Callable[..., Path]
"""Writes a config that names a NetBox, and returns its path."""


def read(path: Path) -> Inventory:
    """Read NetBox as a config says, and return the inventory then in force."""
    config = config_module.load(path)
    source = config.file.inventory
    assert isinstance(source, InventorySource)
    refresh(source.netbox, config.file.hub, config.file.state_dir, Client(source.netbox))
    found = inventory_of(config)
    assert found is not None
    return found
