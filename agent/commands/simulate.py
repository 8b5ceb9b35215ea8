"""`hubgauge simulate --hub H --racks N`: a simulated site that speaks SNMP, Modbus and Redfish on loopback."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.faults import PlannedFault
    from simulator.makes import Makes
    from simulator.simulator import Simulator

MAX_RACKS: Final = 100_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--hub", default="guian", metavar="H", help="a key of the registry (default: %(default)s)"
    )
    parser.add_argument(
        "--racks",
        type=_racks,
        default=24,
        metavar="N",
        help="how many racks, two PDUs each (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="S",
        help="the same seed gives the same site (default: %(default)s)",
    )
    parser.add_argument(
        "--make",
        action="append",
        default=[],
        metavar="PROFILE[,…]",
        help="which makes stand there: profiles of PDUs, UPSs, coolers and meters, or `all`; without it, the usual ones",
    )
    parser.add_argument(
        "--controllers",
        type=int,
        default=4,
        metavar="N",
        help="nodes whose management controllers answer (default: %(default)s)",
    )
    parser.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where devices listen (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="P", help="the first port; without it, any free ones"
    )
    parser.add_argument(
        "--spread", action="store_true", help="one address a PDU from 127.1.0.1 up, all on one port"
    )
    parser.add_argument(
        "--write-config",
        type=Path,
        metavar="DIR",
        help="write config.yaml and inventory.yaml for an agent here",
    )
    parser.add_argument(
        "--agent-listen",
        default="127.0.0.1:9717",
        metavar="A:P",
        help="where that agent is to serve",
    )
    parser.add_argument(
        "--influxdb", default="", metavar="URL", help="a database that agent is to push to"
    )
    parser.add_argument(
        "--state-dir", type=Path, metavar="DIR", help="where that agent is to keep its state"
    )
    parser.add_argument(
        "--interval",
        default="15s",
        metavar="T",
        help="how often that agent is to read (default: %(default)s)",
    )
    parser.add_argument(
        "--host", action="store_true", help="that agent reads this machine's kernel as well"
    )
    parser.add_argument(
        "--chips",
        action="store_true",
        help="nodes with accelerators have exporters, which that agent reads",
    )
    parser.add_argument(
        "--write-history",
        type=Path,
        metavar="F.csv",
        help="write the past's hourly energies for `ledger import`",
    )
    parser.add_argument(
        "--months",
        type=float,
        default=13.0,
        metavar="M",
        help="how much past (default: %(default)s)",
    )
    parser.add_argument(
        "--pdu-days", type=float, metavar="D", help="give PDUs only so many days of past"
    )
    parser.add_argument(
        "--fault",
        action="append",
        type=_fault,
        default=[],
        metavar="DEVICE=FAULT[:N][@S[-S]]",
        help="make a device silent, garbage, slow, stuck, reset or replaced, from one second of the run to another; may be repeated",
    )
    parser.add_argument("--seconds", type=float, metavar="N", help="end by itself")


def _racks(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= MAX_RACKS:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {MAX_RACKS}, got {text!r}")
    return int(text)


def _fault(text: str) -> PlannedFault:
    from simulator.faults import parse_fault  # noqa: PLC0415 - only where it is asked for

    try:
        return parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; exit status 2 and one line for a wrong input."""
    from agent.hubs.loader import load_registry  # noqa: PLC0415 - not for help
    from collectors.base import ConfigError  # noqa: PLC0415
    from simulator.makes import choose  # noqa: PLC0415

    known = load_registry().hubs
    if args.hub not in known:
        sys.stderr.write(f"--hub: not in the registry; expected one of {', '.join(known)}\n")
        return 2
    try:
        makes = choose([name.strip() for words in args.make for name in words.split(",")])
    except ConfigError as error:
        sys.stderr.write(f"--make: {error}\n")
        return 2
    return asyncio.run(_simulate(args, makes))


async def _simulate(args: argparse.Namespace, makes: Makes) -> int:
    from simulator.simulator import Simulator  # noqa: PLC0415 - not for help and wrong inputs
    from simulator.site import build_site  # noqa: PLC0415

    site = build_site(args.hub, args.racks, args.seed, makes)
    simulator = Simulator(
        site, listen=args.listen, port=args.port, spread=args.spread, controllers=args.controllers
    )
    if args.chips:
        from simulator.npu_exporter import NpuExporters  # noqa: PLC0415 - only where it is asked for

        simulator.chips = NpuExporters(site)
    try:
        await simulator.start()
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"cannot listen on {args.listen}: {error}\n")
        return 1
    told = _told()  # before it says that it is ready: whoever reads that may end it at once
    try:
        simulator.plan(args.fault)
        _write(args, simulator)
    except KeyError as error:
        sys.stderr.write(f"--fault: no such device: {error.args[0]}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
        return 1
    else:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(args.seconds):
                await told.wait()
        return 0
    finally:
        await simulator.stop()


def _write(args: argparse.Namespace, simulator: Simulator) -> None:
    """Write what was asked for, then say what runs: whoever waits for the last line finds the files complete."""
    site = simulator.site
    model = simulator.model
    devices = f"{len(simulator.pdus)} PDUs, {len(model.ups)} UPSs, {len(model.coolers)} coolers, {len(simulator.meters)} meters"
    devices += f", {len(simulator.controllers)} nodes"
    if simulator.chips is not None:
        devices += f", {len(simulator.chips.nodes)} nodes with chips"
    say = [f"SIMULATED site {site.key}: {len(site.racks)} racks, {devices}"]
    if args.write_history:
        for path, rows in _write_history(args, simulator):
            say.append(
                f"{rows} rows of simulated past: hubgauge ledger import --site {site.key} {path}"
            )
    if args.write_config:
        from simulator.config import write_config  # noqa: PLC0415 - only where it is asked for

        path = write_config(
            simulator,
            args.write_config,
            listen=args.agent_listen,
            influxdb=args.influxdb,
            interval=args.interval,
            state_dir=args.state_dir,
            host=args.host,
        )
        say.append(f"read it with: hubgauge run --config {path}")
    else:
        first = next(iter(simulator.pdus))
        say.append(f"SNMP, for example: {first} at {simulator.addresses[first]}, community public")
        say += [
            f"Modbus: {name} at {simulator.addresses[name]}, unit {m.unit}"
            for name, m in simulator.meters.items()
        ]
    sys.stdout.write("\n".join((*say, "ready\n")))
    sys.stdout.flush()


def _write_history(args: argparse.Namespace, simulator: Simulator) -> Iterator[tuple[Path, int]]:
    """Write the past's hours, and in a second file the minutes since the last whole hour."""
    import time  # noqa: PLC0415 - only where it is asked for

    from simulator.history import write_history, write_recent  # noqa: PLC0415

    now = time.time()
    since = now - args.months * 30.5 * 86400
    pdus_since = None if args.pdu_days is None else now - args.pdu_days * 86400
    yield (
        args.write_history,
        write_history(simulator.model, args.write_history, since, now, pdus_since=pdus_since),
    )
    recent = args.write_history.with_stem(f"{args.write_history.stem}-recent")
    rows = write_recent(simulator.model, recent, now)
    if rows:
        yield recent, rows
    else:
        recent.unlink()


def _told() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told
