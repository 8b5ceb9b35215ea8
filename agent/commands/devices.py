"""`hubgauge devices`: which profile fits a device and what it reads of it.

And which devices are known at all.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

from agent.commands import identify_redfish
from collectors.base import CollectError, ConfigError, Context, Place, Reading
from collectors.facility.profile import paths, protocol_of
from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.config import (
    LEVELS,
    DeviceConfig,
    SnmpConfig,
    UserConfig,
    naming_of,
    secrets_of,
)
from collectors.facility.snmp.discover import Found, Wanted, find
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.plan import Plan
from collectors.facility.snmp.recognise import Identity, identify
from collectors.facility.snmp.unread import Column, Unread, look
from collectors.facility.units import quantity_of
from collectors.strict import Document, Problems

_SYMBOLS: Final = {
    "watts": "W",
    "voltamperes": "VA",
    "vars": "var",
    "joules": "J",
    "volts": "V",
    "amperes": "A",
    "hertz": "Hz",
    "ratio": "",
    "seconds": "s",
    "celsius": "°C",
    "voltampere_seconds": "VA·s",
    "var_seconds": "var·s",
    "coulombs": "C",
    "cubic_meters_per_second": "m³/s",
    "meters_per_second": "m/s",
    "liters": "l",
    "pascals": "Pa",
    "rpm": "/min",
    "lux": "lx",
    "kelvins": "K",
    "bits_per_second": "bit/s",
    "bytes": "B",
    "flag": "",
}


_SHOWN: Final = 60  # columns


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list the available profiles")
    identify = actions.add_parser(
        "identify", help="identify one SNMP device or Redfish service, and read it once"
    )
    for one in (listing, identify):
        one.add_argument(
            "--profiles-dir", type=Path, metavar="D", help="a folder with your own profiles"
        )
    identify.add_argument(
        "address", metavar="ADDRESS", help="host or host:port; the port is 161 if not given"
    )
    identify_redfish.add_files(
        identify.add_argument,
        {
            "--community-file": "a file with the community; without it: public",
            "--auth-file": "a file with the authentication passphrase",
            "--priv-file": "a file with the privacy passphrase",
        },
    )
    identify.add_argument(
        "--version", choices=("1", "2c", "3"), help="default: 3 if a user is given, else 2c"
    )
    identify.add_argument("--user", metavar="NAME", help="the user of version 3")
    identify.add_argument("--auth", choices=("md5", "sha1", "sha224", "sha256", "sha384", "sha512"))
    identify.add_argument(
        "--priv", choices=("des", "aes128", "aes192", "aes256", "aes192c", "aes256c")
    )
    identify.add_argument(
        "--profile",
        default="auto",
        metavar="NAME",
        help="use this profile, whatever type the device reports",
    )
    identify.add_argument(
        "--brief",
        action="store_true",
        help="do not search for objects that the profile does not read",
    )
    identify.add_argument(
        "--timeout", type=float, default=5.0, metavar="S", help="seconds for one request"
    )
    identify_redfish.configure(identify)


def run(args: argparse.Namespace) -> int:
    """Run the action.

    A device that cannot be read is one line on stderr and exit status 1, a wrong input exit status
    2.
    """
    try:
        return _list(args.profiles_dir) if args.action == "list" else asyncio.run(_identify(args))
    except CollectError as error:
        sys.stderr.write(f"{args.address}: {error}\n")
        return 1
    except (ConfigError, Problems, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _list(folder: Path | None) -> int:
    for name, path in paths(folder).items():
        document = Document(path)
        plain = document.plain()
        own = "" if folder is None or path.parent != folder else f"  ({path})"
        sys.stdout.write(f"{name:<20}  {protocol_of(document):<6}  {plain.get('title', '')}{own}\n")
    return 0


async def _identify(args: argparse.Namespace) -> int:
    """Ask a device what it is; returns 1 where nothing could be read."""
    if not identify_redfish.is_redfish(args.address):
        return await _identify_snmp(args)
    readings, collector = await identify_redfish.identify(args)
    _show_readings(readings)
    _show_dropped(collector.dropped)
    sys.stdout.write(f"\n{len(readings)} readings\n")
    return 0


async def _identify_snmp(args: argparse.Namespace) -> int:
    device = _device(args)
    library = Library(args.profiles_dir)
    library.heads()  # a mistake in the operator's own profiles is told before the device is asked
    secrets = secrets_of(SnmpConfig(), device, "devices identify")
    channel = Channel(device.address, secrets, timeout=args.timeout)
    identity = await identify(channel)
    wanted = Wanted(
        naming=naming_of(device, Context(place=Place(hub=""), node="")), levels=frozenset(LEVELS)
    )
    found = await find(channel, library, args.profile, wanted)
    profile, plan = found.profile, found.plan
    values = await channel.get(plan.oids)
    readings = [*plan.decode(values, plan.dropped), *plan.constants]
    _show(args.address, identity, found, channel)
    _show_readings(readings)
    _show_plan(readings, plan)
    if not args.brief:
        sys.stdout.flush()  # the rest takes a while
        _show_unread(await look(channel, profile, plan))
    return 0 if readings else 1


def _device(args: argparse.Namespace) -> DeviceConfig:
    user = None
    if args.user:
        user = UserConfig(
            name=args.user,
            auth=args.auth,
            auth_file=args.auth_file,
            priv=args.priv,
            priv_file=args.priv_file,
        )
    version: Literal["1", "2c", "3"] = args.version or ("3" if user else "2c")
    return DeviceConfig(
        address=args.address, version=version, community_file=args.community_file, user=user
    )


def _show(address: str, identity: Identity, found: Found, channel: Channel) -> None:
    profile = found.profile
    sys.stdout.write(
        f"{address}\n"
        f"  says        {_printable(identity.description) or '(nothing)'}\n"
        f"  sysObjectID {_printable(identity.object_id) or '(none)'}\n"
        f"  profile     {found.name}: {profile.title}; {profile.source}\n"
        f"  request     at most {channel.max_oids} objects\n\n"
    )


def _show_readings(readings: list[Reading]) -> None:
    rows = []
    for series, value in readings:
        pairs = zip(series.labels, series.values, strict=True)
        labels = ",".join(
            f'{label}="{text}"'
            for label, text in pairs
            if text and label not in ("hub", "site", "row", "rack")
        )
        symbol = _SYMBOLS[quantity_of(series.metric.full_name)]
        if symbol == "J":  # what the device's own display says
            symbol = f"J = {value / 3.6e6:.10g} kWh"
        rows.append((f"{series.metric.full_name}{{{labels}}}", f"{value:.10g}", symbol))
    for text in _aligned(rows):
        sys.stdout.write(f"  {text}\n")


def _show_plan(readings: list[Reading], plan: Plan) -> None:
    read = {series.metric.full_name for series, _ in readings}
    missing = dict.fromkeys(wanted.metric for wanted in plan.silent if wanted.metric not in read)
    if missing:
        sys.stdout.write(
            "\nIn the profile, but not answered by this device:\n"
            + "".join(f"  {name}\n" for name in missing)
        )
    _show_dropped(plan.dropped)
    sys.stdout.write(f"\n{len(readings)} readings from {len(plan.oids)} objects\n")


def _show_unread(unread: Unread) -> None:
    if unread.left_out:
        sys.stdout.write("\nAnswered, and left out by the profile:\n")
        sys.stdout.writelines(
            f"  {_column(column)}: {reason}\n" for column, reason in unread.left_out
        )
    if unread.columns:
        sys.stdout.write("\nAnswered, and not read; thresholds and ratings are among them:\n")
        sys.stdout.writelines(f"  {_column(column)}\n" for column in unread.columns[:_SHOWN])
        if len(unread.columns) > _SHOWN:
            sys.stdout.write(f"  and {len(unread.columns) - _SHOWN} more\n")
    if not unread.left_out and not unread.columns:
        sys.stdout.write("\nNothing else there looks like a reading.\n")
    if unread.note:
        sys.stdout.write(
            f"\nThere is more that was not looked at: the look ended after {unread.note}.\n"
        )


def _column(column: Column) -> str:
    row = f".{column.example}" if column.example else ""
    return (
        f"{column.oid}  {column.rows} x, {row} = {column.value}"
        if row
        else f"{column.oid} = {column.value}"
    )


def _show_dropped(dropped: Mapping[str, int]) -> None:
    if dropped:
        sys.stdout.write(
            "\nNot taken: "
            + ", ".join(f"{count} {why}" for why, count in sorted(dropped.items()))
            + "\n"
        )


def _aligned(rows: list[tuple[str, str, str]]) -> Iterable[str]:
    left = max((len(row[0]) for row in rows), default=0)
    middle = max((len(row[1]) for row in rows), default=0)
    return (f"{name:<{left}}  {value:>{middle}} {symbol}".rstrip() for name, value, symbol in rows)


def _printable(text: str) -> str:
    """Return what a device says as one line that cannot steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)[:200].strip()
