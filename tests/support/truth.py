"""A hub whose true energies are known.

Its loads follow the day, the weather and the years. Its meters err within their class, and are
silent at times.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from random import Random
from typing import Final

from collectors.base import Batch, Reading
from collectors.catalogue.facility import METER_ENERGY, METER_POWER

CELL: Final = 300
DAY: Final = 86_400
START: Final = 1_735_660_800
"""Midnight of 1 January 2025 in Shanghai."""


class Load:
    """Power that runs straight between knots five minutes apart, and its energy, exactly."""

    def __init__(self, watts: list[float]) -> None:
        self.watts = watts
        self.joules = [0.0, *accumulate((a + b) / 2 * CELL for a, b in pairwise(watts))]

    def power(self, at: float) -> float:
        n, rest = divmod(at - START, CELL)
        a, b = self.watts[int(n)], self.watts[int(n) + 1]
        return a + (b - a) * rest / CELL

    def energy(self, at: float) -> float:
        n, rest = divmod(at - START, CELL)
        return self.joules[int(n)] + (self.watts[int(n)] + self.power(at)) / 2 * rest


@dataclass(slots=True, kw_only=True)
class Gauge:
    """A meter: what it measures, how it errs and counts, and when it is silent, reset or new."""

    name: str
    point: str
    load: Load
    accuracy: float
    gain: float
    register: bool = True
    power: bool = False
    step: float = 0.0
    wrap: float | None = None
    resets: list[float] = field(default_factory=list)
    born: float = 0.0
    gone: float = math.inf
    silent: list[tuple[float, float]] = field(default_factory=list)
    replaces: str = ""

    def readings(self, at: float) -> Iterator[tuple[bool, float]]:
        """Yield what it says at a time: whether it is a register, and the value."""
        if not self.born <= at < self.gone or any(a <= at < b for a, b in self.silent):
            return
        if self.register:
            since = (
                self.resets[bisect_right(self.resets, at) - 1]
                if self.resets and at >= self.resets[0]
                else START
            )
            first = 0.0 if since != START else 4e9
            value = first + self.gain * (
                self.load.energy(at) - self.load.energy(max(since, self.born, START))
            )
            if self.step:
                value -= value % self.step
            yield True, value % self.wrap if self.wrap else value
        if self.power:
            yield False, self.gain * self.load.power(at)


@dataclass(slots=True, kw_only=True)
class TrueSite:
    """One site: what it really used, and its meters."""

    name: str
    facility: Load
    it: Load
    gauges: list[Gauge]
    outages: list[tuple[float, float]]
    """When the agent itself was away."""

    def batch(self, at: float, interval: float) -> Batch | None:
        """Return what its meters say at a time; None while the agent is away."""
        if any(a <= at < b for a, b in self.outages):
            return None
        readings: list[Reading] = [
            (
                (METER_ENERGY if register else METER_POWER).series(
                    "guian", self.name, gauge.name, gauge.point
                ),
                value,
            )
            for gauge in self.gauges
            for register, value in gauge.readings(at)
        ]
        return Batch(
            collector="modbus",
            device=self.name,
            time=at,
            lifetime=2.5 * interval,
            readings=readings,
        )

    def inventory(self) -> str:
        """Return its part of an inventory's list of meters."""
        lines = []
        for gauge in self.gauges:
            more = f", wrap_joules: {gauge.wrap:.0f}" if gauge.wrap else ""
            more += f", replaces: {gauge.replaces}" if gauge.replaces else ""
            most = 3.0 * max(gauge.load.watts)
            lines.append(
                f"  - {{site: {self.name}, meter: {gauge.name}, point: {gauge.point},"
                f" accuracy_class: {gauge.accuracy},"
                f" rating_watts: {most:.0f}{more}}}"
            )
        return "\n".join(lines)


