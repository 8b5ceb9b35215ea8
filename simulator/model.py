"""The power flows of a simulated site, and the energies of its meters.

    utility + solar = racks + cables + UPS losses + cooling + lighting

Cooling follows the heat and the weather of Guiyang: mild, so that outside air does most of it for
most of the year. PUE comes out near 1.15 on a winter's night and 1.25 on a summer's day. All
energies are exact integrals, so the true PUE is known.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from simulator.site import FEEDS, UTC_OFFSET
from simulator.waves import DAY, Curve, Mix, Scaled, total

if TYPE_CHECKING:
    from simulator.site import Rack, Site
    from simulator.waves import Power, Waves

Point = Literal["utility", "renewable", "ups_output", "cooling", "lighting"]

_CABLES: Final = 0.012  # of what the racks draw, between the UPS and the PDUs
_UPS_FIXED: Final = 0.016  # of the load the UPS was built for
_BUILT_FOR: Final = 1.25  # times today's mean load
_UPS_SHARE: Final = 0.026  # of what it delivers
_FANS: Final = 0.045  # of the heat
_PUMPS: Final = 0.018
_TOWERS: Final = 0.008
_YEAR: Final = 365.2425 * DAY
_WARMEST: Final = 201 * DAY  # 20 July
_SOLSTICE: Final = 172 * DAY
_ACCURACY: Final = 0.5
_SOLAR_PEAK: Final = (
    0.22  # of what the racks draw: roofs and car parks, never more than the site uses
)
_LATITUDE: Final = math.radians(26.4)
_TILT_OF_EARTH: Final = math.radians(23.44)
_SOLAR_NOON: Final = 12.9  # by Chinese time, at 106.6 degrees east


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter: its point and the power through it."""

    name: str
    point: Point
    power: Power
    accuracy_class: float = _ACCURACY


@dataclass(frozen=True, slots=True)
class Ups:
    """One UPS: its output, its losses, and its rated load."""

    name: str
    output: Waves
    losses: Waves
    rated_watts: float


@dataclass(frozen=True, slots=True)
class Switch:
    """One transfer switch above a UPS: on the mains, with a generator of its own that stands."""

    name: str
    generator: str
    output: Power
    rated_watts: float


@dataclass(frozen=True, slots=True)
class Cooler:
    """One in-row cooling unit and the heat it removes: all the power of its row."""

    name: str
    row: str
    heat: Waves
    inlet_celsius: Waves
    """At the row's first rack."""


