"""The command line. The module of a command is imported only when that command is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from agent import __version__
from agent.messages.catalogue import DEFAULT
from agent.messages.escaped import never_fail
from agent.messages.said import said, said_lines
from agent.messages.terminal import asked
from collectors.base import ConfigError, HubgaugeError
from collectors.deferred import defer_module
from collectors.strict import Problems

# argparse loads shutil, which can unpack archives.
defer_module("bz2", needs="_bz2")
defer_module("lzma", needs="_lzma")

# The help texts stand here, so that `hubgauge --help` imports no command.
BUILT_IN: Final = {
    "run": "run the agent: collect, serve, push",
    "check": "check a config file and all the files it names",
    "collect": "run every collector once and print what it read",
    "hubs": "the scoreboard: every hub against what it publicly stated",
    "ledger": "import, show and export metered energy and the PUE made of it",
    "report": "a week, a month or a year of a hub on one sheet, as an HTML file",
    "statement": "a site's PUE of a year with all it rests on, to publish and to check",
    "inventory": "show the inventory, its age, and the entries that cannot be used",
    "maintenance": "say which racks people work on, so that nobody is called for them",
    "devices": "find the profile that fits a device, and show what it reads",
    "notify": "pass alerts from Alertmanager on to robots of DingTalk, Feishu and WeCom",
    "demo": "run a simulated site, an agent, a database and the board on this machine",
    "completion": "print what a shell needs to complete commands and options: bash, zsh or tcsh",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: a line of help, and the module that has its `configure` and its `run`."""

    help: str
    module: str


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 good, 1 failed, 2 wrong input."""
    arguments = config_last(sys.argv[1:] if argv is None else argv)
    never_fail()
    language = asked(arguments)
    try:
        commands = _commands(arguments)
        parser = _parser(commands, [_asked_command(arguments)], _parser_class(language))
        args = parser.parse_args(arguments)
        return int(importlib.import_module(commands[args.command].module).run(args))
    except (Problems, HubgaugeError) as error:
        sys.stderr.writelines(f"{line}\n" for line in said_lines(error, language))
        return 2 if isinstance(error, Problems | ConfigError) else 1
    except ModuleNotFoundError as error:
        missing = importlib.import_module("agent.needs").missing_extra(error.name or "")
        if not missing:
            raise
        sys.stderr.write(f"hubgauge {arguments[0]}: {said(missing, language)}\n")
        return 1
    except BrokenPipeError:  # `hubgauge … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def config_last(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with every `--config F` at their end, wherever it stood.

    A command and its action have parsers of their own, and only the last of them knows the option.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept: list[str] = []
    moved: list[str] = []
    words = iter(arguments[:end])
    for word in words:
        if word == "--config":
            moved += [word, *islice(words, 1)]
        else:
            (moved if word.startswith("--config=") else kept).append(word)
    return [*kept, *moved, *arguments[end:]]


def _parser_class(language: str) -> type[argparse.ArgumentParser]:
    if language == DEFAULT:
        return argparse.ArgumentParser
    found: type[argparse.ArgumentParser] = importlib.import_module("agent.usage").parser_class(
        language
    )
    return found


def _asked_command(arguments: Sequence[str]) -> str:
    """Return the first argument that is no option, or an empty text."""
    return next((word for word in arguments if not word.startswith("-")), "")


def _commands(arguments: Sequence[str]) -> Mapping[str, Command]:
    """Return the commands to choose from.

    The commands of other packages are looked for only where no built-in command is asked for:
    that takes time, which the start of an agent need not pay.
    """
    built_in = {
        name: Command(help=text, module=f"agent.commands.{name}") for name, text in BUILT_IN.items()
    }
    if _asked_command(arguments) in BUILT_IN or "--version" in arguments:
        return built_in
    registered = importlib.import_module("agent.registered").registered_commands()
    others = {name: Command(help=one.help, module=one.module) for name, one in registered.items()}
    return built_in | {name: one for name, one in others.items() if name not in built_in}


def whole_parser() -> argparse.ArgumentParser:
    """Return the parser with the options of every command, for completion and man pages.

    A command that needs an extra which is not installed has no options there.
    """
    commands = _commands(())
    return _parser(commands, [name for name, one in commands.items() if _can_run(one)])


def _can_run(command: Command) -> bool:
    try:
        importlib.import_module(command.module)
    except ModuleNotFoundError:
        return False
    return True


def _parser(
    commands: Mapping[str, Command],
    wanted: Collection[str],
    kind: type[argparse.ArgumentParser] = argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    """Return the parser; of the commands, it knows the options of those that are wanted."""
    parser = kind(
        prog="hubgauge",
        description="How full and how hot are our racks, what is our PUE really, "
        "and will we meet what we promised?",
    )
    parser.add_argument("--version", action="version", version=f"hubgauge {__version__}")
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in commands.items():
        choice = choices.add_parser(name, help=command.help, description=command.help)
        if name in wanted:
            importlib.import_module(command.module).configure(choice)
    return parser


if __name__ == "__main__":
    sys.exit(main())
