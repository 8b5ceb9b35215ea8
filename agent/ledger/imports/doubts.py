"""What rows of energy cannot be: more than the meter is rated for, or a register's readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from itertools import pairwise
from operator import truediv
from typing import Final

from agent.ledger.energy import HOUR_MS
from agent.ledger.imports.put import ImportedHour

_MANY_ROWS: Final = 13
"""Rows. So many real energies in a row do not all rise. If they do, they are a register's readings,
even where a file says how long its rows last."""
_FAR: Final = 10
"""A row whose mean power is this many times that of any other row stands out."""
_FEWEST_ROWS: Final = 3
_STEP_MS: Final = 600_000
"""Registers count in steps. So a short row may show the energy of a time that is longer by this
much."""
_SAME: Final = 1e-9
"""Relative difference up to which two energies are the same."""


def is_like_a_register(
    joules: Sequence[float], lengths: Sequence[int], *, says_lengths: bool
) -> bool:
    """Tell whether each row is larger than the one before, as readings of a register are.

    Rows of a constant load rise where each lasts longer than the one before, as quarters do: then
    the mean power over their `lengths` does not rise with them.
    """
    if len(joules) < (_MANY_ROWS if says_lengths else 2):
        return False
    if any(before > after for before, after in pairwise(joules)):
        return False
    first, last = joules[0], joules[-1]
    if last <= first * (1 + _SAME):
        return False
    power = [energy / length for energy, length in zip(joules, lengths, strict=True)]
    low, high = min(power), max(power)
    return not low or high / low - 1 >= (last / first - 1) / 2


def row_that_stands_out(joules: Sequence[float], lengths: Sequence[int]) -> int | None:
    """Return the row whose mean power is far above that of all others; None without one.

    It may be the energy of a much longer time, as a month's bill among hours. A meter that is
    otherwise at rest has no such row.
    """
    if len(joules) < _FEWEST_ROWS:
        return None
    second, first = sorted(nlargest(2, map(truediv, joules, lengths)))
    if not 0 < _FAR * second <= first:
        return None
    return max(range(len(joules)), key=lambda row: joules[row] / lengths[row])


def rows_above_rating(
    joules: Sequence[float], lengths: Sequence[int], rating: float
) -> Iterator[int]:
    """Yield the rows that have more energy than a rating in watts allows in their milliseconds.

    A row of less than an hour may have the energy of ten minutes more. A whole hour may not.
    """
    for row, (energy, length) in enumerate(zip(joules, lengths, strict=True)):
        if energy * 1000.0 > _most(length, rating):
            yield row


def hours_above_rating(
    hours: Mapping[int, ImportedHour], rating: float
) -> Iterator[tuple[int, float, int]]:
    """Yield the hours above the rating, each with its joules and its covered milliseconds."""
    for hour, one in hours.items():
        joules, length = (one, HOUR_MS) if isinstance(one, float) else (one.total, one.covered_ms)
        if joules * 1000.0 > _most(length, rating):
            yield hour, joules, length


def _most(length: int, rating: float) -> float:
    """Return the most energy, in millijoules, that a meter can count in some milliseconds."""
    return rating * (length + (_STEP_MS if length < HOUR_MS else 0)) * (1 + _SAME)
