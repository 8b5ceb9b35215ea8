"""`hubgauge devices`: lists profiles, identifies or finds devices, and drafts a profile."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from agent.commands.devices import discover, draft, modbus, options, redfish, snmp
from agent.commands.devices.show import failed, show_dropped, show_readings, show_refused
from agent.messages.said import said_lines, tell
from agent.messages.terminal import spoken
from collectors.base import CollectError, ConfigError
from collectors.facility.profile import paths, protocol_of
from collectors.strict import Document, Problems


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list the available profiles")
    identify = actions.add_parser(
        "identify", help="identify one SNMP or Modbus device or Redfish service, and read it once"
    )
    options.add_address(
        identify,
        "host or host:port (SNMP; the port is 161 if not given), modbus://HOST:PORT/UNIT, or"
        " https://HOST (Redfish)",
    )
    options.add_snmp(identify)
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
    redfish.configure(identify)
    searching = actions.add_parser(
        "discover", help="ask every address of a network, and write a config of what answers"
    )
    discover.configure(searching)
    options.add_snmp(searching)
    for one in (listing, identify, searching):
        one.add_argument(
            "--profiles-dir", type=Path, metavar="D", help="a folder with your own profiles"
        )
    drafting = actions.add_parser("draft", help="write a draft of a profile for an unknown device")
    options.add_address(drafting, "host or host:port; the port is 161 if not given")
    options.add_snmp(drafting)
    drafting.add_argument(
        "--out", type=Path, required=True, metavar="F.yaml", help="the file to write"
    )
    drafting.add_argument("--force", action="store_true", help="overwrite the file")


def run(args: argparse.Namespace) -> int:
    """Run the action.

    A device that cannot be read gives one line on stderr and exit status 1. A wrong option or
    profile gives exit status 2.
    """
    try:
        if args.action == "list":
            return _list(args.profiles_dir)
        if args.action == "discover":
            return discover.run(args)
        return draft.write(args) if args.action == "draft" else asyncio.run(_identify(args))
    except CollectError as error:
        failed(args.address, error)
        return 1
    except (ConfigError, Problems, ValueError) as error:
        sys.stderr.writelines(f"{line}\n" for line in said_lines(error, spoken()))
        return 2


def _list(folder: Path | None) -> int:
    for name, path in paths(folder).items():
        document = Document(path)
        plain = document.plain()
        own = "" if folder is None or path.parent != folder else f"  ({path})"
        sys.stdout.write(f"{name:<20}  {protocol_of(document):<6}  {plain.get('title', '')}{own}\n")
    return 0


async def _identify(args: argparse.Namespace) -> int:
    """Identify a device and read it once; returns the exit status, 1 if nothing could be read."""
    if modbus.is_modbus(args.address):
        return await modbus.identify(args)
    if not redfish.is_redfish(args.address):
        return await snmp.identify(args)
    readings, collector = await redfish.identify(args)
    show_readings(readings)
    show_refused(collector.refused)
    show_dropped(collector.dropped)
    tell(f"\n{len(readings)} readings")
    return 0
