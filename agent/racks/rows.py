"""Rows: what stands in each, what it draws and what may still be added; racks in service only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from agent.racks.breakers import Sharing
from collectors.base import Reading
from collectors.catalogue import rack as catalogue

if TYPE_CHECKING:
    from agent.inventory.model import Inventory, Rack

RowKey = tuple[str, str]
"""Site and row."""


def rows_of(inventory: Inventory) -> dict[RowKey, list[Rack]]:
    """Return the racks in service of every row that has a name."""
    found: dict[RowKey, list[Rack]] = {}
    for rack in inventory.racks.values():
        if rack.row and rack.state == "in_service":
            found.setdefault((rack.site, rack.row), []).append(rack)
    return found


class Row:
    """One row: what never changes of it, and the sums of the round that is being computed."""

    __slots__ = (
        "_fixed",
        "_headroom",
        "_headroom_series",
        "_known",
        "_power",
        "_power_series",
        "_racks",
        "_sharing",
    )

    def __init__(self, hub: str, key: RowKey, racks: Sequence[Rack], inventory: Inventory) -> None:
        place = (hub, *key)
        self._racks = len(racks)
        self._sharing = Sharing(racks, inventory)
        self._power_series = catalogue.ROW_POWER.series(*place)
        self._headroom_series = catalogue.ROW_HEADROOM.series(*place)
        self._fixed: list[Reading] = [
            (catalogue.ROW_HEIGHT.series(*place), float(sum(rack.height_units for rack in racks)))
        ]
        used = [rack.used for rack in racks]
        known = [units for units in used if units is not None]
        if len(known) == len(used):
            self._fixed.append((catalogue.ROW_USED.series(*place), float(sum(known))))
            self._fixed.append(
                (
                    catalogue.ROW_RESERVED.series(*place),
                    float(sum(rack.reserved_units for rack in racks)),
                )
            )
        rated = [rack.rated_power_watts for rack in racks if rack.rated_power_watts is not None]
        if len(rated) == len(racks):
            self._fixed.append((catalogue.ROW_POWER_CAPACITY.series(*place), sum(rated)))
        self.begin()

    def begin(self) -> None:
        """Forget the last round."""
        self._power, self._known = 0.0, 0
        self._headroom = [0.0] * self._racks

    def add(self, at: int, power: float | None, headroom: float | None) -> None:
        """Take the power of one rack and what may be added to it, its breakers apart; None where it is not known."""
        if power is not None:
            self._power += power
            self._known += 1
        if headroom is not None:
            self._headroom[at] = headroom

    def readings(self, breakers: Mapping[str, float]) -> Iterator[Reading]:
        """Yield what the round came to. A rack of which nothing is known takes nothing more: the headroom is a lower bound."""
        yield from self._fixed
        if self._known == self._racks:
            yield self._power_series, self._power
        if self._known:
            yield self._headroom_series, self._sharing.total(self._headroom, breakers)
