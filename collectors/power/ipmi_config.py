"""The section `collectors: ipmi:` of the config: BMCs that are read over the network."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from collectors.address import host_and_port
from collectors.strict import Duration, Range

DEFAULT_PORT: Final = 623
Cipher = Annotated[int, Range(1, 17)]
Privilege = Literal["user", "operator", "administrator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One BMC, and the node it belongs to."""

    address: str = field(metadata={"help": "host or host:port; the port is 623 unless given"})
    node: str = field(metadata={"help": "the node's name, as its own agent calls it"})
    rack: str = ""
    user: str | None = None
    password_file: Path | None = None
    cipher_suite: Cipher | None = None
    privilege: Privilege | None = None
    power_sensor: str | list[str] = field(
        default="",
        metadata={
            "help": "a sensor of its SDR, such as Pwr Consumption, for a BMC without DCMI; a list,"
            " such as the inputs of all its power supplies, is added"
        },
    )
    inlet_sensor: str = field(
        default="",
        metadata={"help": "a sensor of its SDR, such as Inlet Temp; reading an SDR is slow"},
    )
    interval: Duration | None = None
    timeout: Duration | None = None

    def __post_init__(self) -> None:
        """Check the address."""
        split_address(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `ipmi`: BMCs read over the network with ipmitool."""

    interval: Duration = 60.0
    timeout: Duration = field(default=20.0, metadata={"help": "of one round of one BMC"})
    max_processes: Annotated[int, Range(1, 512)] = field(
        default=32,
        metadata={
            "help": "of ipmitool at once; BMCs that do not answer get at most a quarter of them"
        },
    )
    user: str = ""
    password_file: Path | None = field(
        default=None, metadata={"help": "a secret; ipmitool reads the file each time"}
    )
    cipher_suite: Cipher = field(
        default=17, metadata={"help": "17 (SHA-256) or, for older BMCs, 3 (SHA-1)"}
    )
    privilege: Privilege = field(
        default="user", metadata={"help": "user is enough to read power and sensors"}
    )
    devices: list[Device] = field(default_factory=list)


def split_address(address: str) -> tuple[str, int]:
    """Split `host`, `host:port` or `[::1]:port`; raises ValueError."""
    return host_and_port(address, DEFAULT_PORT, like="10.0.3.1:623")
