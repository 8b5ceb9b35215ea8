"""`hubgauge check F`: load a config file and all the files it names.

Every mistake is one line, and the exit status is then 2. A name that does not match the inventory
is a line as well, but no mistake: the agent would run with it. So are a name that nothing else in
the config has, and a folder of textfiles that is not there. A mistake in a file of devices or of
tenants is one: the agent runs without that file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agent.commands.check_hubs import wrong_hubs
from agent.commands.check_names import peers_written_otherwise, unknown_names
from agent.commands.check_references import unknown_references
from agent.commands.check_tenants import wrong_beside, wrong_tenants
from agent.commands.check_unused import unusable
from agent.loading import load_all
from agent.messages.catalogue import words
from agent.messages.said import said_lines
from agent.messages.terminal import add_language
from collectors.base import ConfigError
from collectors.strict import Problems


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", type=Path, nargs="?", metavar="F", help="the config file")
    parser.add_argument("--config", type=Path, metavar="F", help="the same, as for other commands")
    add_language(parser, "the answer")


def run(args: argparse.Namespace) -> int:
    """Load everything that the agent would load, and start nothing."""
    if (args.file is None) == (args.config is None):
        raise ConfigError("expected one config file, such as `hubgauge check F`", key="F")
    config = args.file or args.config
    try:
        loaded = load_all(config)
    except Problems as problems:
        every = [*problems.errors, *wrong_hubs(config), *wrong_beside(config)]
        raise Problems(list({str(error): error for error in every}.values())) from None
    devices = len(loaded.collectors)
    racks = len(loaded.inventory.racks) if loaded.inventory else 0
    doubted = [
        *unknown_names(loaded),
        *unknown_references(loaded),
        *peers_written_otherwise(loaded),
        *unusable(loaded),
    ]
    told = (line for one in doubted for line in said_lines(one, args.language))
    sys.stderr.writelines(f"{line}\n" for line in told)
    w = words(args.language)
    wrong = [*loaded.config.devices.lost, *wrong_tenants(loaded)]
    if wrong:
        raise Problems(wrong)
    state = w("check.but", count=len(doubted)) if doubted else w("check.good")
    hub = loaded.config.file.hub
    counts = w("check.counts", hub=hub, collectors=str(devices), racks=str(racks))
    sys.stdout.write(w("check.said", config=str(config), told=state, counts=counts) + "\n")
    return 0
