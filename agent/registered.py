"""Commands that other packages register in the entry-point group `hubgauge.commands`.

`agent.cli` imports this module only where no built-in command is asked for: `importlib.metadata`
takes a third of the time that `hubgauge --version` takes.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final, Protocol

ENTRY_POINTS: Final = "hubgauge.commands"


class RegisteredCommand(Protocol):
    """What such an entry point names."""

    @property
    def help(self) -> str:
        """One line for `hubgauge --help`."""

    @property
    def module(self) -> str:
        """The module that has `configure(parser)` and `run(args)`."""


def registered_commands() -> dict[str, RegisteredCommand]:
    """Return the commands of all installed packages by their name."""
    return {point.name: point.load() for point in entry_points(group=ENTRY_POINTS)}
