"""`hubgauge inventory --config F`: the contents and the age of the inventory in force.

It also lists the entries of NetBox that cannot be used.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent import config as config_module
from agent.config import Config
from agent.inventory.model import Inventory
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.kept import KeptAnswer
from agent.loading import inventory_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--config", required=True, type=Path, metavar="F", help="the config file")
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="read NetBox now; a running agent does this regularly",
    )
    parser.add_argument("--json", action="store_true", help="the racks one by one, as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the inventory; returns 1 if the config names none.

    Raises Problems for a wrong file, and CollectError if NetBox does not answer.
    """
    config = config_module.load(args.config)
    problems = _problems(config, refresh=args.refresh)
    stock = inventory_of(config)
    if stock is None:
        sys.stderr.write(f"{args.config}: names no inventory\n")
        return 1
    if args.json:
        json.dump(_as_json(stock, problems), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return 0
    sys.stdout.write(_as_text(stock))
    for problem in problems:
        sys.stdout.write(f"not used: {problem}\n")
    return 0


def _problems(config: Config, *, refresh: bool) -> Sequence[str]:
    """Return the problems in NetBox's answer: in the kept one, or in one that is read now."""
    source = config.file.inventory
    if not isinstance(source, InventorySource):
        return ()
    file, netbox = config.file, source.netbox
    if refresh:
        # urllib3 need not be installed where no NetBox is read.
        from agent.inventory.netbox.client import Client
        from agent.inventory.netbox.source import refresh as read_now

        file.state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        return read_now(netbox, file.hub, file.state_dir, Client(netbox)).problems
    kept = KeptAnswer(file.state_dir, netbox, file.hub).load()
    if kept is None:
        return ("nothing was read from NetBox yet: see --refresh",)
    return kept.problems


def _as_text(stock: Inventory) -> str:
    summary = (
        f"read {_age(stock.read_at)}; {len(stock.racks)} racks at {len(stock.sites)} sites,"
        f" {len(stock.meters)} meters"
    )
    lines = [summary]
    rows = [
        (
            "site",
            "state",
            "racks",
            "units",
            "used",
            "reserved",
            "devices",
            "PDUs",
            "racks without PDU",
        )
    ]
    for site, racks in stock.racks_by_site.items():
        rows.append(
            (
                site,
                stock.sites[site].state,
                str(len(racks)),
                str(sum(rack.height_units for rack in racks)),
                str(sum(rack.used or 0 for rack in racks)),
                str(sum(rack.reserved_units for rack in racks)),
                str(sum(len(rack.devices or ()) for rack in racks)),
                str(sum(1 for rack in racks for feed in rack.feeds.values() if feed.pdu)),
                str(sum(not any(feed.pdu for feed in rack.feeds.values()) for rack in racks)),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _age(read_at: float | None) -> str:
    if read_at is None:
        return "never"
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(read_at))
    return f"{when} ({max(0.0, time.time() - read_at) / 3600:.1f} h ago)"


def _as_json(stock: Inventory, problems: Sequence[str]) -> dict[str, Any]:
    return {
        "hub": stock.hub,
        "read_at": stock.read_at,
        "complete": stock.complete,
        "sites": [dataclasses.asdict(site) for site in stock.sites.values()],
        "racks": [dataclasses.asdict(rack) for rack in stock.racks.values()],
        "meters": [dataclasses.asdict(meter) for meter in stock.meters.values()],
        "problems": list(problems),
    }
