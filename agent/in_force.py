"""The inventory that a config names: from a file, or as NetBox last said; whole, or a gateway's part."""

from __future__ import annotations

from agent import config as config_module
from agent.config import Config
from agent.hubs.loader import load_registry
from agent.inventory.model import Inventory, load_inventory
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.source import in_force
from agent.inventory.shard import part_of


def inventory_in_force(config: Config) -> Inventory | None:
    """Return the inventory, or this agent's part of it; None where none is named. Raises Problems."""
    source = config.file.inventory
    if source is None:
        return None
    timezone = _hub_timezone(config)
    if isinstance(source, InventorySource):
        whole = in_force(config.file, source, timezone=timezone)
    else:
        whole = load_inventory(source, config.file.hub, timezone=timezone)
    return part_of(whole, config.file.shard) if config.file.shard is not None else whole


def _hub_timezone(config: Config) -> str:
    """Return the zone of the config's hub; raises Problems where the registry lacks the hub."""
    hubs = load_registry(config.file.hubs_dir).hubs
    if config.file.hub not in hubs:
        config_module.load(config.path, hubs=sorted(hubs))  # raises, naming the line
    return hubs[config.file.hub].timezone
