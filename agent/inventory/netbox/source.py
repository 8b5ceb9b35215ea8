"""Read NetBox now and then, keep its last good answer on disk, and give the inventory that is in force.

The answer is kept as the model, not as what NetBox sent: a hub's devices are some hundred megabytes there. An agent begins with what
is kept, and never waits for NetBox.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.inventory.model import Breaker, Device, Feed, Inventory, Rack, Site, load_inventory
from agent.inventory.netbox.model import Stock
from collectors.base import BadReply, HubgaugeError

if TYPE_CHECKING:
    from agent.inventory.netbox.client import Client
    from agent.inventory.netbox.config import InventorySource, NetBox, Owner

log = logging.getLogger(__name__)

VERSION: Final = 1
_SITES_A_REQUEST: Final = 50
_NAME: Final = "netbox.json"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One good answer, and what of it could not be used."""

    inventory: Inventory
    problems: Sequence[str] = ()
    skipped: int = 0


def read(
    config: NetBox, hub: str, client: Client, *, clock: Callable[[], float] = time.time
) -> Reading:
    """Read everything; blocks. Raises Unreachable, Refused, BadReply or ConfigError."""
    stock = Stock(
        node_roles=config.node_roles,
        pdu_roles=config.pdu_roles,
        rated_power_field=config.rated_power_field,
        panel_amperes_field=config.panel_amperes_field,
    )
    began = clock()
    with client:
        chosen = [
            (key, slug)
            for key, slugs in (
                ("slug", config.sites),
                ("tenant", config.tenants),
                ("tag", config.tags),
            )
            for slug in slugs
        ]
        for found in client.objects("dcim/sites", chosen):
            stock.add_site(found)
        sites = stock.site_ids
        if not sites:
            raise BadReply(
                "no site is left to read: do the slugs exist, and may the token see sites?"
            )
        for found in client.objects("dcim/device-types"):
            stock.add_type(found)
        for endpoint, take, more in (
            ("dcim/racks", stock.add_rack, ()),
            ("dcim/devices", stock.add_device, (("exclude", "config_context"),)),
            ("dcim/rack-reservations", stock.add_reservation, ()),
            *((("dcim/power-panels", stock.add_panel, ()),) if config.panel_amperes_field else ()),
            ("dcim/power-feeds", stock.add_feed, ()),
        ):
            for first in range(0, len(sites), _SITES_A_REQUEST):
                some = [
                    ("site_id", str(number)) for number in sites[first : first + _SITES_A_REQUEST]
                ]
                for found in client.objects(endpoint, (*some, *more)):
                    take(found)
    inventory = stock.inventory(hub, complete=config.complete, read_at=began)
    return Reading(inventory=inventory, problems=tuple(stock.problems), skipped=stock.skipped)


def check_plausible(new: Inventory, old: Inventory | None) -> None:
    """Raise BadReply where a whole kind of thing is gone: a token that lost a permission sees empty lists, and no error."""
    if old is None:
        return
    for what, before, after in (
        ("racks", len(old.racks), len(new.racks)),
        ("devices", sum(1 for _ in old.nodes()), sum(1 for _ in new.nodes())),
        ("feeds with a PDU", len(old.feeds), len(new.feeds)),
    ):
        if before and not after:
            raise BadReply(
                f"it lists no {what}, where it had {before}: may the token still see them? What it had stays in force"
            )


class Kept:
    """The file that holds the last good answer."""

    def __init__(self, state_dir: Path, config: NetBox, hub: str) -> None:
        self.path = state_dir / _NAME
        asked = (
            hub,
            config.url,
            config.sites,
            config.tenants,
            config.tags,
            config.node_roles,
            config.pdu_roles,
            config.rated_power_field,
            config.panel_amperes_field,
        )
        self._asked = hashlib.sha256(repr(asked).encode()).hexdigest()
        self._complete = config.complete

    def load(self) -> Reading | None:
        """Return what is kept; None where there is nothing of use, or it answers another question."""
        try:
            data = json.loads(self.path.read_bytes())
            if data["version"] != VERSION or data["asked"] != self._asked:
                return None
            return Reading(
                inventory=_inventory(data, complete=self._complete),
                problems=tuple(data["problems"]),
                skipped=int(data["skipped"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning(
                "%s: cannot be used, NetBox is read anew: %s",
                self.path,
                str(error).splitlines()[0] if str(error) else error,
            )
            return None

    def save(self, reading: Reading) -> None:
        """Write it, all or nothing; raises HubgaugeError where it cannot be written."""
        stock = reading.inventory
        data = {
            "version": VERSION,
            "asked": self._asked,
            "hub": stock.hub,
            "read_at": stock.read_at,
            "problems": list(reading.problems),
            "skipped": reading.skipped,
            "sites": [_plain(site) for site in stock.sites.values()],
            "racks": [_plain(rack) for rack in stock.racks.values()],
            "breakers": [_plain(breaker) for breaker in stock.breakers.values()],
        }
        part = self.path.with_suffix(".part")
        try:
            part.unlink(missing_ok=True)
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as file:
                json.dump(data, file, ensure_ascii=False, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            raise HubgaugeError(
                f"{self.path}: cannot be written: {error.strerror or error}"
            ) from None


def _plain(item: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the model's classes
    """Return a model's fields that differ from its defaults, so that a hub's file stays small."""
    return dict(_fields(item))


def _fields(item: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as above
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if value == field.default:
            continue
        if field.name == "feeds":
            yield field.name, {name: _plain(feed) for name, feed in value.items()}
        elif field.name == "devices" and value is not None:
            yield field.name, [_plain(device) for device in value]
        else:
            yield field.name, value


def _inventory(data: Mapping[str, Any], *, complete: bool) -> Inventory:
    sites = [Site(**{**site, "scopes": tuple(site.get("scopes", ()))}) for site in data["sites"]]
    racks = [
        Rack(
            **{
                **rack,
                "feeds": {name: Feed(**feed) for name, feed in rack.get("feeds", {}).items()},
                "devices": tuple(Device(**device) for device in rack["devices"])
                if "devices" in rack
                else None,
            }
        )
        for rack in data["racks"]
    ]
    return Inventory(
        hub=str(data["hub"]),
        sites={site.site: site for site in sites},
        racks={rack.rack: rack for rack in racks},
        breakers={one["breaker"]: Breaker(**one) for one in data["breakers"]},
        complete=complete,
        source="netbox",
        read_at=float(data["read_at"]),
    )


def in_force(file: Owner, source: InventorySource, *, timezone: str) -> Inventory:
    """Return the inventory of a config that names NetBox: what is kept of it, and what a file adds. Asks nobody.

    `timezone` is the hub's, for the sites to which NetBox gives none. Raises Problems with every mistake of that file.
    """
    kept = Kept(file.state_dir, source.netbox, file.hub).load()
    stock = kept.inventory if kept is not None else Inventory(hub=file.hub, source="netbox")
    if source.file is None:
        return stock.in_zone(timezone)
    return load_inventory(source.file, file.hub, timezone=timezone, base=stock)


def refresh(file: Owner, source: InventorySource, client: Client) -> Reading:
    """Read NetBox and keep what it said; blocks. Raises CollectError, ConfigError or HubgaugeError."""
    kept = Kept(file.state_dir, source.netbox, file.hub)
    before = kept.load()
    found = read(source.netbox, file.hub, client)
    check_plausible(found.inventory, before.inventory if before is not None else None)
    kept.save(found)
    return found
