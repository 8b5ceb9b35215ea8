"""Places on a line that stand for a function with one summit, as where its integral is summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_NARROWED: Final = 9
_NODES: Final = (-2.4, -1.6, -0.8, 0.0, 0.8, 1.6, 2.4)
"""Which places around the summit are taken, in standard deviations from it."""


def places(of: Callable[[float], float], grid: Sequence[float]) -> dict[float, float]:
    """Return places with the width that each stands for, of a function's logarithm.

    They are the grid's, and closer ones about the summit where it is narrower than the grid.
    """
    last = len(grid) - 1
    neighbours = [(grid[max(n - 1, 0)], grid[min(n + 1, last)]) for n in range(len(grid))]
    widths = {at: (above - below) / 2 for at, (below, above) in zip(grid, neighbours, strict=True)}
    low, high = max(zip(map(of, grid), neighbours, strict=True))[1]
    top = _highest(of, low, high)
    spread = _spread(of, top, high - low)
    if spread < (high - low) / 4:
        widths = {at: width for at, width in widths.items() if not low <= at <= high}
        widths |= {top + node * spread: 0.8 * spread for node in _NODES}
    return widths


def _highest(of: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one summit has it, by the golden section."""
    for _ in range(_NARROWED):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if of(left) < of(right):
            low = left
        else:
            high = right
    return (low + high) / 2


def _spread(of: Callable[[float], float], top: float, width: float) -> float:
    """Return the standard deviation of the normal curve that a summit resembles."""
    found = width
    for _ in range(3):
        step = found / 8
        bent = 2 * of(top) - of(top - step) - of(top + step)
        if not bent > 0 or math.isinf(bent):
            return found
        found = step / math.sqrt(bent)
    return found
