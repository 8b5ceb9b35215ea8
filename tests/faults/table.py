"""The faults, by number: how each is tried, and what the peers promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults import answers, outages
from tests.faults.databases import Base


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A fault that is tried on each database."""

    number: int
    run: Callable[[Base, Path, float], str]
    """Tries it in a folder for some seconds; returns the figure, or fails."""


TRIALS: Final = tuple(
    Trial(number=number, run=run)
    for number, run in (
        (1, outages.killed_agent),
        (3, outages.frozen_base),
        (4, outages.replayed_day),
        (5, outages.killed_base),
        (6, answers.bad_wires),
        (7, answers.refusals),
        (8, answers.poison),
    )
)
