"""How uncertain a PUE is, by the method of JCGM 100 (GUM).

Its causes are the meters' classes, their registers' steps, integrated power, and what the window's
bounds cut. They are independent, so their variances add up; docs/kpis.md has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.pue.sums import EnergySum, Sum

EXPANSION: Final = 2.0
"""Coverage factor k: about 95 % (JCGM 100, 6.2)."""

_RECTANGULAR: Final = 1.0 / math.sqrt(3.0)
"""Standard uncertainty of a value that is equally likely anywhere in ±1 (JCGM 100, 4.3.7)."""

_STEP_VARIANCE: Final = 1.0 / 12.0
"""Variance of a reading that is cut to a step of 1 (JCGM 100, F.2.2.1)."""

_BOTH: Final = 0b11


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDoubt:
    """What is uncertain of the energy at one boundary because of its registers.

    `steps` is the sum of the squares of their steps, in square joules. `cut` is the energy, in
    joules, by which it may be wrong for silences and bills that the window's bounds cut.
    """

    steps: float = 0.0
    cut: float = 0.0


_NO_DOUBT: Final = RegisterDoubt()


def integration_variance(joules: Sequence[float], mask: int) -> float:
    """Return the variance that integrating power adds to each cell of `mask`, in square joules.

    Between two readings power is somewhere between them, so a trapezoid errs by at most half of
    |dP| dt. That is a rectangular distribution, with a variance of (dP dt)² / 12. Cells of five
    minutes show it as well as readings do: white noise of m readings a cell gives cells that
    differ by as much as m trapezoids err by. A load that changes steadily is overstated, never
    understated.
    """
    changes = [
        after - before
        for n, (before, after) in enumerate(pairwise(joules))
        if mask >> n & _BOTH == _BOTH
    ]
    if not changes:
        return 0.0
    return _STEP_VARIANCE * sum(change * change for change in changes) / len(changes)


def relative(
    total: Sum, facility: RegisterDoubt = _NO_DOUBT, it: RegisterDoubt = _NO_DOUBT
) -> float | None:
    """Return the relative expanded uncertainty (k = 2) of a sum's PUE; None where it has none.

    A class is a limit of error. Meters of one boundary are taken as fully correlated, being of one
    make. The two boundaries, and the steps of different registers, are taken as independent.
    """
    if not total.cells or total.facility.joules <= 0 or total.it.joules <= 0:
        return None
    return EXPANSION * math.sqrt(
        _variance(total.facility, facility, total.runs) / total.facility.joules**2
        + _variance(total.it, it, total.runs) / total.it.joules**2
    )


def _variance(energy: EnergySum, doubt: RegisterDoubt, runs: int) -> float:
    """Return the variance of an energy.

    A register is uncertain where a run of covered time begins and where it ends; in between its
    readings cancel out.
    """
    return (
        (energy.class_joules / 100.0 * _RECTANGULAR) ** 2
        + 2.0 * runs * doubt.steps * _STEP_VARIANCE
        + energy.variance
        + (doubt.cut * _RECTANGULAR) ** 2
    )
