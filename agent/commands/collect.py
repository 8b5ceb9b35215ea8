"""`hubgauge collect --config F`: run every collector once and print what it read."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.app import App
from agent.commands.collect_summary import summary
from agent.commands.state_copy import copy_of_state
from agent.health import CollectorHealth
from agent.messages.catalogue import Words, words
from agent.messages.errors import error_text
from agent.messages.terminal import add_language
from agent.sinks.lineprotocol import LineRenderer
from agent.snapshot import Snapshot
from agent.standstill import run_watched
from agent.web.exposition import render
from collectors.base import Batch


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--config", required=True, type=Path, metavar="F", help="the config file")
    add_language(parser, "the summary, failures and notices")
    parser.add_argument(
        "--format",
        choices=("prometheus", "influx", "json"),
        help="print every reading, in this format (default: a summary)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the round on stdout, and failures and notices of collectors on stderr, a line each.

    The exit status is 1 if no collector succeeded.
    """
    return run_watched(_collect(args))


async def _collect(args: argparse.Namespace) -> int:
    # A failure is printed once, at the end, so it is not logged as well.
    logging.getLogger().addHandler(logging.NullHandler())
    with copy_of_state(args.config) as state_dir:
        app = App(args.config, state_dir=state_dir)
        batches: list[Batch] = []
        app.prepare()
        app.runner.consumers.append(batches.append)
        await app.runner.run_once()
        health = app.runner.health()
        await app.runner.stop()
        if app.ledger is not None:
            app.ledger.close()
    w = words(args.language)
    if args.format is None:
        if app.config.file.simulated:
            sys.stdout.write(w("cli.simulated") + "\n")
        sys.stdout.writelines(line + "\n" for line in summary(health, batches, w))
    else:
        _print(args.format, app, batches)
    return _report_failures(health, w)


def _print(form: str, app: App, batches: Sequence[Batch]) -> None:
    if form == "prometheus":
        for piece in render(app.snapshot):
            sys.stdout.write(piece)
    elif form == "influx":
        renderer = LineRenderer(app.config.push_tags)
        for batch in batches:
            sys.stdout.write(renderer.render(batch)[0].decode())
    else:
        rows = _as_json(app.snapshot, simulated=app.config.file.simulated)
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")


def _report_failures(health: Sequence[CollectorHealth], w: Words) -> int:
    """Print a line for each collector that failed or has a notice; returns the exit status."""
    for one in health:
        said = error_text(one.last_reason, one.last_error, w) if one.ok is False else one.notice
        if said:
            named = f"{one.collector} {one.device}".rstrip()
            sys.stderr.write(w("collect.said", collector=named, text=said) + "\n")
    return 0 if any(one.ok for one in health) or not health else 1


def _as_json(snapshot: Snapshot, *, simulated: bool) -> list[dict[str, object]]:
    """Return every series with its name, labels, value and type; each says if it is simulated."""
    return [
        {
            "name": series.prefix.partition("{")[0].strip(),
            "labels": dict(zip(series.labels, series.values, strict=True)),
            "value": value,
            "type": metric.type,
            "simulated": simulated,
        }
        for metric, rows in snapshot.families()
        for series, value in rows.items()
    ]
