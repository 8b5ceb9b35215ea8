"""`hubgauge check F`: the config file and all it names, or one line a mistake and exit status 2."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("config", type=Path, metavar="F", help="the config file")


def run(args: argparse.Namespace) -> int:
    """Load everything the agent would load, and start nothing."""
    from agent.loading import load_all  # noqa: PLC0415 - imported by the command that needs it

    loaded = load_all(args.config)
    devices = len(loaded.collectors)
    racks = len(loaded.inventory.racks) if loaded.inventory else 0
    sys.stdout.write(
        f"{args.config}: good; hub {loaded.config.file.hub}, {devices} collectors, {racks} racks\n"
    )
    return 0
