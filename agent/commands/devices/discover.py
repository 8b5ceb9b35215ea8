"""`hubgauge devices discover NETWORK --out F.yaml`: a draft of a config with devices that answer.

Only addresses that the command line names are asked, at a limited rate.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.commands.devices import modbus, redfish
from agent.commands.devices.options import channel_to, device_of
from agent.commands.devices.show import printable
from agent.commands.output import write_text
from agent.hubs.packaged import packaged_keys
from agent.messages.said import tell
from collectors.base import BadReply, CollectError, ConfigError, Context, Place
from collectors.catalogue.devices import KINDS
from collectors.facility.modbus.profile import Profile
from collectors.facility.snmp.config import naming_of
from collectors.facility.snmp.discover import AUTO, Wanted, find
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.recognise import identify

PROTOCOLS: Final = ("snmp", "modbus", "redfish")
_MOST: Final = 4096
"""The most addresses of one run."""
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A device that answered."""

    protocol: str
    address: str
    entry: str = ""
    """Its entry in the config; empty if the operator has to write it."""
    says: str = ""
    """The name that it gives itself, or the title of its profile."""
    hint: str = ""
    """What the operator has to do, where there is no entry."""


@dataclass(slots=True, kw_only=True)
class Search:
    """The options of a search, and what it has found so far."""

    args: argparse.Namespace
    library: Library
    registers: dict[str, Profile]
    seen: list[Seen] = field(default_factory=list)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of the search."""
    parser.add_argument(
        "networks",
        nargs="+",
        metavar="NETWORK",
        help="a network such as 10.0.8.0/24, or an address",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="F.yaml", help="the config to write"
    )
    parser.add_argument("--hub", default="", metavar="KEY", help="the hub to write in the config")
    parser.add_argument("--force", action="store_true", help="overwrite the file")
    parser.add_argument(
        "--rate", type=float, default=20.0, metavar="N", help="addresses a second (default 20)"
    )
    parser.add_argument(
        "--protocols", default=",".join(PROTOCOLS), metavar="P", help="some of snmp,modbus,redfish"
    )
    for protocol, port in (("snmp", 161), ("modbus", 502), ("redfish", 443)):
        parser.add_argument(
            f"--{protocol}-port", type=int, default=port, metavar="N", help=f"default {port}"
        )
    parser.add_argument(
        "--allow-http", action="store_true", help="ask Redfish services by http instead of https"
    )


def run(args: argparse.Namespace) -> int:
    """Search, and write a config of the devices found; returns 1 if no device answered."""
    addresses = list(addresses_of(args.networks))
    wanted = args.protocols.split(",")
    wrong = sorted(set(wanted) - set(PROTOCOLS))
    if wrong:
        raise ConfigError(
            f"expected some of {', '.join(PROTOCOLS)}, got {wrong[0]}", key="--protocols"
        )
    if args.rate <= 0:
        raise ConfigError("expected a number above 0", key="--rate")
    if args.out.exists() and not args.force:
        raise ConfigError("exists already; --force overwrites it", file=str(args.out), key="--out")
    library = Library(args.profiles_dir)
    library.heads()
    search = Search(args=args, library=library, registers=dict(modbus.profiles(args.profiles_dir)))
    asyncio.run(_search(search, addresses, wanted))
    if not search.seen:
        tell(f"no device answered at {len(addresses)} addresses", to=sys.stderr)
        return 1
    write_text(args.out, config_of(search.seen, args), "--out")
    ready = sum(bool(one.entry) for one in search.seen)
    tell(
        f"{len(search.seen)} devices answered at {len(addresses)} addresses; {ready} are in"
        f" {args.out}"
    )
    return 0


def addresses_of(networks: Sequence[str]) -> Iterable[str]:
    """Return every address of the networks, each once.

    Raises ConfigError for a text that is no network, and for more than 4096 addresses.
    """
    found: dict[str, None] = {}
    for text in networks:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise ConfigError(f"{error}", key="NETWORK") from None
        if network.num_addresses > _MOST:
            raise ConfigError(
                f"{text} has {network.num_addresses} addresses, more than {_MOST}", key="NETWORK"
            )
        found |= dict.fromkeys(map(str, network.hosts()))
    if len(found) > _MOST:
        raise ConfigError(f"{len(found)} addresses are more than {_MOST}", key="NETWORK")
    return found


async def _search(search: Search, addresses: Sequence[str], protocols: Sequence[str]) -> None:
    room = asyncio.Semaphore(_AT_ONCE)
    tasks = []
    for address in addresses:
        await room.acquire()
        task = asyncio.create_task(_ask(search, address, protocols))
        task.add_done_callback(lambda _: room.release())
        tasks.append(task)
        await asyncio.sleep(1 / search.args.rate)
    await asyncio.gather(*tasks)
    order = {address: number for number, address in enumerate(addresses)}
    search.seen.sort(key=lambda one: (PROTOCOLS.index(one.protocol), order[one.address]))


async def _ask(search: Search, address: str, protocols: Sequence[str]) -> None:
    asks = {"snmp": _snmp, "modbus": _modbus, "redfish": _redfish}
    for protocol in protocols:
        try:
            seen = await asks[protocol](search, address)
        except CollectError:
            continue
        search.seen.append(seen)
        tell(f"{address}  {protocol:<8} {seen.says or seen.hint}")


async def _snmp(search: Search, address: str) -> Seen:
    args = search.args
    args = argparse.Namespace(**{**vars(args), "address": f"{address}:{args.snmp_port}"})
    device = device_of(args)
    channel = channel_to(device, args.timeout)
    identity = await identify(channel)
    says = printable(identity.description)[:60]
    naming = naming_of(device, Context(place=Place(hub=""), node=""))
    try:
        found = await find(channel, search.library, AUTO, Wanted(naming=naming))
    except BadReply:
        return Seen(
            protocol="snmp",
            address=address,
            says=says,
            hint=f"no profile fits: hubgauge devices draft {device.address} --out F.yaml",
        )
    except CollectError as error:
        return Seen(
            protocol="snmp",
            address=address,
            says=says,
            hint=f"it answered, then: {error}; hubgauge devices identify {device.address}",
        )
    finally:
        channel.close()
    title = f"{found.name}: {found.profile.title}"
    if found.profile.kind == "meter":
        hint = f"{title}: a meter needs its point, which only you know"
        return Seen(protocol="snmp", address=address, says=says, hint=hint)
    label = KINDS[found.profile.kind].label
    pairs = {"address": device.address, label: f"{label}-{address}"}
    pairs |= {"version": device.version} if device.version not in (None, "2c") else {}
    return Seen(protocol="snmp", address=address, entry=_flow(pairs), says=f"{title} ({says})")


async def _modbus(search: Search, address: str) -> Seen:
    port, timeout = search.args.modbus_port, search.args.timeout
    answer = await modbus.ask(address, port, 1, timeout, search.registers)
    says = printable(answer.identity.text)[:60]
    if not answer.names:
        hint = "its profile must be named: hubgauge devices list"
        return Seen(protocol="modbus", address=address, says=says, hint=hint)
    name = answer.names[0]
    kind = search.registers[name].kind
    title = f"{name}: {search.registers[name].title}"
    if kind == "meter":
        hint = f"profile {name}: a meter needs its point, which only you know"
        return Seen(protocol="modbus", address=address, says=f"{title} ({says})", hint=hint)
    entry = _flow({"address": f"{address}:{port}", "profile": name, kind: f"{kind}-{address}"})
    return Seen(protocol="modbus", address=address, entry=entry, says=f"{title} ({says})")


async def _redfish(search: Search, address: str) -> Seen:
    scheme = "http" if search.args.allow_http else "https"
    origin = f"{scheme}://{address}:{search.args.redfish_port}"
    says = await redfish.says(origin, search.args.timeout)
    entry = _flow({"address": origin, "node": f"node-{address}"})
    return Seen(protocol="redfish", address=address, entry=entry, says=printable(says)[:60])


def config_of(seen: Sequence[Seen], args: argparse.Namespace) -> str:
    """Return the config of the devices that answered."""
    lines = [
        f"# Written by hubgauge devices discover {' '.join(args.networks)}.",
        "# Give each device its name, rack and feed, and say which hub and site they are in.",
        f"hub: {args.hub or packaged_keys()[0]} # hubgauge hubs lists them",
        "site: my-site",
        "collectors:",
    ]
    options = {
        "snmp": [f"    community_file: {json.dumps(str(args.community_file.resolve()))}"]
        if args.community_file
        else [],
        "modbus": [],
        "redfish": ["    allow_http: true"] if args.allow_http else [],
    }
    for protocol in PROTOCOLS:
        mine = [one for one in seen if one.protocol == protocol]
        if not mine:
            continue
        if not any(one.entry for one in mine):
            lines.append(f"  # {protocol}: nothing that can be read without your help")
        else:
            lines += [f"  {protocol}:", *options[protocol], "    devices:"]
        for one in mine:
            lines.append(f"      # {one.address}: {' '.join(filter(None, (one.says, one.hint)))}")
            lines += [f"      - {one.entry}"] if one.entry else []
    if not any(one.entry for one in seen):
        lines.append("  host: {} # this machine: no device can be read without your help")
    return "\n".join(lines) + "\n"


def _flow(pairs: Mapping[str, str | None]) -> str:
    return "{" + ", ".join(f"{key}: {json.dumps(value)}" for key, value in pairs.items()) + "}"
