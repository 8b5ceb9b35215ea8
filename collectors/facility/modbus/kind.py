"""Modbus devices: one collector for each device, one connection for each address.

Each model of device has one YAML file in `profiles/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from collectors.address import host_and_port
from collectors.base import Collector, ConfigError, Context, Metric, Schedule
from collectors.catalogue import devices
from collectors.catalogue.devices import Point
from collectors.facility.modbus.collector import ModbusCollector
from collectors.facility.modbus.link import Link
from collectors.facility.modbus.plan import plan_of
from collectors.facility.modbus.profile import FAMILIES, load_profile
from collectors.facility.naming import Naming
from collectors.strict import Duration, Positive, Range

if TYPE_CHECKING:
    import ssl

    from collectors.facility.modbus.frame import Framing
    from collectors.facility.modbus.plan import Plan
    from collectors.facility.modbus.profile import Profile

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
class Device:
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
    meter: str = ""
    point: Point | None = field(default=None, metadata={"help": "the measuring point of a meter"})
    pdu: str = ""
    ups: str = ""
    cooling: str = ""
    ats: str = ""
    dcplant: str = ""
    generator: str = ""
    sensor: str = ""
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
        if len(self._names()) != 1:
            message = f"expected one of {', '.join(FAMILIES)}"
            raise ValueError(message)
        if bool(self.meter) != (self.point is not None):
            message = "point: a meter needs it, and no other device may have it"
            raise ValueError(message)
        if self.transport == "rtu_over_tcp" and self.unit == 0:
            message = (
                "unit: on a serial line unit 0 addresses all devices, and none of them answers"
            )
            raise ValueError(message)
        if self.tls is not None and self.transport != "tcp":
            message = "tls: works only with the transport tcp"
            raise ValueError(message)

    def _names(self) -> dict[str, str]:
        return {kind: getattr(self, kind) for kind in FAMILIES if getattr(self, kind)}

    @property
    def kind(self) -> str:
        """The kind of device, such as meter; one of `FAMILIES`."""
        return next(iter(self._names()))

    @property
    def name(self) -> str:
        """The operator's name of the device."""
        return next(iter(self._names().values()))

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


def naming_of(device: Device, context: Context) -> Naming:
    """Return the label values of a device that come from the config."""
    place = context.place_of(device.rack)
    labels = {
        "hub": place.hub,
        "site": place.site,
        "row": device.row or place.row,
        "rack": place.rack,
        "feed": device.feed,
        "point": device.point or "",
    }
    return Naming(name=device.name, labels=labels)


_Section = Config


class Modbus:
    """The kind of collector that the config section `modbus` names."""

    name: str = "modbus"
    Config: type = Config
    metrics: Sequence[Metric] = devices.METRICS

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector for each device. Devices at one address share one connection.

        Raises ConfigError or Problems.
        """
        assert isinstance(config, Config)
        links: dict[tuple[str, int], tuple[Device, Link]] = {}
        profiles: dict[str, Profile] = {}
        plans: dict[tuple[object, ...], Plan] = {}
        made: dict[tuple[str, str], Collector] = {}
        for number, device in enumerate(config.devices):
            key = f"collectors.modbus.devices[{number}]"
            if (device.kind, device.name) in made:
                raise ConfigError(f"{device.name!r} is given twice", key=f"{key}.{device.kind}")
            try:
                profile = profiles.get(device.profile) or load_profile(
                    device.profile, config.profiles_dir
                )
            except ConfigError as error:
                raise ConfigError(error.message, key=f"{key}.{error.key or 'profile'}") from None
            profiles[device.profile] = profile
            if profile.kind != device.kind:
                raise ConfigError(
                    f"{device.profile} is the profile of a {profile.kind}: give the device's name"
                    f" under {profile.kind}",
                    key=key,
                )
            made[device.kind, device.name] = ModbusCollector(
                _plan(device, profile, plans, key),
                _link(device, links, config.request_timeout, key),
                naming_of(device, context),
                Schedule(
                    interval=device.interval or config.interval,
                    timeout=device.timeout or config.timeout,
                ),
                unit=device.unit,
                rating_watts=device.rating_watts,
                monotonic=context.monotonic,
            )
        return list(made.values())

    def endpoints(self, config: object) -> list[str]:
        """Return the address of each device: one connection serves all devices behind it."""
        assert isinstance(config, Config)
        return ["{}:{}".format(*device.endpoint) for device in config.devices]

    def part(self, config: object, numbers: Sequence[int]) -> _Section:
        """Return the section with some of its devices."""
        assert isinstance(config, Config)
        return replace(config, devices=[config.devices[number] for number in numbers])


def _plan(
    device: Device, profile: Profile, plans: dict[tuple[object, ...], Plan], key: str
) -> Plan:
    known = (device.profile, *sorted(device.ratios.items()))
    if known not in plans:
        try:
            plans[known] = plan_of(profile, device.ratios)
        except ValueError as error:
            raise ConfigError(str(error), key=f"{key}.ratios") from None
    return plans[known]


def _link(
    device: Device,
    links: dict[tuple[str, int], tuple[Device, Link]],
    request_timeout: float,
    key: str,
) -> Link:
    """Return the connection to a device's address. It is made once for each address."""
    host, port = device.endpoint
    if (host, port) not in links:
        framing: Framing = "rtu" if device.transport == "rtu_over_tcp" else "tcp"
        tls = _tls_of(device, key) if device.tls else None
        name = device.tls.server_name if device.tls else ""
        link = Link(
            host, port, request_timeout=request_timeout, framing=framing, tls=tls, server_name=name
        )
        links[host, port] = device, link
    first, link = links[host, port]
    if (first.transport, first.tls) != (device.transport, device.tls):
        raise ConfigError(
            f"{first.name} has the same address, but another transport or tls",
            key=f"{key}.transport",
        )
    link.pause = max(link.pause, device.pause or 0.0)
    return link


def _tls_of(device: Device, key: str) -> ssl.SSLContext:
    import ssl

    assert device.tls is not None
    try:
        context = ssl.create_default_context(cafile=device.tls.ca_file)
        if device.tls.cert_file is not None:
            context.load_cert_chain(device.tls.cert_file, device.tls.key_file)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(f"cannot be used: {error}", key=f"{key}.tls") from None
    return context


KIND: Final = Modbus()
