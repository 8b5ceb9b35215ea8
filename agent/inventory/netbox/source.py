"""Read NetBox, check that the answer is plausible, and keep it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from agent.inventory.model import Inventory
from agent.inventory.netbox.assemble import inventory_of
from agent.inventory.netbox.client import Client
from agent.inventory.netbox.config import NetBox
from agent.inventory.netbox.kept import Answer, KeptAnswer
from agent.inventory.netbox.objects import Object
from agent.inventory.netbox.stock import Stock
from collectors.base import BadReply

_SITES_A_REQUEST: Final = 50


def read(
    config: NetBox, hub: str, client: Client, *, clock: Callable[[], float] = time.time
) -> Answer:
    """Read everything from NetBox; blocks for `config.timeout` seconds at most.

    Raises Unreachable, Refused, BadReply or ConfigError.
    """
    stock = Stock(
        node_roles=config.node_roles,
        pdu_roles=config.pdu_roles,
        rated_power_field=config.rated_power_field,
        since_field=config.since_field,
        place_fields=config.place_fields,
        panel_amperes_field=config.panel_amperes_field,
    )
    began = clock()
    with client:
        _read_sites(config, client, stock)
        for found in client.objects("dcim/device-types"):
            stock.add_type(found)
        for found in _at_sites(client, stock, "dcim/racks"):
            stock.add_rack(found)
        for found in _at_sites(client, stock, "dcim/devices", ("exclude", "config_context")):
            stock.add_device(found)
        for found in _at_sites(client, stock, "dcim/rack-reservations"):
            stock.add_reservation(found)
        if config.panel_amperes_field:
            for found in _at_sites(client, stock, "dcim/power-panels"):
                stock.add_panel(found)
        for found in _at_sites(client, stock, "dcim/power-feeds"):
            stock.add_feed(found)
    inventory = inventory_of(stock, hub, complete=config.complete, read_at=began)
    return Answer(
        inventory=inventory, problems=tuple(stock.problems), problem_count=stock.problem_count
    )


def _read_sites(config: NetBox, client: Client, stock: Stock) -> None:
    chosen = [
        *(("slug", slug) for slug in config.sites),
        *(("tenant", slug) for slug in config.tenants),
        *(("tag", slug) for slug in config.tags),
    ]
    for found in client.objects("dcim/sites", chosen):
        stock.add_site(found)
    if not stock.sites:
        raise BadReply("no site is left to read: do the slugs exist, and may the token see sites?")


def _at_sites(
    client: Client, stock: Stock, endpoint: str, *more: tuple[str, str]
) -> Iterator[Object]:
    """Yield the objects of a list that are at the sites read, in requests of some sites each."""
    sites = list(stock.sites)
    for first in range(0, len(sites), _SITES_A_REQUEST):
        some = sites[first : first + _SITES_A_REQUEST]
        yield from client.objects(endpoint, (*(("site_id", str(one)) for one in some), *more))


def check_plausible(new: Inventory, old: Inventory | None) -> None:
    """Raise BadReply where all things of a kind are gone.

    A token that has lost a permission gets empty lists from NetBox, and no error.
    """
    if old is None:
        return
    for what, before, after in (
        ("racks", len(old.racks), len(new.racks)),
        ("devices", sum(1 for _ in old.devices()), sum(1 for _ in new.devices())),
        ("feeds with a PDU", len(old.pdus), len(new.pdus)),
    ):
        if before and not after:
            raise BadReply(
                f"it lists no {what}, where it had {before}: may the token still see them?"
                " What it had stays in force"
            )


def refresh(config: NetBox, hub: str, state_dir: Path, client: Client) -> Answer:
    """Read NetBox and keep the answer; blocks. Raises CollectError or another HubgaugeError."""
    kept = KeptAnswer(state_dir, config, hub)
    before = kept.load()
    found = read(config, hub, client)
    check_plausible(found.inventory, before.inventory if before is not None else None)
    kept.save(found)
    return found
