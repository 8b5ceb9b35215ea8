"""The text that `hubgauge demo` prints, and the config that it writes for Prometheus."""

from __future__ import annotations

import contextlib
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from agent.messages.said import said, tell
from agent.messages.terminal import spoken
from agent.targets.columns import padded_to


class Place(NamedTuple):
    """A part of the demo, and the address or folder where it is found."""

    name: str
    address: str


def say(line: str) -> None:
    """Print one line without delay; if nobody reads stdout any more, that is no error."""
    with contextlib.suppress(BrokenPipeError):
        tell(line)
        sys.stdout.flush()


def introduce(racks: int, months: float, places: Sequence[Place], removed: Path | None) -> None:
    """Print what is simulated, what is real, and where to look; `removed` is a temporary folder."""
    say(
        f"\nSIMULATED: the site, its {racks} racks, {2 * racks} PDUs, its meters and chips, "
        f"and the energy of {'one month' if months == 1 else f'{months:g} months'}.\n"
        f"Real: the kernel metrics of this machine ({platform.node()}).\n"
    )
    for place in places:
        say(f"  {padded_to(said(place.name, spoken()), 20)}{place.address}")
    also = f" and removes {removed}" if removed is not None else ""
    say(f"\nCtrl-C ends it all{also}.")


def prometheus_config(board: str, hub: str, site: str, rules: Path) -> str:
    """Return a Prometheus config that scrapes the agent as in a deployment.

    The agent's own labels `hub` and `site` take precedence over those of the config.
    """
    return (
        "global: {scrape_interval: 5s, evaluation_interval: 5s}\n"
        f"rule_files: ['{rules}/rules*.yml', '{rules}/alerts*.yml']\n"
        "scrape_configs:\n"
        "  - job_name: hubgauge\n    honor_labels: true\n    static_configs:\n"
        f"      - targets: ['{board.removeprefix('http://')}']\n"
        f"        labels: {{hub: '{hub}', site: '{site}', instance: '{platform.node()}'}}\n"
    )
