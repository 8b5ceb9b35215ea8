"""`hubgauge federation build --out D`: Prometheus configs of each hub, of the one above them, and of the way that pushes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="write a folder of configs a hub, and `global`")
    build.add_argument(
        "--out", required=True, type=Path, metavar="D", help="the folder to write to"
    )
    build.add_argument(
        "--plan",
        type=Path,
        metavar="F",
        help="where each hub's gateways and Prometheus are; else example names",
    )
    build.add_argument("--hubs-dir", type=Path, metavar="D", help="a folder of more hub files")


def run(args: argparse.Namespace) -> int:
    """Write the files."""
    from agent.hubs.loader import load_registry  # noqa: PLC0415 - imported by the command that needs it
    from dashboards import federation  # noqa: PLC0415

    plan = (
        federation.load_plan(args.plan)
        if args.plan
        else federation.example(load_registry(args.hubs_dir))
    )
    for path in federation.write(args.out, plan):
        sys.stdout.write(f"{path}\n")
    return 0
