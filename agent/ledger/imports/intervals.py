"""From when to when each row of a meter lasts.

A row lasts to the next one where the two are contiguous. The last row, and one before a hole, last
as long as rows usually do. That is a guess, so it is told, and it is refused where the rows do not
agree on how long they last. A row before a hole, in particular, may be one that lasts longer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from operator import sub
from typing import Final

from agent.ledger.imports.periods import Period
from agent.ledger.imports.spacing import Spacing, usual_spacing

_LONGEST: Final = 1.5
"""A row lasts at most this many usual lengths. If its neighbour is farther off, a hole follows
it."""
_JITTER: Final = 0.05
"""Share of its usual length by which a row of less than a day may be shorter or longer."""
_VARIATION: Final = 1.4
"""A load may change by this factor from one row to the next, even if it has not been seen to.

A bill of two periods has twice the energy, and one of half a period has half of it.
"""
_LEAST_VARIATION: Final = 1.1
"""The same for a meter whose rows are known to be nearly equal."""
_MANY_PAIRS: Final = 6
"""This many pairs of neighbours are enough to tell how much a meter's rows differ."""
_FEW_ROWS: Final = 50
_EQUAL_HOLES: Final = 6
"""This many equal holes, one after the other, are no holes. They are rows that last longer."""
_EQUAL_HOLES_OF_FEW: Final = 2
"""The same for a meter of few rows."""
_MANY_HOLES: Final = 20
"""If this many rows stand before holes, their mean is near the mean of the other rows."""


class Unsaid(ValueError):
    """The file lacks something that must be known of one row; `row` is its place."""

    def __init__(self, row: int, message: str) -> None:
        self.row = row
        super().__init__(message)


