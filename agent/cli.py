"""The command line: every command, thin. A command's module is imported only when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import Final

from agent import __version__
from collectors.base import ConfigError, HubgaugeError
from collectors.strict import Problems

# Where each command lives, and what `--help` says of it: said here so that help imports none of them.
COMMANDS: Final = {
    "run": "run the agent: collect, serve, push",
    "check": "check a config file and all it names",
    "collect": "run every collector once and print what it read",
    "hubs": "the scoreboard: every hub against what it publicly stated",
    "dashboards": "build Grafana dashboards, and verify that every panel shows data",
    "rules": "build recording rules and alerts, with their tests",
    "federation": "build Prometheus configs of every hub and of the one above them",
    "ledger": "import, show and export metered energy and the PUE made of it",
    "report": "a week of a hub on one sheet, as an HTML file",
    "inventory": "what the inventory holds, how old it is, and what of it cannot be used",
    "devices": "which profile fits a device, and what it reads",
    "simulate": "run a simulated site that speaks the real protocols",
    "demo": "a simulated site, an agent, a database and the board, all on this machine",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 good, 1 failed, 2 wrong input."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(
        prog="hubgauge",
        description="How full and how hot are our racks, what is our PUE really, and will we meet what we promised?",
    )
    parser.add_argument("--version", action="version", version=f"hubgauge {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    asked = next((word for word in arguments if word in COMMANDS), None)
    for name, help_text in COMMANDS.items():
        sub = commands.add_parser(name, help=help_text, description=help_text)
        if name == asked:
            importlib.import_module(f"agent.commands.{name}").configure(sub)
    args = parser.parse_args(arguments)
    try:
        return int(importlib.import_module(f"agent.commands.{args.command}").run(args))
    except (Problems, ConfigError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except HubgaugeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BrokenPipeError:  # `hubgauge … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
