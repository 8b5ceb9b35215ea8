"""`hubgauge check F`: load a config file and all the files it names.

Every mistake is one line; the exit status is then 2.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.loading import load_all


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("config", type=Path, metavar="F", help="the config file")


def run(args: argparse.Namespace) -> int:
    """Load everything that the agent would load, and start nothing."""
    loaded = load_all(args.config)
    devices = len(loaded.collectors)
    racks = len(loaded.inventory.racks) if loaded.inventory else 0
    sys.stdout.write(
        f"{args.config}: good; hub {loaded.config.file.hub}, {devices} collectors, {racks} racks\n"
    )
    return 0
