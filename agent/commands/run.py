"""`hubgauge run --config F`: the agent."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from agent.app import App
from agent.manylines import ManyLines
from agent.standstill import run_watched


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--config", required=True, type=Path, metavar="F", help="the config file")


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT.

    A bad config gives one line for each mistake and exit status 2.
    """
    handler = logging.StreamHandler()
    handler.addFilter(ManyLines())
    form = "%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, handlers=[handler])
    return run_watched(App(args.config).run())
