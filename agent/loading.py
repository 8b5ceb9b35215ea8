"""What a config names, loaded and checked before anything starts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent import config as config_module
from agent.config import Built, Config
from agent.device_files import DeviceFileError
from agent.hubs.packaged import packaged_keys
from collectors.base import Collector, Context
from collectors.strict import Problems

log = logging.getLogger(__name__)

if TYPE_CHECKING:  # a scraped node agent needs neither, and does not load what reads them
    from agent.hubs.model import Registry
    from agent.inventory.model import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config with all it names: found good, nothing started."""

    config: Config
    inventory: Inventory | None
    collectors: Sequence[Collector]
    sections: Sequence[Built]
    """The collectors again, by section."""
    context: Context
    """What they know of their surroundings, which all of them share."""
    registry: Callable[[], Registry]
    """The hubs; read when they are first asked for, for a scraped node agent never needs them."""


def load_all(path: Path, *, state_dir: Path | None = None) -> Loaded:
    """Load the config, the inventory and the collectors.

    `state_dir` takes the place of the config's. Raises Problems with every mistake found.
    """
    return with_collectors(*load_files(path, state_dir=state_dir))


def load_files(
    path: Path,
    *,
    state_dir: Path | None = None,
    before: Config | None = None,
    former: Inventory | None = None,
) -> tuple[Config, Inventory | None]:
    """Load the config and the inventory; raises Problems.

    A whole hub's inventory takes seconds, so a running agent does this on a thread. `before` is the
    config in force, `former` the inventory.
    """
    config = config_module.load(path, before=before)
    if state_dir is not None:
        config = replace(config, file=replace(config.file, state_dir=state_dir))
    hubs_dir = config.file.hubs_dir
    keys = packaged_keys() if hubs_dir is None else sorted(load_hubs(hubs_dir).hubs)
    told = {hub for receiver in config.file.alerting.receivers for hub in receiver.hubs}
    if not {config.file.hub, *config.file.hubs, *told} <= set(keys):
        config_module.load(path, hubs=keys)  # raises, naming the line
    return config, inventory_of(config, former=former)


def load_hubs(hubs_dir: Path | None) -> Registry:
    """Load the hubs, the operator's own ones included; raises Problems."""
    from agent.hubs.loader import load_registry

    return load_registry(hubs_dir)


def known_hubs(config: Config) -> Registry:
    """Return the hubs that a config wants to know: all, or some with its own and those above."""
    from agent.hubs.configured import OwnHubs

    file = config.file
    return OwnHubs(hub=file.hub, hubs=file.hubs).known(load_hubs(file.hubs_dir))


def inventory_of(config: Config, *, former: Inventory | None = None) -> Inventory | None:
    """Return this agent's part of the inventory that a config names; raises Problems.

    It is what this machine has: NetBox is not asked. `former` is the inventory in force: tenants'
    outlets stay as there where their file cannot be read.
    """
    file = config.file
    if file.inventory is None:
        return None
    from agent.inventory.load import inventory_in_force
    from agent.inventory.part import part_of

    whole = inventory_in_force(
        file.inventory, file.hub, timezone=_hub_timezone(config), state_dir=file.state_dir
    )
    found = part_of(whole, file.shard) if file.shard is not None else whole
    billed = _billed_outlets(file.tenants, former)
    return replace(found, limits=file.limits.by_site(), billed_outlets=billed)


def _billed_outlets(tenants: Path | None, former: Inventory | None) -> frozenset[tuple[str, str]]:
    """Return the outlets that tenants have, and those of before where some cannot be read.

    Nobody's readings are lost for a file of bills: `check` tells its mistakes, and so does the log.
    """
    if tenants is None:
        return frozenset()
    from agent.tenants.outlets import named_outlets

    named = named_outlets(tenants)
    kept = former.billed_outlets if former is not None and not named.whole else frozenset()
    return named.found | kept


def told_tenants(config: Config) -> Sequence[str]:
    """Return a line for each mistake in the file of tenants that an agent runs with."""
    tenants = config.file.tenants
    if tenants is None or config.file.inventory is None:
        return ()
    from agent.tenants.outlets import mistakes

    return [f"{error}; no statement can be made" for error in mistakes(tenants)]


def _hub_timezone(config: Config) -> str:
    """Return the zone of the config's hub; raises Problems where the registry lacks the hub."""
    hubs = load_hubs(config.file.hubs_dir).hubs
    if config.file.hub not in hubs:
        config_module.load(config.path, hubs=sorted(hubs))  # raises, naming the line
    return hubs[config.file.hub].timezone


def with_collectors(config: Config, inventory: Inventory | None) -> Loaded:
    """Make the collectors that a config asks for; raises Problems with all that cannot be made.

    A file of `devices_dir` that cannot be read as it stands is told in `config.devices.lost`.
    """
    while True:
        try:
            return _with_collectors(config, inventory)
        except Problems as problems:
            lost = [one for one in problems.errors if isinstance(one, DeviceFileError)]
            if len(lost) < len(problems.errors):
                raise
            config = config.without(lost)


def _with_collectors(config: Config, inventory: Inventory | None) -> Loaded:
    context = config.context(inventory.places() if inventory is not None else {})
    narrow = None
    if inventory is not None and config.file.shard is not None:
        from agent.inventory.part import ShardDevices

        narrow = ShardDevices(inventory, config.file.shard, config.file.site)
    sections = config.build_collectors(context, narrow)
    return Loaded(
        config=config,
        inventory=inventory,
        collectors=[one for section in sections for one in section.collectors],
        sections=sections,
        context=context,
        registry=cache(partial(known_hubs, config)),
    )
