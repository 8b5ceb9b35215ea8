"""Where a simulated site's power goes, from the utility to the racks, and what its meters therefore count.

    utility = racks + cables + UPS losses + cooling + lighting

Cooling follows the heat and the weather of Guiyang: mild, so that outside air does most of it for most of the year. PUE comes
out near 1.15 on a winter's night and 1.25 on a summer's day. All energies are exact integrals, so the PUE's truth is known.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from collectors.simulator.site import FEEDS, UTC_OFFSET
from collectors.simulator.waves import DAY, Curve, Mix, total

if TYPE_CHECKING:
    from collectors.simulator.site import Site
    from collectors.simulator.waves import Power

Point = Literal["utility", "ups_output", "cooling", "lighting"]

_CABLES: Final = 0.012  # of what the racks draw, between the UPS and the PDUs
_UPS_FIXED: Final = 0.016  # of the load the UPS was built for
_UPS_SHARE: Final = 0.026  # of what it delivers
_FANS: Final = 0.045  # of the heat
_PUMPS: Final = 0.018
_TOWERS: Final = 0.008
_YEAR: Final = 365.2425 * DAY
_WARMEST: Final = 201 * DAY  # 20 July
_ACCURACY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter: where it stands and what flows through it."""

    name: str
    point: Point
    power: Power
    accuracy_class: float = _ACCURACY


class Weather:
    """Outside temperature, degrees Celsius: the year, the day, and fronts that pass every few days."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"weather/{seed}")  # noqa: S311 - repeatable
        self._fronts = [
            (amplitude, 2 * math.pi / (days * DAY), rng.uniform(0, 2 * math.pi))
            for amplitude, days in ((1.8, 3.7), (1.5, 6.1), (1.2, 11.3))
        ]

    def celsius(self, at: float) -> float:
        """Return the temperature of the air outside."""
        local = at + UTC_OFFSET
        year = 9.3 * math.cos(2 * math.pi * (local - _WARMEST) / _YEAR)
        day = 3.4 * math.cos(2 * math.pi * (local / DAY - 15 / 24))
        return 15.3 + year + day + sum(a * math.cos(f * at + p) for a, f, p in self._fronts)


class Model:
    """The powers of a site: its meters, and the truth that a measurement is held against."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.weather = Weather(site.seed)
        self.it = total(rack.load for rack in site.racks)
        feeds = {feed: total(p.power for _, p in site.pdus() if p.feed == feed) for feed in FEEDS}
        self._ups = {feed: load.scaled(1 + _CABLES) for feed, load in feeds.items()}
        # Sized for a hall at 1.25 times today's mean load; what it loses without load it loses always.
        losses = [out.scaled(_UPS_SHARE, _UPS_FIXED * 1.25 * out.level) for out in self._ups.values()]
        self._electrical = total([*self._ups.values(), *losses])
        chillers = Curve(self._chillers)
        fans = Curve(self._fans)
        lighting = Curve(self._lighting)
        self.facility: Power = Mix((self._electrical, chillers, fans, lighting))
        self.meters = (
            Meter("utility-1", "utility", self.facility),
            *(Meter(f"ups-{feed.lower()}", "ups_output", out) for feed, out in self._ups.items()),
            Meter("cooling-1", "cooling", chillers),
            Meter("cooling-2", "cooling", fans),
            Meter("lighting-1", "lighting", lighting, accuracy_class=1.0),
        )

    def pue(self, since: float, until: float) -> float:
        """Return the true PUE between two times, IT metered at the PDUs."""
        return self.facility.energy(since, until) / self.it.energy(since, until)

    def _heat(self, at: float) -> float:
        return self._electrical.power(at)

    def _chillers(self, at: float) -> float:
        """Compressors, pumps and towers: what outside air cannot carry away, and the water that moves either way."""
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
