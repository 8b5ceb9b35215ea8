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
    own = {"site": file.site, "row": file.row, "rack": file.rack}
    found = [*_own(inventory, {name: text for name, text in own.items() if text})]
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


def _own(inventory: Inventory, own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the place of the agent itself."""
    site, rack = own.get("site", ""), own.get("rack", "")
    if inventory.sites and site and site not in inventory.sites:
        yield "site", f"{site} is not in the inventory{nearest(site, inventory.sites)}"
    yield from _judge_row(inventory, "row", own, site)
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
    """Yield the texts of each entry of a section's lists, with the key of the entry.

    Units that are linked to a device follow it: what they do not state is the device's.
    """
    for place, entry in _inner(config, key):
        texts = _texts(entry)
        yield place, texts
        for unit, linked in _inner(entry, place):
            said = _texts(linked)
            pdu = {"pdu": said.get("name", "")} if "pdu" in texts else {}
            where = {name: t for name, t in texts.items() if name in ("site", "rack", "row")}
            yield unit, {name: t for name, t in {**where, **said, **pdu}.items() if t}


def _inner(config: object, key: str) -> Iterator[tuple[str, object]]:
    """Yield the models in the lists and the mappings of a model, each with its key."""
    for one in fields(config) if is_dataclass(config) else ():
        value = getattr(config, one.name)
        place = f"{key}.{one.name}"
        if isinstance(value, list | tuple):
            yield from ((f"{place}[{n}]", entry) for n, entry in enumerate(value))
        elif isinstance(value, dict):
            yield from ((f"{place}.{name}", entry) for name, entry in value.items())


def _texts(entry: object) -> dict[str, str]:
    """Return what a model states as text, by key; nothing for what is no model."""
    named = fields(entry) if is_dataclass(entry) else ()
    texts = {one.name: getattr(entry, one.name) for one in named}
    return {name: t for name, t in texts.items() if t and isinstance(t, str)}


def _judge(
    inventory: Inventory, key: str, entry: Mapping[str, str], own_site: str
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the names of one device: the key of the name, and a sentence."""
    site = entry.get("site", own_site)
    if "site" in entry and inventory.sites and site not in inventory.sites:
        yield f"{key}.site", f"{site} is not in the inventory{nearest(site, inventory.sites)}"
    yield from _judge_row(inventory, f"{key}.row", entry, site)
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


def _judge_row(
    inventory: Inventory, key: str, entry: Mapping[str, str], site: str
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a row; what its rack's series say is the inventory's row."""
    row, rack = entry.get("row", ""), inventory.racks.get(entry.get("rack", ""))
    rows = {one.row for one in inventory.racks.values() if one.site == site and one.row}
    if row and rack is not None and rack.row and rack.row != row:
        yield key, f"{rack.rack} is row {rack.row} in the inventory, not {row}"
    elif row and rows and row not in rows:
        yield key, f"{row} is not in the inventory{nearest(row, sorted(rows))}"


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
