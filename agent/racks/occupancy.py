"""Occupancy of a site (上架率): the used share of racks, units and power that are in service.

And the share of those racks whose inlets are within the recommended temperature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.inventory.model import Rack
from collectors.catalogue.limits import KNOWN_SHARE


@dataclass(slots=True)
class Occupancy:
    """The sums that the occupancy of one site is made of; `*_known` is the part that is known."""

    racks: int = 0
    racks_known: int = 0
    racks_used: int = 0
    racks_reserved: int = 0
    units: int = 0
    units_known: int = 0
    units_used: int = 0
    units_reserved: int = 0
    rated_watts: float = 0.0
    rated_watts_known: float = 0.0
    drawn_watts: float = 0.0
    inlets_known: int = 0
    inlets_within: int = 0

    def add(self, rack: Rack, watts: float | None) -> None:
        """Add a rack with the power that it draws; None where that is unknown."""
        self.racks += 1
        self.units += rack.height_units
        used = rack.used
        if used is not None:
            self.units_known += rack.height_units
            self.units_used += used
            self.units_reserved += rack.reserved_units
            self.racks_reserved += not used and rack.reserved_units > 0
        if used is not None or watts is not None:
            self.racks_known += 1
            self.racks_used += bool(used) if used is not None else bool(watts)
        if rack.rated_power_watts is not None:
            self.rated_watts += rack.rated_power_watts
            if watts is not None:
                self.rated_watts_known += rack.rated_power_watts
                self.drawn_watts += watts

    def add_inlet(self, *, within: bool) -> None:
        """Add the measured inlet of a rack that was added."""
        self.inlets_known += 1
        self.inlets_within += within

    def inlets_within_ratio(self) -> float | None:
        """Return the share of the racks that are within; None where too few are measured.

        A rack that is not measured is not within: a sensor that falls silent betters nothing.
        """
        if not _is_enough(self.inlets_known, self.racks):
            return None
        return self.inlets_within / self.racks

    def ratios(self) -> Iterator[tuple[str, float]]:
        """Yield each method for which enough is known, with the occupancy by it."""
        if _is_enough(self.racks_known, self.racks):
            yield "racks", self.racks_used / self.racks_known
        if _is_enough(self.units_known, self.units):
            yield "units", self.units_used / self.units_known
        if _is_enough(self.rated_watts_known, self.rated_watts):
            yield "power", self.drawn_watts / self.rated_watts_known

    def reserved_ratios(self) -> Iterator[tuple[str, float]]:
        """Yield the shares that are reserved and not in use, where the occupancy is known."""
        if _is_enough(self.units_known, self.units):
            yield "units", self.units_reserved / self.units_known
            yield "racks", self.racks_reserved / self.racks_known


def _is_enough(known: float, whole: float) -> bool:
    return known > 0 and known >= KNOWN_SHARE * whole
