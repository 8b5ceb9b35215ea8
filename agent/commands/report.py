"""`hubgauge report`: a week of a hub on one sheet, as an HTML file that needs nothing but itself."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from collectors.base import ConfigError
from collectors.strict import nearest

if TYPE_CHECKING:
    from agent.hubs.model import Registry


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        metavar="F",
        help="the agent's config file; it may be running, nothing is changed",
    )
    parser.add_argument(
        "--hub",
        metavar="H",
        help="which hub (default: the config's own); the promises of any, the energy of the config's own",
    )
    parser.add_argument(
        "--week",
        metavar="YYYY-Www",
        help="an ISO week such as 2026-W47 (default: the last whole one)",
    )
    parser.add_argument(
        "--language",
        choices=("en", "zh"),
        default="en",
        help="of what is written (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="F.html",
        help="the file to write; - for standard output",
    )


def run(args: argparse.Namespace) -> int:
    """Write the report."""
    from agent import config  # noqa: PLC0415 - imported by the command that needs it
    from agent.hubs.loader import load_registry  # noqa: PLC0415
    from agent.inventory.model import Inventory  # noqa: PLC0415
    from agent.loading import inventory_of  # noqa: PLC0415
    from agent.messages.catalogue import words  # noqa: PLC0415
    from agent.report.weekly import last_week, week_of, weekly  # noqa: PLC0415
    from agent.web.weeklypage import document  # noqa: PLC0415

    found = config.load(args.config)
    file = found.file
    registry = load_registry(file.hubs_dir)
    hub = _known(args.hub or file.hub, registry)
    zone = ZoneInfo(registry.hubs[hub].timezone)
    now = time.time()
    week = week_of(args.week or last_week(zone, now), zone, now)
    own = inventory_of(found) or Inventory(hub=hub) if hub == file.hub else None
    data = weekly(file.state_dir / "ledger.db", hub, own, registry, week, clock=time.time)
    w = words(args.language)
    html = document(
        data, w, week, hub_name=registry.hubs[hub].name[args.language], simulated=file.simulated
    )
    if str(args.out) == "-":
        sys.stdout.write(html)
        return 0
    try:
        args.out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror or error}", file=str(args.out), key="--out"
        ) from None
    sys.stdout.write(f"{args.out}\n")
    return 0


def _known(hub: str, registry: Registry) -> str:
    if hub not in registry.hubs:
        raise ConfigError(f"{hub}: no such hub{nearest(hub, registry.hubs)}", key="--hub")
    return hub
