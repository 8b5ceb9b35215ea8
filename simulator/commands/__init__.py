"""The command that the simulator adds to `hubgauge`: what its help says of it, and its module.

`pyproject.toml` registers it in the entry-point group `hubgauge.commands`. This module imports
nothing heavy, because `hubgauge --help` reads it.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """One command: a line of help, and the module that has its `configure` and its `run`."""

    help: str
    module: str


SIMULATE: Final = Command(
    help="run a simulated site that speaks the real protocols",
    module="simulator.commands.simulate",
)
