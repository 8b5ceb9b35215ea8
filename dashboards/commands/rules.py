"""`hubgauge rules build --out D`: recording rules, alerts, and promtool tests of both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.hubs.loader import load_registry
from collectors.catalogue.rack_limits import LimitsSection, SiteLimits
from collectors.strict import Document, Problems
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
        "--config",
        type=Path,
        metavar="F",
        help="a config file, whose limits the alerts compare with",
    )
    build.add_argument(
        "--runbook",
        default="docs/runbook.md",
        metavar="URL",
        help="the address of the runbook; every alert links to it (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the files, and print the path of each."""
    limits = _limits_of(args.config) if args.config is not None else SiteLimits()
    registry = load_registry(args.hubs_dir)
    for path in write(args.out, registry, runbook=args.runbook, limits=limits):
        sys.stdout.write(f"{path}\n")
    return 0


def _limits_of(config: Path) -> SiteLimits:
    """Return the limits of a config file; raises Problems.

    Its other sections are not read: they need packages and secrets of the machine that runs it.
    """
    document = Document(config)
    node = document.node("limits")
    section = None
    if node is not None and node is not document.root:
        section = document.convert(node, LimitsSection, "limits")
    if document.errors:
        raise Problems(document.errors)
    return (section or LimitsSection()).by_site()
