"""What a perfect meter would have counted, and what real ones tell of it.

A load is constant within each cell of five minutes. An instrument is a meter with the faults that
real ones have; `readings` is what it tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

from tests.reference.model import CELL, Kind, Meter, Reading


class Load:
    """A power that is constant within each cell."""

    def __init__(self, start: int, watts: list[int]) -> None:
        """Take the watts of each cell from a moment on."""
        self.start = start
        self.watts = watts
        self._sums = [0, *accumulate(each * CELL for each in watts)]

    def at(self, moment: int) -> int:
        """Return the watts of a moment."""
        index = (moment - self.start) // CELL
        return self.watts[min(max(index, 0), len(self.watts) - 1)]

    def until(self, moment: int) -> int:
        """Return the thousandths of a joule from the start to a moment."""
        index = min(max((moment - self.start) // CELL, 0), len(self.watts) - 1)
        rest = moment - self.start - index * CELL
        return self._sums[index] + self.watts[index] * rest

    def joules(self, start: int, end: int) -> Fraction:
        """Return the joules of a time."""
        return Fraction(self.until(end) - self.until(start), 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Nothing is heard of a meter."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Begins:
    """The register goes on from another value: a reset, or another meter in its place."""

    at: int
    joules: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Glitch:
    """Some readings show a value that is none."""

    start: int
    end: int
    kind: Kind
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """The gateway shows an old value of the register."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """The register is renewed at whole multiples of a time only."""

    every: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """The meter counts nothing, and its power reads 0, while what it feeds draws power."""

    start: int
    end: int


Event = Silent | Begins | Glitch | Stalled | Refreshed | Dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A meter, what really flows through it, and how it is read."""

    meter: Meter
    load: Load
    out: Load | None = None
    register: bool = True
    power: bool = False
    step: int = 1000
    begin: int = 0
    every: int = 60_000
    phase: int = 0
    heard_from: int | None = None
    events: tuple[Event, ...] = field(default=())

    def readings(self, start: int, end: int) -> list[Reading]:
        """Return what it tells from one moment to another, in order of time."""
        return list(self._tell(start, end))

    def _tell(self, start: int, end: int) -> Iterator[Reading]:
        first = start if self.heard_from is None else max(start, self.heard_from)
        at = first + (self.phase - first) % self.every
        while at <= end:
            if not any(isinstance(e, Silent) and e.start <= at < e.end for e in self.events):
                yield from self._told(at)
            at += self.every

    def _told(self, at: int) -> Iterator[Reading]:
        shown = self._shown(at)
        if self.register:
            yield Reading(at, Kind.REGISTER, self._or_glitch(at, Kind.REGISTER, self._count(shown)))
        if self.power:
            watts = 0 if self._is_dead(at) else self.load.at(at)
            yield Reading(at, Kind.POWER, self._or_glitch(at, Kind.POWER, watts))
        if self.out is not None:
            left = self._flowed(self.out, self.load.start, shown)
            left = left // (1000 * self.step) * self.step
            yield Reading(at, Kind.EXPORT, self._or_glitch(at, Kind.EXPORT, left))

    def _shown(self, at: int) -> int:
        """Return the moment of the register's value that is shown."""
        for event in self.events:
            if isinstance(event, Stalled) and event.start <= at < event.end:
                return event.start
            if isinstance(event, Refreshed):
                return max(self.load.start, at - at % event.every)
        return at

    def _count(self, at: int) -> int:
        begun, since = self.begin, self.load.start
        for event in self.events:
            if isinstance(event, Begins) and since <= event.at <= at:
                begun, since = event.joules, event.at
        flowed = self._flowed(self.load, since, at)
        value = (1000 * begun + flowed) // (1000 * self.step) * self.step
        return value if self.meter.wrap is None else value % int(self.meter.wrap)

    def _flowed(self, load: Load, since: int, at: int) -> int:
        """Return the thousandths of a joule that were counted of a load: none while it was dead."""
        counted, until = 0, since
        for event in self.events:
            if isinstance(event, Dead) and event.end > until and event.start < at:
                counted += load.until(max(event.start, until)) - load.until(until)
                until = min(event.end, at)
        return counted + load.until(at) - load.until(until)

    def _is_dead(self, at: int) -> bool:
        return any(isinstance(e, Dead) and e.start <= at < e.end for e in self.events)

    def _or_glitch(self, at: int, kind: Kind, value: int) -> int:
        for event in self.events:
            if isinstance(event, Glitch) and event.kind is kind and event.start <= at < event.end:
                return event.value
        return value