class Weather:
    """Outside temperature in degrees Celsius: the year, the day, and passing fronts."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"weather/{seed}")
        self._fronts = [
            (amplitude, 2 * math.pi / (days * DAY), rng.uniform(0, 2 * math.pi))
            for amplitude, days in ((1.8, 3.7), (1.5, 6.1), (1.2, 11.3))
        ]

    def celsius(self, at: float) -> float:
        """Return the temperature of the air outside."""
        local = at + UTC_OFFSET
        year = 9.3 * math.cos(2 * math.pi * (local - _WARMEST) / _YEAR)
        day = 3.4 * math.cos(2 * math.pi * (local / DAY - 15 / 24))
        return 15.3 + year + day + self._front(at)

    def _front(self, at: float) -> float:
        return sum(a * math.cos(f * at + p) for a, f, p in self._fronts)

    def sunshine(self, at: float) -> float:
        """Return the output of a solar plant, 0 to 1 of its peak, by sun and clouds."""
        local = at + UTC_OFFSET
        declination = _TILT_OF_EARTH * math.cos(2 * math.pi * (local - _SOLSTICE) / _YEAR)
        hour = 2 * math.pi * (local / DAY - _SOLAR_NOON / 24)
        height = math.sin(_LATITUDE) * math.sin(declination) + math.cos(_LATITUDE) * math.cos(
            declination
        ) * math.cos(hour)
        clear = 1 / (
            1 + math.exp(-self._front(at) / 1.5)
        )  # the warm side of a front is the bright one
        return max(height, 0.0) * (0.3 + 0.7 * clear)


class Model:
    """The powers of a site: its meters, and the true values that measurements are compared with."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.weather = Weather(site.seed)
        self.it = total(rack.load for rack in site.racks)
        feeds = {feed: total(p.power for _, p in site.pdus() if p.feed == feed) for feed in FEEDS}
        self.ups = tuple(_ups(feed, load.scaled(1 + _CABLES)) for feed, load in feeds.items())
        self.switches = tuple(
            _switch(feed, number, ups)
            for number, (feed, ups) in enumerate(zip(FEEDS, self.ups, strict=True), 1)
        )
        self._electrical = total(
            [*(ups.output for ups in self.ups), *(ups.losses for ups in self.ups)]
        )
        self.coolers = tuple(self._coolers())
        chillers = Curve(self._chillers)
        fans = Curve(self._fans)
        lighting = Curve(self._lighting)
        solar = Curve(self._solar)
        self.facility: Power = Mix((self._electrical, chillers, fans, lighting))
        self.meters = (
            Meter("utility-1", "utility", Mix((self.facility, Scaled(solar, -1.0)))),
            *(
                Meter(f"ups-{feed.lower()}", "ups_output", ups.output)
                for feed, ups in zip(FEEDS, self.ups, strict=True)
            ),
            Meter("cooling-1", "cooling", chillers),
            Meter("cooling-2", "cooling", fans),
            Meter("lighting-1", "lighting", lighting, accuracy_class=1.0),
            Meter("solar-1", "renewable", solar),
        )

    def pue(self, since: float, until: float) -> float:
        """Return the true PUE between two times, IT metered at the PDUs."""
        return self.facility.energy(since, until) / self.it.energy(since, until)

    def _coolers(self) -> Iterator[Cooler]:
        """Yield a unit for each row; together they remove the heat of all electrical power."""
        rows: dict[str, list[Rack]] = {}
        for rack in self.site.racks:
            rows.setdefault(rack.row, []).append(rack)
        for row, racks in rows.items():
            drawn = total(rack.load for rack in racks).scaled(1 + _CABLES)
            heat = drawn.scaled(1 + _UPS_SHARE, _UPS_FIXED * _BUILT_FOR * drawn.level)
            yield Cooler(f"cooler-{row.lower()}", row, heat, racks[0].inlet_celsius)

    def _heat(self, at: float) -> float:
        return self._electrical.power(at)

    def _chillers(self, at: float) -> float:
        """Compressors, pumps and towers: what outside air cannot cool, and moving the water."""
        outside = self.weather.celsius(at)
        wet = outside - 2.5  # humid: the wet bulb is never far below
        free = 1 / (1 + math.exp((wet - 17.0) / 4.0))
        performance = min(max(9.0 - 0.14 * (outside - 20.0), 5.0), 11.0)
        return self._heat(at) * (_PUMPS + _TOWERS * free + (1 - free) / performance)

    def _fans(self, at: float) -> float:
        return self._heat(at) * _FANS * (1 + 0.004 * (self.weather.celsius(at) - 15.0))

    def _lighting(self, at: float) -> float:
        hour = (at + UTC_OFFSET) % DAY / 3600
        staffed = 1 / (1 + math.exp(-(hour - 8) * 3)) - 1 / (1 + math.exp(-(hour - 18.5) * 3))
        return self.it.level * (0.006 + 0.008 * staffed)

    def _solar(self, at: float) -> float:
        return self.it.level * _SOLAR_PEAK * self.weather.sunshine(at)


def _switch(feed: str, number: int, ups: Ups) -> Switch:
    """Make the transfer switch of a feed, for what its UPS draws at its rated load."""
    rated = ups.rated_watts * (1 + _UPS_SHARE + _UPS_FIXED)
    return Switch(
        f"ats-{feed.lower()}", f"generator-{number}", Mix((ups.output, ups.losses)), rated
    )


def _ups(feed: str, output: Waves) -> Ups:
    """Make the UPS of a feed, with no-load losses and capacity for the other feed's load."""
    built_for = _BUILT_FOR * output.level
    return Ups(
        f"ups-system-{feed.lower()}",
        output,
        output.scaled(_UPS_SHARE, _UPS_FIXED * built_for),
        2 * built_for,
    )
