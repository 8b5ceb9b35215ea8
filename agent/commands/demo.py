"""`hubgauge demo`: a simulated site, an agent, a database and the board, all on this machine.

Ctrl-C ends all of it and removes what was written.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

from agent.commands.demo_parts import Demo, DemoOptions
from agent.commands.site_options import add_site_options
from agent.messages.said import tell
from collectors.base import HubgaugeError

_BOARD_PORT: Final = 9717
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end the demo. A terminal that is closed sends SIGHUP."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_site_options(parser)
    _configure_board(parser)
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="keep everything in this folder instead of in a temporary one",
    )
    parser.add_argument(
        "--no-database", action="store_true", help="start no VictoriaMetrics and no Prometheus"
    )
    parser.add_argument("--seconds", type=float, metavar="N", help="end after so many seconds")


def _configure_board(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--listen",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="the address of the board (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=_BOARD_PORT,
        metavar="P",
        help="the port of the board (default: %(default)s)",
    )
    parser.add_argument(
        "--interval",
        default="5s",
        metavar="T",
        help="how often devices are read (default: %(default)s)",
    )
    parser.add_argument("--open", action="store_true", help="open the board in a browser")


def run(args: argparse.Namespace) -> int:
    """Run until Ctrl-C, SIGTERM, SIGHUP, or the end of the agent or the simulator.

    Everything that was started is ended, and the temporary folder is removed.
    """
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    """Run the demo as one task, which a signal cancels; then clean up."""
    temporary = args.state_dir is None
    folder = Path(tempfile.mkdtemp(prefix="hubgauge-demo-")) if temporary else args.state_dir
    demo = Demo(_options(args), folder, temporary=temporary)
    task = asyncio.ensure_future(demo.run())
    loop = asyncio.get_running_loop()
    for number in _ENDS:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0
    except HubgaugeError as error:
        tell(str(error), to=sys.stderr)
        return 1
    finally:
        for number in _ENDS:
            loop.add_signal_handler(number, lambda: None)  # the end is already under way
        await demo.stop()
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)


def _options(args: argparse.Namespace) -> DemoOptions:
    return DemoOptions(
        hub=args.hub,
        racks=args.racks,
        seed=args.seed,
        makes=args.make,
        faults=args.fault,
        months=args.months,
        listen=args.listen,
        port=args.port,
        interval=args.interval,
        open_browser=args.open,
        database=not args.no_database,
        seconds=args.seconds,
    )
