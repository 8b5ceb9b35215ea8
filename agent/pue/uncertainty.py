"""How uncertain a PUE is, by the method of JCGM 100 (GUM).

Its causes are the meters' classes, their registers' steps, integrated power, what registers leave
in doubt, and time that is not covered. The last two often have one cause, so they add up by size.
The others are independent, so their variances add up; docs/kpis.md has the formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from agent.ledger.energy import CELLS
from agent.pue.sums import EnergySum, Sum

EXPANSION: Final = 2.0
"""Coverage factor k: about 95 % (JCGM 100, 6.2)."""

_RECTANGULAR: Final = 1.0 / math.sqrt(3.0)
"""Standard uncertainty of a value that is equally likely anywhere in ±1 (JCGM 100, 4.3.7)."""

STEP_VARIANCE: Final = 1.0 / 12.0
"""Variance of a reading that is cut to a step of 1 (JCGM 100, F.2.2.1)."""


_CELLS_OF_A_DAY: Final = 24 * CELLS

_MOST_IN_DOUBT: Final = 0.9
"""At most this share of a divisor is taken as uncertain, since the divisor could otherwise be 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDoubt:
    """What is uncertain of the energy at one boundary because of its registers.

    `steps` is the sum of the squares of their steps, in square joules. `cut` is the energy, in
    joules, by which it may be wrong for silences and bills that are not counted whole. `unseen` is
    the sum of the squares, in square joules, of what registers may hide where nobody saw them move.
    """

    steps: float = 0.0
    cut: float = 0.0
    unseen: float = 0.0


_NO_DOUBT: Final = RegisterDoubt()


def relative(
    total: Sum,
    facility: RegisterDoubt = _NO_DOUBT,
    it: RegisterDoubt = _NO_DOUBT,
    *,
    shares_it: bool = False,
    bias: float = 0.0,
) -> float | None:
    """Return the relative expanded uncertainty (k = 2) of a sum's PUE; None where it has none.

    The errors of the two boundaries, and of the steps of different registers, are taken as
    independent. Where facility energy is IT energy and other parts, `shares_it`: then `facility`
    and the facility's classes are those of the other parts, and an error of IT counts at both
    boundaries. `bias` is a limit of error of the PUE itself, relative to it, for what is not
    covered. A meter that is exchanged is silent meanwhile, so it adds to the limits of registers.
    """
    if not total.cells or total.facility.joules <= 0 or total.it.joules <= 0:
        return None
    whole, part = total.facility.joules, total.it.joules
    it_counts = 1.0 / part - 1.0 / whole if shares_it else 1.0 / part
    it = replace(
        it, cut=_of_divisor(it.cut, part), unseen=_of_divisor(math.sqrt(it.unseen), part) ** 2
    )
    limit = math.hypot(facility.cut / whole, it.cut * it_counts) + bias
    return EXPANSION * math.sqrt(
        _variance(total.facility, facility, total.runs) / whole**2
        + _variance(total.it, it, total.runs) * it_counts**2
        + _integrated(total) / whole**2
        + (limit * _RECTANGULAR) ** 2
    )


def _of_divisor(limit: float, joules: float) -> float:
    """Return a limit of error of a divisor, in joules, as it affects the quotient.

    If a tenth of the IT energy was never drawn, PUE is wrong by a ninth; if half of it was not, PUE
    is wrong by all of itself.
    """
    share = min(limit / joules, _MOST_IN_DOUBT)
    return joules * share / (1.0 - share)


def _integrated(total: Sum) -> float:
    """Return the variance of power that was integrated.

    A load may go on and off in step with its readings for a day, but not for longer.
    """
    found = total.integrated
    return found.variance + found.in_step**2 / max(1.0, total.cells / _CELLS_OF_A_DAY)


def _variance(energy: EnergySum, doubt: RegisterDoubt, runs: int) -> float:
    """Return the variance of a metered energy, without that of what is cut.

    A class is a limit of error. A register is uncertain where a run of covered time begins and
    where it ends; in between its readings cancel out.
    """
    classes = (energy.common**2 + energy.own**2) / 100.0**2
    limits = (classes + doubt.unseen) * _RECTANGULAR**2
    return limits + 2.0 * runs * doubt.steps * STEP_VARIANCE
