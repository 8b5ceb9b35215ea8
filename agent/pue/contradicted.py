"""Time in which IT energy is more than facility energy, within a window whose PUE is above 1.

IT's energy comes in by the facility's meters. So two meters were swapped, or one was scaled wrongly
for a while, as after another transformer was put in. Or a battery gave what it had stored before.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from statistics import median
from typing import Final, NamedTuple

from agent.pue.boundary import Boundary
from agent.pue.sums import Sum

_SURELY: Final = 0.95
"""Facility energy is below IT energy by more than the steps of registers if it is less than this
share of it."""

_LEAP: Final = 1.5
"""A battery lets facility energy fall. It does not let IT draw this many times what is usual."""


class Contradicted(NamedTuple):
    """What was counted in that time, and what was counted apart from it.

    Both boundaries' energies are in joules. An hour or a day beside that time may be wrong in part,
    so it belongs to neither, unless nothing would be left.
    """

    cells: float = 0.0
    rest_facility: float = 0.0
    rest_it: float = 0.0

    def bias(self, total: Sum) -> float:
        """Return by which share of PUE it may be wrong, if PUE was as in the rest of the window."""
        if self.rest_it <= 0 or total.facility.joules <= 0:
            return 0.0
        pue = total.facility.joules / total.it.joules
        return max(0.0, self.rest_facility / self.rest_it / pue - 1.0)

    def note(self, total: Sum) -> str:
        """Say it to a reader."""
        return (
            f"in {self.cells / total.cells:.1%} of the covered time IT energy is above facility"
            " energy: meters were swapped or scaled wrongly, or a battery gave; PUE of the rest is"
            f" {self.rest_facility / self.rest_it:.3f}"
        )


NEVER: Final = Contradicted()


def contradicted(boundary: Boundary, slices: Iterable[Sum]) -> Contradicted:
    """Return what was counted in those hours or days of a window that cannot be.

    Of a site that states a battery, it is only time in which IT leaps as well.
    """
    every = list(slices)
    wrong = {
        n
        for n, one in enumerate(every)
        if one.it.joules > 0 and one.facility.joules < _SURELY * one.it.joules
    }
    if wrong and boundary.has_battery:
        usual = median([_it_rate(one) for one in _without(every, wrong)] or [float("inf")])
        wrong = {n for n in wrong if _it_rate(every[n]) > _LEAP * usual}
    if not wrong:
        return NEVER
    near = {other for n in wrong for other in (n - 1, n, n + 1)}
    rest = _without(every, near) or _without(every, wrong)
    return Contradicted(
        cells=sum(every[n].cells for n in wrong),
        rest_facility=sum(one.facility.joules for one in rest),
        rest_it=sum(one.it.joules for one in rest),
    )


def _it_rate(one: Sum) -> float:
    return one.it.joules / one.cells


def _without(slices: Sequence[Sum], left_out: Container[int]) -> list[Sum]:
    return [one for n, one in enumerate(slices) if n not in left_out and one.it.joules > 0]
