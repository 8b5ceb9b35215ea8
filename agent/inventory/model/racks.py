"""Racks: their feeds, and the devices in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from agent.inventory.model.checks import check_name
from agent.inventory.model.service import check_service
from agent.inventory.model.sites import State
from collectors.strict import Count, Positive, Range

Phase = Literal["L1", "L2", "L3"]

MAX_HEIGHT: Final = 100
"""The most rack units of a rack."""
Units = Annotated[int, Range(1, MAX_HEIGHT)]
UnitCount = Annotated[int, Range(0, MAX_HEIGHT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One of the power supplies of a rack: the PDU that measures it, and what it can carry."""

    pdu: str = field(default="", metadata={"help": "left out where nothing measures this feed"})
    capacity_watts: Positive | None = None
    breaker: str = field(default="", metadata={"help": "the breaker that feeds it"})
    phase: Phase | None = field(
        default=None,
        metadata={
            "help": "the breaker's phase that the PDU's L1 is on; a three-phase PDU needs it only "
            "where its phases are turned"
        },
    )

    def __post_init__(self) -> None:
        """Check the name of the PDU, where there is one."""
        if self.pdu:
            check_name("pdu", self.pdu)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One thing in a rack.

    `position` is its lowest unit, counted from 1 at the bottom; None where nobody noted it.
    """

    node: str
    position: Units | None = None
    units: UnitCount = field(
        default=1,
        metadata={
            "help": "0 for what takes no unit of its own: a strip at the side, a blade in a chassis"
        },
    )
    agent: bool = field(
        default=True, metadata={"help": "an agent should run on it; false for a switch or a panel"}
    )
    accelerators: Count = field(default=0, metadata={"help": "AI chips in it"})
    vendor: str = field(default="", metadata={"help": "maker of the accelerators"})
    model: str = field(default="", metadata={"help": "model of the accelerators"})

    def __post_init__(self) -> None:
        """Check the key."""
        check_name("node", self.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rack:
    """One rack.

    Without `devices` and `used_units`, nobody knows how full it is, and no series says so.
    """

    rack: str
    site: str
    row: str = ""
    state: State = "in_service"
    height_units: Units = 42
    rated_power_watts: Positive | None = None
    feeds: dict[str, Feed] = field(default_factory=dict)
    devices: tuple[Device, ...] | None = None
    used_units: UnitCount | None = field(
        default=None,
        metadata={"help": "rack units taken, where the devices are not listed one by one"},
    )
    reserved_units: UnitCount = field(
        default=0, metadata={"help": "rack units promised to somebody, and still free"}
    )
    x: Annotated[float, Range(-1e6, 1e6)] | None = field(
        default=None, metadata={"help": "east of the room's corner, in metres or floor tiles"}
    )
    y: Annotated[float, Range(-1e6, 1e6)] | None = field(
        default=None, metadata={"help": "north of the room's corner, in the same unit"}
    )
    facing: Literal["", "N", "E", "S", "W"] = field(
        default="", metadata={"help": "which way its front looks"}
    )
    since: str = field(
        default="",
        metadata={
            "help": "a date or a local time: its PDUs count from then on; if left out, each PDU"
            " counts from its first reading"
        },
    )
    until: str = field(
        default="", metadata={"help": "a date or a local time: it is out of service from then on"}
    )

    def __post_init__(self) -> None:
        """Check what can be seen from the rack alone."""
        check_name("rack", self.rack)
        if self.row:
            check_name("row", self.row)
        check_service(self.since, self.until)
        if self.used_units is not None and self.devices is not None:
            message = "used_units: follows from the devices; leave one of them out"
            raise ValueError(message)
        if self.used_units is not None and self.used_units > self.height_units:
            message = f"used_units: more than the rack's {self.height_units} units"
            raise ValueError(message)
        self._check_devices()
        free = self.height_units - (self.used or 0)
        if self.reserved_units > free:
            message = f"reserved_units: more than the {free} units left"
            raise ValueError(message)

    def _check_devices(self) -> None:
        """Raise ValueError where devices overlap or do not fit into the rack."""
        owner: dict[int, str] = {}
        total = 0
        for device in self.devices or ():
            total += device.units
            if device.position is None or not device.units:
                continue
            top = device.position + device.units - 1
            if top > self.height_units:
                message = f"devices: {device.node} reaches unit {top} of {self.height_units}"
                raise ValueError(message)
            for unit in range(device.position, top + 1):
                if unit in owner:
                    message = f"devices: {device.node} overlaps {owner[unit]} at unit {unit}"
                    raise ValueError(message)
                owner[unit] = device.node
        if total > self.height_units:
            message = f"devices: take {total} of {self.height_units} units"
            raise ValueError(message)

    @property
    def used(self) -> int | None:
        """Rack units taken, or None where the inventory does not state it."""
        if self.devices is None:
            return self.used_units
        return sum(device.units for device in self.devices)
