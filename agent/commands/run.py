"""`hubgauge run --config F`: the agent."""

from __future__ import annotations

import argparse
import asyncio
import logging
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--config", required=True, type=Path, metavar="F", help="the config file")


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; exit status 2 and one line a mistake for a bad config."""
    from agent.app import App  # noqa: PLC0415 - only this command needs all of the agent

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return asyncio.run(App(args.config).run())
