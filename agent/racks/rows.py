"""Rows and sites: what stands in each, what it draws and what may be added; racks in service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from agent.inventory.model import Inventory, Rack
from agent.racks.shared_supply import SharedSupply
from collectors.base import Reading, Series
from collectors.catalogue import rack as catalogue

RowKey = tuple[str, str]
"""The site and the name of a row."""


def rows_of(inventory: Inventory) -> dict[RowKey, list[Rack]]:
    """Return the racks in service of every row that has a name."""
    found: dict[RowKey, list[Rack]] = {}
    for rack in inventory.racks.values():
        if rack.row and rack.state == "in_service":
            found.setdefault((rack.site, rack.row), []).append(rack)
    return found


def racks_of_sites(inventory: Inventory) -> dict[str, list[Rack]]:
    """Return the racks in service of every site that has one."""
    found: dict[str, list[Rack]] = {}
    for rack in inventory.racks.values():
        if rack.state == "in_service":
            found.setdefault(rack.site, []).append(rack)
    return found


class RackGroup:
    """Some racks: their readings that never change, and the sums of the round in progress.

    Without a series of its power, a group tells none.
    """

    __slots__ = (
        "_fixed",
        "_headroom",
        "_headroom_series",
        "_known",
        "_power",
        "_power_series",
        "_racks",
        "_supply",
    )

    def __init__(
        self,
        racks: Sequence[Rack],
        inventory: Inventory,
        *,
        headroom: Series,
        power: Series | None = None,
        fixed: Iterable[Reading] = (),
    ) -> None:
        self._racks = len(racks)
        self._supply = SharedSupply(racks, inventory)
        self._power_series = power
        self._headroom_series = headroom
        self._fixed = list(fixed)
        self.begin()

    def begin(self) -> None:
        """Begin a round."""
        self._power, self._known = 0.0, 0
        self._headroom = [0.0] * self._racks

    def add(self, number: int, power: float | None, headroom: float | None) -> None:
        """Add a rack's power and what it may add, breakers left aside; None where unknown."""
        if power is not None:
            self._power += power
            self._known += 1
        if headroom is not None:
            self._headroom[number] = headroom

    def readings(self, breakers: Mapping[str, float]) -> Iterator[Reading]:
        """Yield the results of the round, given the headroom of every breaker.

        A rack of which nothing is known may add nothing, so the headroom is a lower bound.
        """
        yield from self._fixed
        if self._known == self._racks and self._power_series is not None:
            yield self._power_series, self._power
        if self._known:
            yield self._headroom_series, self._supply.total(self._headroom, breakers)


def row_group(hub: str, key: RowKey, racks: Sequence[Rack], inventory: Inventory) -> RackGroup:
    """Return the group that a row's racks are."""
    place = (hub, *key)
    return RackGroup(
        racks,
        inventory,
        headroom=catalogue.ROW_HEADROOM.series(*place),
        power=catalogue.ROW_POWER.series(*place),
        fixed=_fixed(racks, place),
    )


def _fixed(racks: Sequence[Rack], place: tuple[str, str, str]) -> Iterator[Reading]:
    height = sum(rack.height_units for rack in racks)
    yield catalogue.ROW_HEIGHT.series(*place), float(height)
    used = [rack.used for rack in racks if rack.used is not None]
    if len(used) == len(racks):
        reserved = sum(rack.reserved_units for rack in racks)
        yield catalogue.ROW_USED.series(*place), float(sum(used))
        yield catalogue.ROW_RESERVED.series(*place), float(reserved)
    rated = [rack.rated_power_watts for rack in racks if rack.rated_power_watts is not None]
    if len(rated) == len(racks):
        yield catalogue.ROW_POWER_CAPACITY.series(*place), sum(rated)
