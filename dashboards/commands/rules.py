"""`hubgauge rules build --out D`: recording rules, alerts, and promtool tests of both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.hubs.loader import load_registry
from dashboards.rule_files import write


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser(
        "build", help="write rules.yml, alerts.yml, tests.yml and alertmanager.yml"
    )
    build.add_argument(
        "--out", required=True, type=Path, metavar="D", help="the folder to write to"
    )
    build.add_argument("--hubs-dir", type=Path, metavar="D", help="a folder of more hub files")
    build.add_argument(
        "--runbook",
        default="docs/runbook.md",
        metavar="URL",
        help="the address of the runbook; every alert links to it (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the files, and print the path of each."""
    for path in write(args.out, load_registry(args.hubs_dir), runbook=args.runbook):
        sys.stdout.write(f"{path}\n")
    return 0
