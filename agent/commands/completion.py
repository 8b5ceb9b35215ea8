"""`hubgauge completion SHELL`: a script by which a shell completes commands and options.

It is made of the parsers of all commands, so it knows what they know.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.cli import whole_parser


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), metavar="SHELL")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    parser = whole_parser()
    for one in _parsers(parser):
        for action in one._actions:
            if action.type is Path:
                vars(action)["complete"] = shtab.FILE  # shtab looks for it
    sys.stdout.write(shtab.complete(parser, shell=args.shell) + "\n")
    return 0


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser, and those of its commands and their actions."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _parsers(one)
