"""What the uncovered time of a window may mean for its PUE.

A window's PUE is that of its covered time. If a site was silent in its hottest weeks, or whenever
its load was high, the covered time is not like the rest. The figure is not corrected: it stays what
was measured. But how far it may be wrong is estimated, told, and part of the uncertainty.
docs/kpis.md, "Bias", has the method.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from agent.pue.model import Uncovered
from agent.pue.sums import Alone, Sum

_KNOWN_SHARE: Final = 0.5
"""A slice speaks for itself if this share of it is covered."""

_MOST_NEIGHBOURS: Final = 60
"""At most this many slices beside a gap tell how PUE was changing there."""

_FEWEST_FOR_SLOPE: Final = 3

_UNSEEN_OVERHEAD: Final = 0.5
"""Where nobody saw a part of the year, of the day or of the week, its overhead may be higher by
this share than the time around it says."""

_TOLD_BIAS: Final = 0.002
"""If the uncovered time may have moved PUE by at least this share, a note says so."""
_UNEVEN_LOAD: Final = 0.25
_TOLD_UNCOVERED: Final = 0.02
_HALF: Final = 0.5
_NEAR: Final = 0.01


class Slice(NamedTuple):
    """An hour or a day of a window.

    It has so many cells; `counted` is the sum of the covered ones, and `alone` what one of the
    boundaries told of the others. `lowest` and `highest` are the PUE of single covered cells, where
    these were looked at.
    """

    start: int
    cells: int
    counted: Sum
    alone: Alone
    lowest: float | None = None
    highest: float | None = None

    @property
    def missing(self) -> float:
        """How many cells are not covered."""
        return self.cells - self.counted.cells

    @property
    def is_known(self) -> bool:
        """Whether enough of it is covered to speak for the rest of it."""
        return self.counted.cells >= _KNOWN_SHARE * self.cells and self.counted.it.joules > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Local:
    """What the covered time around a slice says: its PUE, and IT energy of a cell in joules."""

    pue: float
    it: float

    @property
    def overhead(self) -> float:
        """Overhead of a cell, in joules."""
        return (self.pue - 1.0) * self.it


class _Missing(NamedTuple):
    """Energies of uncovered time, in joules."""

    facility: float
    it: float


def uncovered(slices: Sequence[Slice], *, unseen_from: int | None = None) -> Uncovered | None:
    """Estimate what the uncovered time means; None where everything or nothing is covered.

    The slices follow each other in time. The limit is the larger of what two laws say. By the
    first, PUE was as in the covered time around it. By the second, the overhead was, so that PUE
    depends on the load. Within an hour that is covered in part, PUE may go as far as in any of its
    cells, and as in the hours beside it.

    A gap of `unseen_from` slices and longer is a part of the year, of the day or of the week that
    nobody saw. There neither law is known to hold, and the overhead may have been higher still.
    """
    facility = sum(one.counted.facility.joules for one in slices)
    it = sum(one.counted.it.joules for one in slices)
    known = [n for n, one in enumerate(slices) if one.is_known]
    if it <= 0 or facility <= 0 or not known or not any(one.missing for one in slices):
        return None
    cells = sum(one.cells for one in slices)
    if sum(one.counted.cells for one in slices) < _KNOWN_SHARE * cells:
        slices = slices[known[0] : known[-1] + 1]  # what is before was not metered yet
    around = _Around(slices)
    by_season, by_load = _Missing(facility, it), _Missing(facility, it)
    above = told = within = 0.0
    for number, one in enumerate(slices):
        if one.missing <= 0:
            continue
        local = around.at(number)
        season, load = _by_pue(one, local), _by_overhead(one, local)
        by_season = _plus(by_season, season)
        by_load = _plus(by_load, load)
        within += around.spread(number) * one.missing * local.it
        if unseen_from is not None and around.gap(number).length >= unseen_from:
            within += _UNSEEN_OVERHEAD * (season.facility - season.it)
        if one.alone.it_cells or one.alone.facility_cells:
            told += one.missing
            above += one.missing * around.share_above(season.it / one.missing)
    pue = facility / it
    off = max(abs(each.facility / each.it - pue) for each in (by_season, by_load))
    off += within / by_season.it
    return Uncovered(bias=off / pue, above_median_load=above / told if told else None)


def in_a_ring(slices: Sequence[Slice]) -> Sequence[Slice]:
    """Rotate the hours of a day so that the first one follows an hour that is known.

    So a gap around midnight has two sides.
    """
    for n, one in enumerate(slices):
        if one.is_known and slices[n - 1].is_known:
            return [*slices[n:], *slices[:n]]
    return slices


def _plus(one: _Missing, other: _Missing) -> _Missing:
    return _Missing(one.facility + other.facility, one.it + other.it)


def _by_pue(one: Slice, local: _Local) -> _Missing:
    """Return what the uncovered part of a slice took if PUE was as around it."""
    alone = one.alone
    if alone.it_cells:
        it = one.missing * alone.it_joules / alone.it_cells
    elif alone.facility_cells:
        it = one.missing * alone.facility_joules / alone.facility_cells / local.pue
    else:
        it = one.missing * local.it
    return _Missing(it * local.pue, it)


def _by_overhead(one: Slice, local: _Local) -> _Missing:
    """Return what it took if the overhead was as around it, whatever the load."""
    alone, overhead = one.alone, one.missing * local.overhead
    if alone.it_cells:
        it = one.missing * alone.it_joules / alone.it_cells
        return _Missing(it + overhead, it)
    if alone.facility_cells:
        facility = one.missing * alone.facility_joules / alone.facility_cells
        it = max(facility - overhead, facility / (2.0 * local.pue))
        return _Missing(facility, it)
    return _by_pue(one, local)


class _Gap(NamedTuple):
    """The first and the last slice of a gap; without any slice, the first is after the last."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many slices it has."""
        return self.last - self.first + 1


