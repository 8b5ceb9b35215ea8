"""`hubgauge inventory --config F`: the contents and the age of the inventory in force.

It also lists the entries of NetBox that cannot be used.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from agent import config as config_module
from agent.config import Config
from agent.inventory.model import Inventory
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.kept import KeptAnswer
from agent.loading import inventory_of
from agent.messages.catalogue import Words, words
from agent.messages.said import said, tell
from agent.messages.terminal import add_language
from agent.targets.columns import padded_to, width_of

_COLUMNS: Final = (
    "site",
    "state",
    "racks",
    "units",
    "used",
    "reserved",
    "devices",
    "pdus",
    "without_pdu",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--config", required=True, type=Path, metavar="F", help="the config file")
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="read NetBox now; a running agent does this regularly",
    )
    parser.add_argument("--json", action="store_true", help="the racks one by one, as JSON")
    add_language(parser, "the summary")


def run(args: argparse.Namespace) -> int:
    """Print the inventory; returns 1 if the config names none.

    Raises Problems for a wrong file, and CollectError if NetBox does not answer.
    """
    config = config_module.load(args.config)
    problems = _problems(config, refresh=args.refresh)
    stock = inventory_of(config)
    if stock is None:
        tell(f"{args.config}: names no inventory", args.language, to=sys.stderr)
        return 1
    if args.json:
        found = {"simulated": config.file.simulated} | _as_json(stock, problems)
        json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
        return 0
    w = words(args.language)
    if config.file.simulated:
        sys.stdout.write(w("cli.simulated") + "\n")
    sys.stdout.writelines(f"{line}\n" for line in _as_text(stock, w))
    for problem in problems:
        told = said(str(problem), args.language)
        sys.stdout.write(w("inventory.not_used", problem=told) + "\n")
    return 0


def _problems(config: Config, *, refresh: bool) -> Sequence[str]:
    """Return the problems in NetBox's answer: in the kept one, or in one that is read now."""
    source = config.file.inventory
    if not isinstance(source, InventorySource) or source.netbox is None:
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


def _as_text(stock: Inventory, w: Words) -> Iterator[str]:
    yield w(
        "inventory.said",
        age=_age(stock.read_at, w),
        racks=str(len(stock.racks)),
        sites=str(len(stock.sites)),
        meters=str(len(stock.meters)),
    )
    rows = [[w(f"inventory.{name}") for name in _COLUMNS]]
    for site, racks in stock.racks_by_site.items():
        numbers = (
            len(racks),
            sum(rack.height_units for rack in racks),
            sum(rack.used or 0 for rack in racks),
            sum(rack.reserved_units for rack in racks),
            sum(len(rack.devices or ()) for rack in racks),
            sum(1 for rack in racks for feed in rack.feeds.values() if feed.pdu),
            sum(not any(feed.pdu for feed in rack.feeds.values()) for rack in racks),
        )
        state = w.of("inventory.state", stock.sites[site].state)
        rows.append([site, state, *map(str, numbers)])
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(padded_to(cell, width) for cell, width in cells).rstrip()


def _age(read_at: float | None, w: Words) -> str:
    if read_at is None:
        return w("inventory.never")
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(read_at))
    hours = max(0.0, time.time() - read_at) / 3600
    return w("inventory.read", when=when, hours=f"{hours:.1f}")


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
