"""How uncertain a PUE is, by the method of JCGM 100 (GUM): the meters' classes, their registers' steps, and integrated power.

The three come from different causes and are independent, so their variances add up; docs/kpis.md has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from agent.pue.windows import Sum

EXPANSION: Final = 2.0
"""Coverage factor k: about 95 % (JCGM 100, 6.2)."""

_RECTANGULAR: Final = 1.0 / math.sqrt(3.0)
"""Standard uncertainty of what is equally likely anywhere within plus or minus 1 (JCGM 100, 4.3.7)."""

_STEP_VARIANCE: Final = 1.0 / 12.0
"""Variance of a reading that is cut to a step of 1 (JCGM 100, F.2.2.1)."""

_NEIGHBOURS: Final = 0b11


def integration_variance(joules: Sequence[float], mask: int) -> float:
    """Return the variance that integrating power adds to each of some cells, in square joules, from those that `mask` covers.

    Between two readings power is somewhere between them, so a trapezoid errs by at most half of |dP| dt: rectangular, which
    makes (dP dt)^2 / 12. Cells of five minutes show it as well as readings: white noise of m readings a cell gives cells that
    differ by as much as m trapezoids err by. A load that changes steadily is overstated, never understated.
    """
    changes = [
        b - a for n, (a, b) in enumerate(pairwise(joules)) if mask >> n & _NEIGHBOURS == _NEIGHBOURS
    ]
    return (
        _STEP_VARIANCE * sum(change * change for change in changes) / len(changes)
        if changes
        else 0.0
    )


def relative(
    total: Sum,
    facility_steps: float = 0.0,
    it_steps: float = 0.0,
    *,
    facility_cut: float = 0.0,
    it_cut: float = 0.0,
) -> float | None:
    """Return the relative expanded uncertainty (k = 2) of a sum's PUE; None where it has none.

    A class is the limit of error. Meters of one boundary are taken as fully correlated, being of one make; the two boundaries,
    and one register's step and another's, as independent. `*_steps` are the sums of the squares of the registers' steps,
    `*_cut` the joules by which an energy may be wrong for a silence or a bill that the window's bounds cut in two.
    """
    if not total.cells or total.facility <= 0 or total.it <= 0:
        return None
    facility = _variance(
        total.facility_class, facility_steps * total.runs, total.facility_noise, facility_cut
    )
    it = _variance(total.it_class, it_steps * total.runs, total.it_noise, it_cut)
    return EXPANSION * math.sqrt(facility / total.facility**2 + it / total.it**2)


def _variance(classed: float, steps: float, noise: float, cut: float) -> float:
    """Return the variance of an energy: a register is uncertain where a run of covered time begins and where it ends."""
    return (
        (classed / 100.0 * _RECTANGULAR) ** 2
        + 2.0 * steps * _STEP_VARIANCE
        + noise
        + (cut * _RECTANGULAR) ** 2
    )
