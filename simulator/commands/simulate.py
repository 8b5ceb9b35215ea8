"""`hubgauge simulate`: a simulated site that speaks SNMP, Modbus and Redfish on loopback."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import Final

from agent.commands.site_options import add_site_options
from agent.hubs.loader import load_registry
from agent.messages.said import tell
from collectors.base import ConfigError
from collectors.facility.snmp.detail import READ
from simulator.config import Wanted, write_config
from simulator.faults import PlannedFault, parse_fault
from simulator.history import write_history, write_recent
from simulator.makes import Makes, choose
from simulator.npu_exporter import NpuExporters
from simulator.simulator import Simulator
from simulator.site import build_site

MAX_RACKS: Final = 100_000
_DAY_SECONDS: Final = 86400.0
_MONTH_SECONDS: Final = 30.5 * _DAY_SECONDS


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_site_options(parser, racks=_racks, fault=_fault)
    _configure_devices(parser)
    _configure_agent(parser)
    _configure_history(parser)
    parser.add_argument("--seconds", type=float, metavar="N", help="end after N seconds")


def _configure_devices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--controllers",
        type=int,
        default=4,
        metavar="N",
        help="the number of nodes with a management controller that answers (default: %(default)s)",
    )
    parser.add_argument(
        "--chips",
        action="store_true",
        help="nodes with accelerators have exporters, which the agent reads",
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="the address of the devices (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        metavar="P",
        help="the first port; if left out, any free ports",
    )
    parser.add_argument(
        "--spread",
        action="store_true",
        help="give each PDU an address of its own, from 127.1.0.1 up, all with the same port",
    )


def _configure_agent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write-config",
        type=Path,
        metavar="DIR",
        help="write config.yaml and inventory.yaml for an agent into this folder",
    )
    parser.add_argument(
        "--agent-listen",
        default="127.0.0.1:9717",
        metavar="A:P",
        help="the address at which that agent serves (default: %(default)s)",
    )
    parser.add_argument(
        "--influxdb", default="", metavar="URL", help="a database to which that agent pushes"
    )
    parser.add_argument(
        "--history",
        default="",
        metavar="URL",
        help="a database with Prometheus's API that has the readings of that agent",
    )
    parser.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="the folder for the state of that agent"
    )
    parser.add_argument(
        "--interval",
        default="15s",
        metavar="T",
        help="how often that agent reads devices (default: %(default)s)",
    )
    parser.add_argument(
        "--detail",
        choices=tuple(READ),
        help="how much of each PDU that agent reads (default: as for any gateway)",
    )
    parser.add_argument(
        "--host", action="store_true", help="that agent reads this machine's kernel as well"
    )
    parser.add_argument(
        "--whole-hub",
        action="store_true",
        help="tell that agent that the simulated site is all of its hub",
    )


def _configure_history(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--write-history",
        type=Path,
        metavar="F.csv",
        help="write the hourly energies of a simulated past, for `ledger import`",
    )
    parser.add_argument(
        "--pdu-days", type=float, metavar="D", help="write only the last D days for PDUs"
    )


def _racks(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= MAX_RACKS:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {MAX_RACKS}, got {text!r}")
    return int(text)


def _fault(text: str) -> PlannedFault:
    try:
        return parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; exit status 2 and one line for a wrong input."""
    known = load_registry().hubs
    if args.hub not in known:
        tell(f"--hub: not in the registry; expected one of {', '.join(known)}", to=sys.stderr)
        return 2
    try:
        makes = choose([name.strip() for words in args.make for name in words.split(",")])
    except ConfigError as error:
        tell(f"--make: {error}", to=sys.stderr)
        return 2
    return asyncio.run(_simulate(args, makes))


async def _simulate(args: argparse.Namespace, makes: Makes) -> int:
    site = build_site(args.hub, args.racks, args.seed, makes)
    simulator = Simulator(
        site, listen=args.listen, port=args.port, spread=args.spread, controllers=args.controllers
    )
    if args.chips:
        simulator.chips = NpuExporters(site)
    try:
        await simulator.start()
    except (OSError, OverflowError) as error:
        tell(f"cannot listen on {args.listen}: {error}", to=sys.stderr)
        return 1
    # Signals are handled before `ready` is printed: its reader may end this process at once.
    stop = _stop_signal()
    try:
        simulator.plan(args.fault)
        _write(args, simulator)
    except KeyError as error:
        tell(f"--fault: no such device: {error.args[0]}", to=sys.stderr)
        return 2
    except OSError as error:
        tell(f"{error.filename}: {error.strerror}", to=sys.stderr)
        return 1
    else:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(args.seconds):
                await stop.wait()
        return 0
    finally:
        await simulator.stop()


def _write(args: argparse.Namespace, simulator: Simulator) -> None:
    """Write the files that were asked for, then print what runs.

    The line `ready` is the last one: whoever waits for it finds the files complete.
    """
    lines = [_summary(simulator)]
    if args.write_history:
        lines += _write_history(args, simulator)
    if args.write_config:
        path = write_config(
            simulator,
            args.write_config,
            Wanted(
                listen=args.agent_listen,
                influxdb=args.influxdb,
                history=args.history,
                interval=args.interval,
                state_dir=args.state_dir,
                host=args.host,
                detail=args.detail,
                whole_hub=args.whole_hub,
            ),
        )
        lines.append(f"read it with: hubgauge run --config {path}")
    else:
        lines += _addresses(simulator)
    for line in lines:
        tell(line)
    sys.stdout.write("ready\n")  # in every language: programs wait for it
    sys.stdout.flush()


def _summary(simulator: Simulator) -> str:
    """Return a line that says which devices are simulated."""
    site, model = simulator.site, simulator.model
    devices = [
        f"{len(site.racks)} racks",
        f"{len(simulator.pdus)} PDUs",
        f"{len(model.ups)} UPSs",
        f"{len(model.coolers)} coolers",
        f"{len(simulator.meters)} meters",
        f"{len(simulator.controllers)} nodes",
    ]
    if simulator.chips is not None:
        devices.append(f"{len(simulator.chips.nodes)} nodes with chips")
    return f"SIMULATED site {site.key}: {', '.join(devices)}"


def _addresses(simulator: Simulator) -> list[str]:
    """Return lines with the address of one PDU and of every meter."""
    first = next(iter(simulator.pdus))
    return [
        f"SNMP, for example: {first} at {simulator.addresses[first]}, community public",
        *(
            f"Modbus: {name} at {simulator.addresses[name]}, unit {meter.unit}"
            for name, meter in simulator.meters.items()
        ),
    ]


def _write_history(args: argparse.Namespace, simulator: Simulator) -> list[str]:
    """Write the simulated past; returns a line for each file.

    The first file has whole hours, the second the minutes since the last whole hour.
    """
    now = time.time()
    start = now - args.months * _MONTH_SECONDS
    pdu_start = None if args.pdu_days is None else now - args.pdu_days * _DAY_SECONDS
    hours = args.write_history
    minutes = hours.with_stem(f"{hours.stem}-recent")
    written = {
        hours: write_history(simulator.model, hours, start, now, pdus_since=pdu_start),
        minutes: write_recent(simulator.model, minutes, now),
    }
    if not written[minutes]:
        minutes.unlink()
    site = simulator.site.key
    return [
        f"{rows} rows of simulated past:"
        f" hubgauge ledger import --site {site} --interval {lasts} --interval-values {path}"
        for (path, rows), lasts in zip(written.items(), ("1h", "5m"), strict=True)
        if rows or path == hours
    ]


def _stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
