"""From readings to energy: pure arithmetic on times and values, with no clock and no database.

Times are whole milliseconds since the epoch, so that covered time adds up exactly. An hour is divided into twelve cells of
five minutes; a cell is what PUE counts or does not count.

A register that fell has wrapped if its width says so and the energy is possible; else it was reset or is another meter, and
the power readings of that interval are used, where there are any. Power alone is integrated by trapezoids. Where a register
counts in coarse steps, power shapes its hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum
from typing import Final, NamedTuple

from agent.ledger.shape import may_be_coarse, shape

HOUR_MS: Final = 3_600_000
CELLS: Final = 12
CELL_MS: Final = HOUR_MS // CELLS
FULL_MASK: Final = (1 << CELLS) - 1
MAX_GAP_INTERVALS: Final = 3
"""A trapezoid over a longer gap than this many intervals would be a guess."""

MAX_BRIDGE_MS: Final = 400 * 24 * HOUR_MS
"""A register's difference over more than a year's bill is no measurement of any hour: a clock was wrong, or a meter stored."""

_RATING_SLACK_MS: Final = 600_000
"""A register counts in steps: over a short interval it may seem to exceed the rating by a step, some minutes' worth."""


class Raw(NamedTuple):
    """One reading of a power (watts) or a register (joules); `interval` is how often it was meant to be read."""

    time: int
    value: float
    interval: int


class Segment(NamedTuple):
    """A covered stretch of time over which power runs straight from `first` to `last` watts."""

    start: int
    end: int
    first: float
    last: float

    def at(self, time: int) -> float:
        """Return the power at a time within the segment, in watts."""
        if time == self.start:
            return self.first
        if time == self.end:
            return self.last
        return self.first + (self.last - self.first) * (
            (time - self.start) / (self.end - self.start)
        )

    def joules(self, start: int, end: int) -> float:
        """Return the energy between two times within the segment."""
        return (self.at(start) + self.at(end)) * (end - start) / 2000.0


class Event(NamedTuple):
    """A pair of register readings that is not simply a difference: `wrap`, `reset` or `above_rating`, at the later one."""

    time: int
    kind: str


class HourCells:
    """The energy of one meter in one hour, by cells of five minutes."""

    __slots__ = ("covered", "joules")

    def __init__(self, joules: Sequence[float] = (), covered: Sequence[int] = ()) -> None:
        self.joules = list(joules) or [0.0] * CELLS
        self.covered = list(covered) or [0] * CELLS

    @classmethod
    def uniform(cls, joules: float) -> HourCells:
        """Make a fully covered hour of which only the sum is known."""
        return cls([joules / CELLS] * CELLS, [CELL_MS] * CELLS)

    @property
    def mask(self) -> int:
        """The cells covered from end to end, as bits; the first cell is the lowest."""
        if self.covered == _ALL_COVERED:
            return FULL_MASK
        return sum(1 << n for n, covered in enumerate(self.covered) if covered >= CELL_MS)

    @property
    def total(self) -> float:
        """Joules of the hour."""
        return fsum(self.joules)

    @property
    def covered_ms(self) -> int:
        """Milliseconds of the hour that are covered."""
        return sum(self.covered)

    def between(self, start: int, end: int) -> HourCells:
        """Return the part between two offsets in the hour, each cell's energy taken as even."""
        shares = [
            max(0, min(end, (n + 1) * CELL_MS) - max(start, n * CELL_MS)) / CELL_MS
            for n in range(CELLS)
        ]
        return HourCells(
            [joules * share for joules, share in zip(self.joules, shares, strict=True)],
            [round(covered * share) for covered, share in zip(self.covered, shares, strict=True)],
        )

    def put(self, other: HourCells, mask: int) -> None:
        """Take the cells of `mask` from another hour."""
        for n in range(CELLS):
            if mask >> n & 1:
                self.joules[n], self.covered[n] = other.joules[n], other.covered[n]


_ALL_COVERED: Final = [CELL_MS] * CELLS


