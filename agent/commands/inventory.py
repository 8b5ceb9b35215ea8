"""`hubgauge inventory --config F`: what the inventory in force holds, how old it is, and what of its source cannot be used."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.config import Config
    from agent.inventory.model import Inventory


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--config", required=True, type=Path, metavar="F", help="the config file")
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="read NetBox now; a running agent takes it at its next reading",
    )
    parser.add_argument("--json", action="store_true", help="the racks one by one, as JSON")


def run(args: argparse.Namespace) -> int:
    """Print it; raises Problems for a wrong file, CollectError where NetBox does not answer."""
    from agent import config as config_module  # noqa: PLC0415 - imported by the command that needs it
    from agent.loading import inventory_of  # noqa: PLC0415 - as above

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
    """Return what NetBox has that cannot be used, as of its last reading or of one made now."""
    from agent.inventory.netbox.config import InventorySource  # noqa: PLC0415 - as above

    source = config.file.inventory
    if not isinstance(source, InventorySource):
        return ()
    from agent.inventory.netbox import source as netbox  # noqa: PLC0415 - as above
    from agent.inventory.netbox.client import Client  # noqa: PLC0415 - as above

    if refresh:
        config.file.state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        return netbox.refresh(config.file, source, Client(source.netbox)).problems
    kept = netbox.Kept(config.file.state_dir, source.netbox, config.file.hub).load()
    return (
        kept.problems if kept is not None else ("nothing was read from NetBox yet: see --refresh",)
    )


def _as_text(stock: Inventory) -> str:
    lines = [
        f"read {_age(stock.read_at)}; {len(stock.racks)} racks at {len(stock.sites)} sites, {len(stock.meters)} meters"
    ]
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
