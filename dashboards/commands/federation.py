"""`hubgauge federation build --out D`: Prometheus configs for each hub and for the one above them.

A third set of configs is for hubs that push to the Prometheus above instead of being scraped.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.hubs.loader import load_registry
from dashboards import federation, federation_plan


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser(
        "build", help="write one folder of configs for each hub, and the folder `global`"
    )
    build.add_argument(
        "--out", required=True, type=Path, metavar="D", help="the folder to write to"
    )
    build.add_argument(
        "--plan",
        type=Path,
        metavar="F",
        help="a file with the addresses of each hub's gateways and Prometheus; "
        "without it, example names are used",
    )
    build.add_argument("--hubs-dir", type=Path, metavar="D", help="a folder of more hub files")


def run(args: argparse.Namespace) -> int:
    """Write the files, and print the path of each."""
    plan = (
        federation_plan.load_plan(args.plan)
        if args.plan
        else federation_plan.example(load_registry(args.hubs_dir))
    )
    for path in federation.write(args.out, plan):
        sys.stdout.write(f"{path}\n")
    return 0
