"""What a coarse register hides within a step: the meter was exchanged for one a step away.

Where a register counts in coarse steps, another meter that shows up to a step less does not seem to
fall. The register only stands still for longer. One that shows up to a step more moves too early.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agent.ledger.increase import LEAST_EXCESS_MS, Increase
from agent.ledger.increases import Witness

ONE_STEP: Final = 1.01
"""Relative difference up to which two rises are equal. Rises of one step differ by rounding
only."""

FROM_STEPS: Final = 0.5
"""From this share of a step on, a move that comes too early or too late may be an exchange. A load
that goes up and down moves less from one step to the next."""

_TO_STEPS: Final = 1.25
"""A move that is late by more than this share of a step is no exchange: the load was off."""


def step_limits(
    increases: Sequence[Increase], step: float, witness: Witness
) -> Mapping[int, float]:
    """Return by how many joules increases may be wrong that come a step early or late, by place.

    `step` is the register's, in joules.
    """
    found = {}
    for n, one in enumerate(increases):
        if not step or one.wrapped or not one.heard_all:
            continue
        hidden = max(
            _early(increases, n, step, witness.usual(one.place)),
            _late(increases, n, step, witness.usual_least(one.place)),
        )
        if hidden > 0:
            found[n] = hidden
    return found


def _early(increases: Sequence[Increase], n: int, step: float, usual: float | None) -> float:
    """Return the excess of an increase and the single step that follows it, together.

    If a move came too early, the step after it comes as it would have come, so it is too early too.
    """
    if usual is None or n + 1 == len(increases):
        return 0.0
    one, after = increases[n], increases[n + 1]
    if after.since != one.end or after.joules > ONE_STEP * step:
        return 0.0
    rate = max(usual / 1000.0, *_outer(increases, n - 1, n + 2), 0.0)
    if one.joules <= rate * (one.end - one.laid + LEAST_EXCESS_MS):
        return 0.0
    excess = one.joules + after.joules - rate * (after.end - one.laid)
    return excess if excess >= FROM_STEPS * step else 0.0


def _late(increases: Sequence[Increase], n: int, step: float, least: float | None) -> float:
    """Return what a single step lacks that comes after a longer time than others near by."""
    one = increases[n]
    near = _outer(increases, n - 1, n + 1)
    if least is None or not near or one.joules > ONE_STEP * step:
        return 0.0
    length = one.end - one.since
    lack = min(least / 1000.0, *near) * length - one.joules
    if not FROM_STEPS * step <= lack <= _TO_STEPS * step:
        return 0.0
    return max(near) * length - one.joules


def _outer(increases: Sequence[Increase], before: int, after: int) -> list[float]:
    """Return the joules a millisecond of the increases at two places, as far as there are any."""
    return [increases[n].rate for n in (before, after) if 0 <= n < len(increases)]