class LengthUnsaid(Unsaid):
    """The rows do not say how long one of them lasts."""

    def __init__(self, row: int, message: str) -> None:
        super().__init__(row, f"{message}; state it with --interval or --end-column")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """From when to when each row lasts, in milliseconds; `guessed` are rows that do not say it.

    `period` is what the guessed ones are taken to last; None where each row states its end.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    period: Period | None = None
    guessed: Sequence[int] = field(default=())


def stated_intervals(
    times: Sequence[int], spacing: Spacing, *, stamped_at_end: bool = False
) -> Intervals:
    """Return rows that last to the next one or, where that is too far off, for a stated period.

    Raises Unsaid where most rows are closer than that.
    """
    rows = _Rows(times, spacing, stamped_at_end=stamped_at_end)
    gaps = list(zip(rows.gaps, rows.usual, strict=True))
    close = sum(_LONGEST * gap < usual for gap, usual in gaps)
    if close > 1 and 2 * close >= len(gaps) - 1:
        raise Unsaid(0, f"most rows last less than the {spacing.period} that --interval states")
    return rows.intervals()


def guessed_intervals(
    times: Sequence[int],
    joules: Sequence[float],
    zone: dt.tzinfo,
    *,
    stamped_at_end: bool = False,
    file_step: int | None = None,
) -> Intervals:
    """Return how long rows last by their spacing; raises LengthUnsaid where that does not say it.

    `file_step` is how far apart the rows of the whole file are, in milliseconds, where each has a
    cell for every meter: then a missing row is an empty cell, which is known to be missing.
    """
    steps = set(map(sub, times[1:], times))
    if len(times) == 1:
        raise LengthUnsaid(0, "a single row does not say how long it lasts")
    even = Period(count=min(steps), unit="ms")
    if len(steps) == 1 and even.is_plain:
        return _even_intervals(times, even, stamped_at_end=stamped_at_end)
    spacing = usual_spacing(times, zone, file_step)
    rows = _Rows(times, spacing, stamped_at_end=stamped_at_end)
    found = rows.intervals()
    lengths = map(sub, found.ends, found.starts)
    watts = [energy * 1000.0 / length for energy, length in zip(joules, lengths, strict=True)]
    is_cell = spacing.period == Period(count=file_step or 0, unit="ms")
    _judge(rows, found, watts, has_empty_cells=is_cell)
    return found


def _even_intervals(times: Sequence[int], period: Period, *, stamped_at_end: bool) -> Intervals:
    """Return rows of an hour, or of a part of it, that are all equally far apart."""
    shift = period.count if stamped_at_end else 0
    starts = [time - shift for time in times]
    ends = [start + period.count for start in starts]
    guessed = 0 if stamped_at_end else len(times) - 1
    return Intervals(starts=starts, ends=ends, period=period, guessed=[guessed])


class _Rows:
    """The rows of a meter in the direction in which each lasts to its neighbour."""

    def __init__(self, times: Sequence[int], spacing: Spacing, *, stamped_at_end: bool) -> None:
        self.times, self.spacing, self.backwards = times, spacing, stamped_at_end
        self.far = spacing.far_ends(times, backwards=stamped_at_end)
        step = -1 if stamped_at_end else 1
        self.usual = [step * (far - time) for far, time in zip(self.far, times, strict=True)]
        gaps = [after - before for before, after in pairwise(times)]
        self.gaps: list[float] = [inf, *gaps] if stamped_at_end else [*gaps, inf]
        """How far off each row's neighbour is; inf for the one that has none."""

    def intervals(self) -> Intervals:
        """Lay each row to its neighbour, or for its usual length."""
        shift = -1 if self.backwards else 1
        others, guessed = list(self.far), []
        for n, (gap, usual) in enumerate(zip(self.gaps, self.usual, strict=True)):
            if gap <= _LONGEST * usual:
                others[n] = self.times[n + shift]
            else:
                guessed.append(n)
        starts, ends = (others, self.times) if self.backwards else (self.times, others)
        return Intervals(starts=starts, ends=ends, period=self.spacing.period, guessed=guessed)

    def before(self, row: int) -> int | None:
        """Return the row whose neighbour a row is."""
        found = row + 1 if self.backwards else row - 1
        return found if 0 <= found < len(self.times) else None

    def is_usual(self, row: int) -> bool:
        """Tell whether a row lasts to its neighbour for as long as usual."""
        slack = 0.0 if self.spacing.period.is_long else _JITTER * self.usual[row]
        return abs(self.gaps[row] - self.usual[row]) <= slack

    def is_short(self, row: int) -> bool:
        """Tell whether a row lasts for less than usual."""
        return self.gaps[row] < self.usual[row] and not self.is_usual(row)


def _judge(rows: _Rows, found: Intervals, watts: Sequence[float], *, has_empty_cells: bool) -> None:
    """Raise LengthUnsaid where the rows do not agree on how long they last."""
    guessed = set(found.guessed)
    usual = sum(map(rows.is_usual, range(len(rows.times))))
    holes = sum(rows.gaps[row] < inf for row in guessed)
    others = [
        row
        for row in range(len(rows.times))
        if row not in guessed and not rows.is_usual(row) and (row or not rows.is_short(row))
    ]  # the first row may be part of a period: a supply that began within it
    period = rows.spacing.period
    last = max(found.guessed, key=lambda row: rows.gaps[row])
    all_said = usual + len(others) + (0 if has_empty_cells else holes)
    if 3 * usual < 2 * all_said or not usual:
        raise LengthUnsaid((others or [last])[0], _disagree(rows, usual, len(others), holes))
    if usual == 1 and (not period.is_plain or rows.spacing.may_be_four_weeks(rows.gaps)):
        raise LengthUnsaid(last, f"two rows {period} apart do not say how long rows last")
    if not period.is_long:
        _judge_short_holes(rows, found.guessed, watts, has_empty_cells=has_empty_cells)
        if len(rows.times) < _FEW_ROWS:
            _judge_start(rows, last)
            if not period.is_plain:
                _judge_power(rows, last, guessed, watts)
        return
    for row in others:
        if not rows.is_short(row):
            raise LengthUnsaid(row, f"this row lasts longer than {period}, as the others do")
    is_uneven = usual + len(guessed) < len(rows.times)
    if is_uneven and _most_factor(guessed, watts) > _VARIATION:
        raise LengthUnsaid(last, "rows differ in their lengths, and in their mean power as well")
    for row in found.guessed:
        _judge_start(rows, row)
        _judge_power(rows, row, guessed, watts)


