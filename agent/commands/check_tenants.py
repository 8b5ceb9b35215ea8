"""Mistakes in the file of tenants, which an agent runs without and no statement can be made of."""

from __future__ import annotations

from pathlib import Path

import yaml

from agent.config_file import ConfigFile
from agent.environment import open_config
from agent.inventory.load import inventory_in_force
from agent.inventory.model import Inventory
from agent.inventory.netbox.config import InventorySource
from agent.loading import Loaded
from agent.tenants.carbon import carbon_factors
from agent.tenants.model import read_tenants
from collectors.base import ConfigError
from collectors.paths import is_regular
from collectors.strict import Document, Problems


def wrong_tenants(loaded: Loaded) -> list[ConfigError]:
    """Return what is wrong with the file of tenants that a good config names."""
    file = loaded.config.file
    if file.tenants is None:
        return []
    # A shard has a part of the inventory: a tenant's rack may be in another.
    inventory = loaded.inventory if file.shard is None else None
    return _wrong(
        Document(loaded.config.path), file.tenants, inventory, has_inventory=bool(file.inventory)
    )


def wrong_beside(config: Path) -> list[ConfigError]:
    """Return what is wrong with the inventory and the tenants of a config that is itself wrong.

    So one run shows these mistakes as well.
    """
    try:
        document = open_config(config)
    except Problems:
        return []
    tenants = document.section("tenants", Path)
    if tenants is None or not is_regular(tenants):  # what is not there is told already
        return []
    inventory, errors = _inventory(document)
    has_inventory = document.section("inventory", yaml.Node) is not None
    return [*errors, *_wrong(document, tenants, inventory, has_inventory=has_inventory)]


def _wrong(
    document: Document, tenants: Path, inventory: Inventory | None, *, has_inventory: bool
) -> list[ConfigError]:
    if not has_inventory:
        message = "needs an inventory: it says which racks there are"
        line = document.line("tenants")
        return [ConfigError(message, file=document.name, line=line, key="tenants")]
    if inventory is not None and not inventory.is_known:
        inventory = None
    try:
        carbon_factors(read_tenants(tenants, inventory).carbon)
    except Problems as problems:
        return list(problems.errors)
    except ConfigError as error:
        return [error]
    return []


def _inventory(document: Document) -> tuple[Inventory | None, list[ConfigError]]:
    """Return the whole inventory of a config, or what is wrong with it."""
    written = document.section("inventory", yaml.Node)
    source = document.convert(written, Path | InventorySource | None, "inventory")
    if source is None or (isinstance(source, Path) and not is_regular(source)):
        return None, []
    if document.section("shard", yaml.Node) is not None:
        return None, []
    state_dir = document.section("state_dir", Path) or ConfigFile(hub="").state_dir
    hub = document.section("hub", str) or ""
    try:
        return inventory_in_force(source, hub, timezone="UTC", state_dir=state_dir), []
    except Problems as problems:
        return None, list(problems.errors)
