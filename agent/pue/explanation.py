"""What an explained PUE consists of.

Everything is over the counted cells: those in which every meter of both boundaries was heard
throughout. So the meters' energies, each times its factor, add up to their point's energy, the
points' to facility and IT energy, and the hours' as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum
from typing import Literal

from agent.pue.model import PueResult


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterShare:
    """One place of measurement: its energy in the covered time, and how much of it counts.

    `counted` is `energy` times `factor`; `factor` is below 0 for what is subtracted. `replaced`
    are the meters that hung there before. `kept` says that every counted hour of it is still in
    the ledger. Hours of single PDUs are deleted after weeks; then only the point's sum is left.
    It counts from `since` until `until`, in seconds; None is for always. `since_is_assumed` says
    that `since` is its first reading, and that nobody has stated or recorded it.
    """

    meter: str
    point: str
    replaced: tuple[str, ...]
    factor: float
    accuracy_class: float
    energy: float
    counted: float
    hours: int
    kept: bool
    since: float | None = None
    until: float | None = None
    since_is_assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSum:
    """The energy of a point in the covered time, in joules, and its own coverage of the window.

    `facility_sign` is how it counts in facility energy, 0 where it does not. `is_it` says whether
    IT energy is taken there. A point that is neither is summed over those hours in which it was
    heard throughout the counted cells.
    """

    point: str
    facility_sign: Literal[1, 0, -1]
    is_it: bool
    joules: float
    coverage: float
    meters: tuple[MeterShare, ...]

    @property
    def unexplained(self) -> float:
        """Joules of the point's sum that its meters, as far as they are kept, do not show."""
        return self.joules - fsum(meter.counted for meter in self.meters)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedHour:
    """One hour: how many of its twelve cells counted, and both energies over them, in joules."""

    time: float
    cells: int
    facility_joules: float
    it_joules: float
    points: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A PUE with everything it was made of.

    `formulas` are written out with their numbers. `assumptions` are what it takes for granted.
    """

    result: PueResult
    points: tuple[PointSum, ...]
    hours: tuple[CountedHour, ...]
    formulas: tuple[str, ...]
    assumptions: tuple[str, ...] = ()