def _disagree(rows: _Rows, usual: int, others: int, holes: int) -> str:
    parts = [f"{usual} last {rows.spacing.period}", f"{others} longer or shorter"]
    if holes:
        parts.append(f"{holes} that or much longer")
    return f"rows disagree on how long they last ({', '.join(parts)})"


def _judge_start(rows: _Rows, row: int) -> None:
    """Raise LengthUnsaid where a row begins within a period, and the next one may as well."""
    before = rows.before(row)
    is_partial = before is not None and rows.is_short(before) and before != 0
    if rows.spacing.is_off(rows.times[row]) or is_partial:
        message = f"this row begins within a period of {rows.spacing.period}"
        raise LengthUnsaid(row, f"{message}, so its end is not known")


def _judge_power(rows: _Rows, row: int, guessed: set[int], watts: Sequence[float]) -> None:
    """Raise LengthUnsaid where a row's energy does not fit the usual length."""
    near = list(_neighbours(row, guessed, watts))
    mean = sum(near) / len(near) if near else 0.0
    if not mean:
        return
    ratio, most = watts[row] / mean, _most_factor(guessed, watts) * (1 + 1e-9)
    if not 1 / most <= ratio <= most:
        raise LengthUnsaid(
            row,
            f"over {rows.spacing.period} this row has {ratio:.2f} times the mean power of those"
            " beside it, so it may last longer or shorter",
        )


def _neighbours(row: int, guessed: set[int], watts: Sequence[float]) -> Iterator[float]:
    """Yield the mean power of the nearest row on either side whose length is not guessed."""
    for side in (range(row - 1, -1, -1), range(row + 1, len(watts))):
        near = next((n for n in side if n not in guessed), None)
        if near is not None:
            yield watts[near]


def _most_factor(guessed: set[int], watts: Sequence[float]) -> float:
    """Return by which factor the mean power may differ from one row to the next.

    It is learned from contiguous rows of known lengths. A meter of few such rows, or of a varying
    load, may differ by `_VARIATION` at least.
    """
    pairs = [sorted(pair) for n, pair in enumerate(pairwise(watts)) if not {n, n + 1} & guessed]
    most = max((high / low if low else inf for low, high in pairs if low != high), default=1.0)
    if len(pairs) < _MANY_PAIRS:
        return max(_VARIATION, most)
    return max(_LEAST_VARIATION, min(1 + 2 * (most - 1), max(_VARIATION, most)))


def _judge_short_holes(
    rows: _Rows, guessed: Sequence[int], watts: Sequence[float], *, has_empty_cells: bool
) -> None:
    """Raise LengthUnsaid where rows of less than a day before holes may last longer than usual."""
    holes = [row for row in guessed if rows.gaps[row] < inf]
    known, expected, length = set(guessed), 0.0, 0
    is_short = len(rows.times) < _FEW_ROWS and not has_empty_cells
    for n, row in enumerate(holes):
        near = list(_neighbours(row, known, watts))
        expected += sum(near) / len(near)
        follows = n and abs(holes[n - 1] - row) == 1 and rows.gaps[row] == rows.gaps[holes[n - 1]]
        length = length + 1 if follows else 1
        if length >= (_EQUAL_HOLES_OF_FEW if is_short else _EQUAL_HOLES):
            raise LengthUnsaid(row, "rows become farther apart, and may last as long as that")
    most = _VARIATION if len(holes) >= _MANY_HOLES else _most_factor(known, watts)
    if holes and sum(watts[row] for row in holes) > most * expected * (1 + 1e-9):
        message = "rows before holes have more energy than the others, so they may last longer"
        raise LengthUnsaid(holes[0], message)