class _Around:
    """The slices of a window that are covered for the most part, and what they say of the rest."""

    def __init__(self, slices: Sequence[Slice]) -> None:
        self._slices = slices
        self._known = [n for n, one in enumerate(slices) if one.is_known]
        self._pue = {n: _mean([slices[n]]).pue for n in self._known}
        low, high = min(self._pue.values()), max(self._pue.values())
        margin = (high - low) / 2.0
        self._least, self._most = max(1.0, low - margin), max(1.0, high + margin)
        self.median_it = median(_mean([slices[n]]).it for n in self._known)
        """IT energy of a cell, in joules: half of the covered slices are above it."""

    def share_above(self, it: float) -> float:
        """Return 1 for a load above the median, 0 for one below it, a half for one that is near."""
        if abs(it - self.median_it) <= _NEAR * self.median_it:
            return _HALF
        return float(it > self.median_it)

    def spread(self, number: int) -> float:
        """Return how far PUE goes from the mean of a slice in its cells and the slices beside it.

        It is 0 where the slice does not speak for itself, or nobody looked at its cells.
        """
        one = self._slices[number]
        if number not in self._pue or one.lowest is None or one.highest is None:
            return 0.0
        beside = [self._pue[n] for n in (number - 1, number + 1) if n in self._pue]
        low, high = min([one.lowest, *beside]), max([one.highest, *beside])
        return max(high - self._pue[number], self._pue[number] - low)

    def gap(self, number: int) -> _Gap:
        """Return the gap that a slice lies in; it is empty if the slice speaks for itself."""
        after = bisect_left(self._known, number)
        if after < len(self._known) and self._known[after] == number:
            return _Gap(number, number - 1)
        known = self._known
        return _Gap(
            first=known[after - 1] + 1 if after else 0,
            last=known[after] - 1 if after < len(known) else len(self._slices) - 1,
        )

    def at(self, number: int) -> _Local:
        """Return what the covered time around a slice says of it.

        A slice that is covered for the most part speaks for itself. A gap is bounded by the lines
        through the slices on its two sides: each is followed up to the middle of the gap.
        """
        if self._slices[number].is_known:
            return _mean([self._slices[number]])
        after = bisect_left(self._known, number)
        gap = self.gap(number)
        length = min(_MOST_NEIGHBOURS, max(_FEWEST_FOR_SLOPE, gap.length))
        left = self._known[max(0, after - length) : after]
        right = self._known[after : after + length]
        nearer = left if left and (2 * number <= gap.first + gap.last or not right) else right
        found = _mean([self._slices[n] for n in nearer])
        if len(nearer) < _FEWEST_FOR_SLOPE:
            return found
        pue = min(self._most, max(self._least, self._on_line(nearer, number)))
        return _Local(pue=pue, it=found.it)

    def _on_line(self, chosen: Sequence[int], number: int) -> float:
        """Return the PUE of a slice by the line through those of others (least squares)."""
        values = [self._pue[n] for n in chosen]
        x, y = sum(chosen) / len(chosen), sum(values) / len(values)
        spread = sum((n - x) ** 2 for n in chosen)
        products = sum((n - x) * (value - y) for n, value in zip(chosen, values, strict=True))
        return y + products / spread * (number - x)


def _mean(slices: Sequence[Slice]) -> _Local:
    it = sum(one.counted.it.joules for one in slices)
    facility = sum(one.counted.facility.joules for one in slices)
    return _Local(pue=facility / it, it=it / sum(one.counted.cells for one in slices))


def notes(found: Uncovered, coverage: float) -> Iterator[str]:
    """Say what a reader must know about the uncovered time."""
    if found.bias >= _TOLD_BIAS:
        yield (
            f"{1 - coverage:.1%} of the time is not covered; by the time around it and by the load"
            f" meanwhile, it may have moved PUE by {found.bias:.2%}, which is in the uncertainty"
        )
    above = found.above_median_load
    if above is not None and abs(above - _HALF) > _UNEVEN_LOAD and coverage < 1 - _TOLD_UNCOVERED:
        side, share = ("above", above) if above > _HALF else ("below", 1.0 - above)
        yield f"{share:.0%} of the uncovered time was {side} the median load"