def register_segments(
    readings: Sequence[Raw], *, rating: float | None = None, wrap: float | None = None
) -> tuple[list[Segment], list[Event]]:
    """Turn register readings, in order of time, into segments of constant power; exact across gaps of any length."""
    segments: list[Segment] = []
    events: list[Event] = []
    for before, after in pairwise(readings):
        elapsed = after.time - before.time
        joules = after.value - before.value
        if elapsed > MAX_BRIDGE_MS:
            continue
        if joules < 0:
            joules = _wrapped(before.value, after.value, elapsed, rating, wrap)
            events.append(Event(after.time, "reset" if joules < 0 else "wrap"))
            if joules < 0:
                continue
        elif not _possible(joules, elapsed, rating):
            events.append(Event(after.time, "above_rating"))
            continue
        watts = joules * 1000.0 / elapsed
        segments.append(Segment(before.time, after.time, watts, watts))
    return segments, events


def _wrapped(
    before: float, after: float, elapsed: int, rating: float | None, wrap: float | None
) -> float:
    """Return the energy of a register that started over at `wrap`, or -1 where it cannot have."""
    if wrap is None or before > wrap:
        return -1.0
    joules = wrap - before + after
    # Without a rating to judge by: a register that falls from its lower half was reset, and did not run round.
    possible = joules < wrap / 2 if rating is None else _possible(joules, elapsed, rating)
    return joules if possible else -1.0


def _possible(joules: float, elapsed: int, rating: float | None) -> bool:
    return rating is None or joules <= rating * (elapsed + _RATING_SLACK_MS) / 1000.0


def power_segments(readings: Sequence[Raw]) -> list[Segment]:
    """Join power readings, in order of time, by straight lines; never across a gap longer than three intervals."""
    return [
        Segment(before.time, after.time, before.value, after.value)
        for before, after in pairwise(readings)
        if after.time - before.time <= MAX_GAP_INTERVALS * max(before.interval, after.interval)
    ]


def merge(register: Sequence[Segment], power: Sequence[Segment]) -> list[Segment]:
    """Return all segments in order of time: the register's, and the power's where the register says nothing."""
    if not power:
        return list(register)
    found = list(register)
    n = 0
    for segment in power:
        at = segment.start
        while n < len(register) and register[n].end <= at:
            n += 1
        m = n
        while m < len(register) and register[m].start < segment.end:
            if register[m].start > at:
                found.append(_cut(segment, at, register[m].start))
            at = max(at, register[m].end)
            m += 1
        if at < segment.end:
            found.append(_cut(segment, at, segment.end))
    found.sort()
    return found


def _cut(segment: Segment, start: int, end: int) -> Segment:
    return Segment(start, end, segment.at(start), segment.at(end))


def spread(segments: Iterable[Segment], start: int, end: int) -> dict[int, HourCells]:
    """Lay segments, in order of time, over the cells of the hours from `start` to `end`; keys are hours' first milliseconds."""
    hours: dict[int, HourCells] = {}
    for segment in segments:
        at, stop = max(segment.start, start), min(segment.end, end)
        even = segment.first == segment.last
        while at < stop:
            hour = at - at % HOUR_MS
            cells = hours.get(hour)
            if cells is None:
                if (
                    even and at == hour and stop - at >= HOUR_MS
                ):  # most of what is imported, and of what a long gap is
                    hours[hour] = HourCells(
                        [segment.first * CELL_MS / 1000.0] * CELLS, _ALL_COVERED
                    )
                    at += HOUR_MS
                    continue
                cells = hours[hour] = HourCells()
            n = (at - hour) // CELL_MS
            until = min(hour + (n + 1) * CELL_MS, stop)
            cells.joules[n] += (
                segment.first * (until - at) / 1000.0 if even else segment.joules(at, until)
            )
            cells.covered[n] += until - at
            at = until
    return hours


def hours_of(
    power: Sequence[Raw],
    energy: Sequence[Raw],
    start: int,
    end: int,
    *,
    rating: float | None = None,
    wrap: float | None = None,
) -> tuple[dict[int, HourCells], list[Event]]:
    """Return one meter's hours between two times, and what its register did; readings reach one beyond either end."""
    register, events = register_segments(energy, rating=rating, wrap=wrap)
    drawn = power_segments(power)
    merged = merge(register, drawn)
    hours = spread(merged, start, end)
    if register and drawn and may_be_coarse(energy):
        # Where power has added nothing, all that is covered is the register's.
        counted = hours if len(merged) == len(register) else spread(register, start, end)
        shape(hours, counted, spread(drawn, start, end), energy)
    return hours, events