def make_site(name: str, days: int, rng: Random) -> TrueSite:
    """Make one site; `rng` draws its size, weather, meters' errors and outages."""
    it, facility = _loads(days, rng)
    end = START + days * DAY
    shares = (0.5, 0.3, 0.2)
    it_parts = [Load([share * watts for watts in it.watts]) for share in shares]
    halves = [Load([share * watts for watts in facility.watts]) for share in (0.6, 0.4)]
    change = START + rng.uniform(0.3, 0.7) * days * DAY

    gauges = _gauges(it_parts, halves, change, days, rng)
    for gauge in gauges:
        for longest in (600, 3 * 3600, DAY):
            at = START + rng.random() * (end - START)
            gauge.silent.append((at, at + rng.random() * longest))
    outages = [
        (at, at + rng.uniform(60, most))
        for most in (1800, 7200, DAY)
        for at in [START + rng.random() * (end - START)]
    ]
    return TrueSite(name=name, facility=facility, it=it, gauges=gauges, outages=outages)


def _gauges(
    it_parts: list[Load], halves: list[Load], change: float, days: int, rng: Random
) -> list[Gauge]:
    """Make the meters of a site; the third IT meter is exchanged at `change`."""

    def err(accuracy: float) -> float:
        return 1.0 + rng.uniform(-accuracy, accuracy) / 100.0

    return [
        Gauge(
            name="grid-1",
            point="utility",
            load=halves[0],
            accuracy=0.5,
            gain=err(0.5),
            step=3.6e6,
            wrap=3.6e6 * 10_000_000,
        ),
        Gauge(
            name="grid-2",
            point="utility",
            load=halves[1],
            accuracy=0.5,
            gain=err(0.5),
            step=3.6e5,
            power=True,
            resets=sorted(START + rng.random() * days * DAY for _ in range(3)),
        ),
        Gauge(
            name="it-1",
            point="it_input",
            load=it_parts[0],
            accuracy=1.0,
            gain=err(1.0),
            step=3.6e5,
            wrap=max(4.1e9, it_parts[0].joules[-1] / 7),
        ),
        Gauge(
            name="it-2",
            point="it_input",
            load=it_parts[1],
            accuracy=1.0,
            gain=err(1.0),
            register=False,
            power=True,
        ),
        Gauge(
            name="it-3",
            point="it_input",
            load=it_parts[2],
            accuracy=1.0,
            gain=err(1.0),
            step=3.6e6,
            gone=change,
        ),
        Gauge(
            name="it-3-new",
            point="it_input",
            load=it_parts[2],
            accuracy=1.0,
            gain=err(1.0),
            step=3.6e4,
            power=True,
            born=change,
            replaces="it-3",
        ),
    ]


def _loads(days: int, rng: Random) -> tuple[Load, Load]:
    """Draw what a site's IT, and all of the site, use every five minutes."""
    knots = days * DAY // CELL + 2
    size, growth, phase = rng.uniform(2e6, 20e6), rng.uniform(0.0, 0.3), rng.uniform(-1, 1)
    best, summer, daily = rng.uniform(1.12, 1.3), rng.uniform(0.05, 0.2), rng.uniform(0.02, 0.06)
    weather = restless = 0.0
    it, facility = [], []
    for n in range(knots):
        day = n * CELL / DAY
        weather += -weather / 1200 + rng.gauss(0, 0.0008)
        restless += -restless / 24 + rng.gauss(0, 0.002)
        work = 0.06 * math.sin(2 * math.pi * (day - 0.3 + 0.05 * phase)) - (
            0.03 if day % 7 > 5 else 0.0
        )
        watts = size * (0.7 + growth * day / 365 + work + restless)
        season = summer * (1 - math.cos(2 * math.pi * (day - 20) / 365)) / 2
        it.append(watts)
        facility.append(
            watts * (best + season + weather + daily * math.sin(2 * math.pi * (day - 0.35)))
        )
    return Load(it), Load(facility)
