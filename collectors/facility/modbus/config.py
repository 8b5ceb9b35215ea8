"""The config section `modbus`: its devices, and what is known of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from collectors.address import host_and_port
from collectors.facility.named import Polled, check_point
from collectors.strict import Duration, Positive, Range

DEFAULT_PORT: Final = 502
TLS_PORT: Final = 802


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificates for a device with Modbus/TCP Security: the device's and this agent's."""

    ca_file: Path = field(metadata={"help": "the CA certificate of the device's certificate"})
    cert_file: Path | None = field(
        default=None, metadata={"help": "the agent's own certificate, which such devices ask for"}
    )
    key_file: Path | None = None
    server_name: str = field(
        default="",
        metadata={"help": "the name in the device's certificate, if it is not the address"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Polled):
    """One device.

    Name it by what it is: `meter` (with its `point`), `pdu`, `ups`, `cooling`, `ats`, `dcplant`,
    `generator` or `sensor`.
    """

    address: str = field(
        metadata={"help": "host or host:port; the port is 502 unless given, 802 with tls"}
    )
    transport: Literal["tcp", "rtu_over_tcp"] = field(
        default="tcp",
        metadata={
            "help": "rtu_over_tcp if a converter forwards the frames of a serial line unchanged"
        },
    )
    tls: Tls | None = None
    unit: Annotated[int, Range(0, 255)] = field(
        default=1, metadata={"help": "the unit (slave) address behind a gateway"}
    )
    pause: Duration | None = field(
        default=None,
        metadata={
            "help": "pause between two requests, if a gateway or its bus needs one, such as 50ms"
        },
    )
    profile: str = field(
        metadata={"help": "the name of the profile with its register map, such as eastron-sdm630"}
    )
    rack: str = ""
    row: str = ""
    feed: str = ""
    ratios: dict[str, Positive] = field(
        default_factory=dict,
        metadata={
            "help": (
                "factors of the profile by name, such as {ct: 40}, instead of the values in the"
                " device"
            )
        },
    )
    accuracy_class: Annotated[float, Range(0.0, 10.0)] | None = field(
        default=None, metadata={"help": "percent, IEC 62053: 0.5 is 0.5 %"}
    )
    rating_watts: Positive | None = field(
        default=None,
        metadata={"help": "the greatest power it can measure; a greater reading is rejected"},
    )
    interval: Duration | None = None
    timeout: Duration | None = field(default=None, metadata={"help": "of one round of this device"})

    def __post_init__(self) -> None:
        """Check the address, and that the device has exactly one kind."""
        split_address(self.address, DEFAULT_PORT)
        if len(self.names) != 1:
            message = f"expected one of {', '.join(self.kinds)}"
            raise ValueError(message)
        check_point(self.meter, self.point)
        if self.transport == "rtu_over_tcp" and self.unit == 0:
            message = (
                "unit: on a serial line unit 0 addresses all devices, and none of them answers"
            )
            raise ValueError(message)
        if self.tls is not None and self.transport != "tcp":
            message = "tls: works only with the transport tcp"
            raise ValueError(message)

    @property
    def kind(self) -> str:
        """The kind of device, such as meter; one of `kinds`."""
        return next(iter(self.names))

    @property
    def name(self) -> str:
        """The operator's name of the device."""
        return next(iter(self.names.values()))

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port."""
        return split_address(self.address, TLS_PORT if self.tls else DEFAULT_PORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `modbus`."""

    interval: Duration = 30.0
    timeout: Duration = field(
        default=5.0, metadata={"help": "of one round of one device, for all its reads together"}
    )
    request_timeout: Duration = field(
        default=2.0,
        metadata={
            "help": (
                "of one read; a silent device delays other devices on its connection by no more"
                " than this"
            )
        },
    )
    profiles_dir: Path | None = field(
        default=None, metadata={"help": "a folder with your own profiles, one YAML file each"}
    )
    devices: list[Device] = field(default_factory=list)


def split_address(address: str, default_port: int) -> tuple[str, int]:
    """Split `host`, `host:port` or `[::1]:port`; raises ValueError."""
    return host_and_port(address, default_port, like="10.0.1.2:502")
