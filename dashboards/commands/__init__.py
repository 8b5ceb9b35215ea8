"""The commands that the dashboards add to `hubgauge`: a line of help for each, and its module.

`pyproject.toml` registers them in the entry-point group `hubgauge.commands`. This module imports
nothing heavy, because `hubgauge --help` reads it.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """One command: a line of help, and the module that has its `configure` and its `run`."""

    help: str
    module: str


DASHBOARDS: Final = Command(
    help="build Grafana dashboards, and verify that every panel shows data",
    module="dashboards.commands.dashboards",
)
RULES: Final = Command(
    help="build recording rules and alerts, with their tests",
    module="dashboards.commands.rules",
)
FEDERATION: Final = Command(
    help="build Prometheus configs for each hub and for the Prometheus above them",
    module="dashboards.commands.federation",
)
