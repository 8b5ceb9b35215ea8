"""`hubgauge report`: a week, a month or a year of a hub, as one HTML file that needs no other."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.commands.ledger_of_site import LEDGER_FILE
from agent.commands.output import write_text
from agent.config import load
from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from agent.inventory.model import Inventory
from agent.loading import inventory_of
from agent.messages.catalogue import words
from agent.messages.terminal import add_language
from agent.report.hub_report import hub_report
from agent.report.period import KINDS, Kind, period_of
from agent.web.reportpage import document
from collectors.base import ConfigError
from collectors.strict import nearest


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        metavar="F",
        help="the agent's config file; the agent may be running, and nothing is changed",
    )
    parser.add_argument(
        "--hub",
        metavar="H",
        help="which hub (default: that of the config); the report of another hub has only its "
        "promises, no energy",
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument(
        "--week",
        metavar="YYYY-Www",
        help="an ISO week such as 2026-W47 (default: the last one that is over)",
    )
    when.add_argument(
        "--month", metavar="YYYY-MM", help="a month such as 2026-10; '' is the last one"
    )
    when.add_argument("--year", metavar="YYYY", help="a year such as 2025; '' is the last one")
    add_language(parser, "the report")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="F.html",
        help="the file to write; - for standard output",
    )


def run(args: argparse.Namespace) -> int:
    """Write the report and print the file's path; raises ConfigError for a wrong hub or period."""
    found = load(args.config)
    file = found.file
    registry = load_registry(file.hubs_dir)
    hub = _known(args.hub or file.hub, registry)
    zone = ZoneInfo(registry.hubs[hub].timezone)
    now = time.time()
    kind: Kind = next((one for one in KINDS if getattr(args, one) is not None), "week")
    period = period_of(kind, getattr(args, kind) or "", zone, now)
    inventory = inventory_of(found) or Inventory(hub=hub) if hub == file.hub else None
    report = hub_report(
        file.state_dir / LEDGER_FILE, hub, inventory, registry, period, clock=time.time
    )
    w = words(args.language)
    name = w.pick(registry.hubs[hub].name)
    html = document(report, w, period, hub_name=name, simulated=file.simulated)
    if str(args.out) == "-":
        sys.stdout.write(html)
        return 0
    write_text(args.out, html, "--out")
    sys.stdout.write(f"{args.out}\n")
    return 0


def _known(hub: str, registry: Registry) -> str:
    if hub not in registry.hubs:
        raise ConfigError(f"{hub}: no such hub{nearest(hub, registry.hubs)}", key="--hub")
    return hub
