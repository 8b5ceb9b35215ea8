"""The config section `bacnet`: the devices and how to reach them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from collectors.facility.bacnet.profile import Point
from collectors.facility.named import Polled, check_point
from collectors.strict import Duration, Range

_ADDRESS: Final = re.compile(
    r"\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|\d{1,5}:(\d{1,3}|0x[0-9A-Fa-f]{2,12})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Polled):
    """One device: its address, its kind and its points.

    The kind is `cooling`, `meter` (with its `point`), `ups`, `pdu`, `ats`, `dcplant`, `generator`
    or `sensor`.
    """

    address: str = field(
        default="",
        metadata={
            "help": "such as 10.0.4.20, 10.0.4.20:47809, or 2001:5 for a station behind a router"
        },
    )
    instance: Annotated[int, Range(0, (1 << 22) - 2)] | None = field(
        default=None,
        metadata={
            "help": (
                "instead of an address: the device is found by Who-Is, for which listen needs a"
                " network"
            )
        },
    )
    profile: str = field(default="", metadata={"help": "points that several like devices share"})
    points: list[Point] = field(
        default_factory=list, metadata={"help": "points of this device only"}
    )
    rack: str = ""
    feed: str = ""
    interval: Duration | None = None
    timeout: Duration | None = None

    def __post_init__(self) -> None:
        """Check that the device can be found and has points."""
        if bool(self.address) == (self.instance is not None):
            message = "expected either address or instance"
            raise ValueError(message)
        if self.address and not _ADDRESS.fullmatch(self.address):
            message = (
                "address: expected an address such as 10.0.4.20, 10.0.4.20:47809 or 2001:5, got"
                f" {self.address!r}"
            )
            raise ValueError(message)
        if not self.profile and not self.points:
            message = "points: missing; expected points, or a profile that has them"
            raise ValueError(message)
        check_point(self.meter, self.point)

    @property
    def name(self) -> str:
        """The operator's name of the device, else its address or its instance."""
        return next(iter(self.names.values()), "") or self.address or f"device {self.instance}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `bacnet`."""

    interval: Duration = 60.0
    timeout: Duration = field(
        default=10.0, metadata={"help": "of one round of one device, for all its reads together"}
    )
    request_timeout: Duration = field(
        default=2.0, metadata={"help": "of one request, which is sent twice"}
    )
    listen: str = field(
        default="0.0.0.0:0",
        metadata={
            "help": (
                "the address of this machine; to find devices by instance, with its network:"
                " 10.0.4.5/24:47808"
            )
        },
    )
    profiles_dir: Path | None = field(
        default=None, metadata={"help": "a folder with your own profiles"}
    )
    devices: list[Device] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the address of this machine."""
        if not re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?(:\d{1,5})?", self.listen):
            message = f"listen: expected an address such as 10.0.4.5/24:47808, got {self.listen!r}"
            raise ValueError(message)
