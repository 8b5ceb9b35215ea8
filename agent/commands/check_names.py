"""Compares the names of a config with the inventory, to find a wrong name before the agent runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

from agent.access import Role
from agent.hubs.model import called
from agent.inventory.model import Inventory
from agent.loading import Loaded, known_hubs
from collectors.base import ConfigError
from collectors.catalogue.limits_section import OwnSiteLimits
from collectors.strict import Document, nearest


def unknown_names(loaded: Loaded) -> list[ConfigError]:
    """Return an error for each name that the inventory does not have, or has in another place.

    There are none for an agent that has only a shard of the inventory: the name may be in the rest.
    Before NetBox has answered once, one line says that no name was looked up.
    """
    inventory, file = loaded.inventory, loaded.config.file
    if inventory is None or file.shard is not None:
        return []
    document = Document(loaded.config.path)
    if not inventory.is_known:
        key, said = (
            "inventory",
            "NetBox was not read yet: names of sites, racks and PDUs are not known",
        )
        line = document.line(key)
        return [ConfigError(said, file=str(loaded.config.path), line=line, key=key)]
    found = [*_own(inventory, file.site, file.rack)]
    found += _limited(inventory, file.limits.sites)
    found += _seen(inventory, loaded.config.outputs.http.roles)
    told = [
        ConfigError(message, file=str(loaded.config.path), line=document.line(key), key=key)
        for key, message in found
    ]
    for section in loaded.config.sections:
        for key, entry in _entries(section.config, section.key):
            told += [
                loaded.config.located(ConfigError(message, key=at), section)
                for at, message in _judge(inventory, key, entry, file.site)
            ]
    return told


def peers_written_otherwise(loaded: Loaded) -> list[ConfigError]:
    """Return an error for each probed peer that the hubs' files write in another case.

    Targets are judged in either case. Grafana's names of peers are by the label as it is written.
    """
    peers = known_hubs(loaded.config).peers
    told: list[ConfigError] = []
    for section in loaded.config.sections:
        for key, entry in _entries(section.config, section.key):
            written = entry.get("peer", "")
            known = called(peers, written)
            if known not in ("", written):
                said = f"{written} is {known} in the hubs' files; they name {', '.join(peers)}"
                error = ConfigError(said, key=f"{key}.peer")
                told.append(loaded.config.located(error, section))
    return told


def _own(inventory: Inventory, site: str, rack: str) -> Iterator[tuple[str, str]]:
    if inventory.sites and site and site not in inventory.sites:
        yield "site", f"{site} is not in the inventory{nearest(site, inventory.sites)}"
    if rack and rack not in inventory.racks:
        yield "rack", f"{rack} is not in the inventory{nearest(rack, inventory.racks)}"


def _limited(inventory: Inventory, sites: Mapping[str, OwnSiteLimits]) -> Iterator[tuple[str, str]]:
    """Yield the places with limits of their own that the inventory does not have."""
    for site, own in sites.items():
        rows = {rack.row for rack in inventory.racks.values() if rack.site == site}
        racks = {rack.rack for rack in inventory.racks.values() if rack.site == site}
        key = f"limits.sites.{site}"
        for place, names, known in (
            (key, [site], inventory.sites),
            (f"{key}.rows.", own.rows, rows),
            (f"{key}.racks.", own.racks, racks),
        ):
            for name in names if known else ():
                if name not in known:
                    said = f"{name} is not in the inventory{nearest(name, sorted(known))}"
                    yield place if place == key else f"{place}{name}", said


def _seen(inventory: Inventory, roles: Sequence[Role]) -> Iterator[tuple[str, str]]:
    """Yield the sites of roles that the inventory does not have."""
    for number, role in enumerate(roles):
        for at, site in enumerate(role.sites if inventory.sites else ()):
            if site not in inventory.sites:
                said = f"{site} is not in the inventory{nearest(site, inventory.sites)}"
                yield f"outputs.http.roles[{number}].sites[{at}]", said


def _entries(config: object, key: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the texts of each entry of a section's lists, with the key of the entry."""
    if not is_dataclass(config):
        return
    for one in fields(config):
        value = getattr(config, one.name)
        if isinstance(value, list | tuple):
            for number, entry in enumerate(value):
                if is_dataclass(entry):
                    texts = {each.name: getattr(entry, each.name) for each in fields(entry)}
                    place = f"{key}.{one.name}[{number}]"
                    yield place, {name: t for name, t in texts.items() if t and isinstance(t, str)}


def _judge(
    inventory: Inventory, key: str, entry: Mapping[str, str], own_site: str
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the names of one device: the key of the name, and a sentence."""
    site = entry.get("site", own_site)
    if "site" in entry and inventory.sites and site not in inventory.sites:
        yield f"{key}.site", f"{site} is not in the inventory{nearest(site, inventory.sites)}"
    rack = entry.get("rack", "")
    if rack and rack not in inventory.racks:
        yield f"{key}.rack", f"{rack} is not in the inventory{nearest(rack, inventory.racks)}"
    yield from _judge_pdu(inventory, key, entry)
    meter = entry.get("meter", "")
    names = {name for at, name in inventory.meters if at == site}
    if meter and names and meter not in names:
        yield (
            f"{key}.meter",
            f"{meter} is not a meter of {site} in the inventory{nearest(meter, names)}",
        )


def _judge_pdu(
    inventory: Inventory, key: str, entry: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    pdu = entry.get("pdu", "")
    if not pdu or not inventory.pdus:
        return
    fed = inventory.pdus.get(pdu)
    if fed is None:
        yield f"{key}.pdu", f"{pdu} is not in the inventory{nearest(pdu, inventory.pdus)}"
        return
    for name, listed in (("rack", fed.rack.rack), ("feed", fed.feed)):
        said = entry.get(name, listed)
        if said != listed:
            yield f"{key}.{name}", f"{pdu} is {name} {listed} in the inventory, not {said}"
