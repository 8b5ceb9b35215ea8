"""`hubgauge collect --config F`: one round of every collector, printed."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.base import Batch

if TYPE_CHECKING:
    from agent.snapshot import Snapshot


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--config", required=True, type=Path, metavar="F", help="the config file")
    parser.add_argument("--format", choices=("prometheus", "influx", "json"), default="prometheus")


def run(args: argparse.Namespace) -> int:
    """Print the samples; a collector that failed is one line on stderr, and exit status 1 if none succeeded."""
    return asyncio.run(_collect(args))


async def _collect(args: argparse.Namespace) -> int:
    from agent.app import App  # noqa: PLC0415 - imported by the command that needs it
    from agent.web.exposition import render  # noqa: PLC0415

    logging.getLogger().addHandler(logging.NullHandler())  # each failure is told once, at the end
    app = App(args.config)
    batches: list[Batch] = []
    app.prepare()
    app.runner.consumers.append(batches.append)
    await app.runner.run_once()
    health = app.runner.health()
    await app.runner.stop()
    if args.format == "prometheus":
        for piece in render(app.snapshot):
            sys.stdout.write(piece)
    elif args.format == "influx":
        from agent.sinks.lineprotocol import LineRenderer  # noqa: PLC0415

        renderer = LineRenderer(app.config.push_tags)
        for batch in batches:
            sys.stdout.write(renderer.render(batch)[0].decode())
    else:
        json.dump(_as_json(app.snapshot), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    for one in health:
        if one.ok is False:
            sys.stderr.write(f"{one.collector} {one.device}: {one.last_error}\n".replace(" :", ":"))
    return 0 if any(one.ok for one in health) or not health else 1


def _as_json(snapshot: Snapshot) -> list[dict[str, object]]:
    return [
        {
            "name": series.prefix.partition("{")[0].strip(),
            "labels": dict(zip(series.labels, series.values, strict=True)),
            "value": value,
            "type": metric.type,
        }
        for metric, rows in snapshot.families()
        for series, value in rows.items()
    ]
