"""The section `collectors: snmp:` of the config file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from collectors.base import ConfigError, Context
from collectors.catalogue.devices import KINDS, Kind, Point
from collectors.facility.named import check_point
from collectors.facility.naming import Naming
from collectors.facility.snmp.credentials import Secrets, split_address
from collectors.facility.snmp.detail import Detail, Level
from collectors.facility.snmp.table import Pattern
from collectors.secrets import read_secret
from collectors.strict import Count, Duration, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class UserConfig:
    """A user of SNMP version 3 (RFC 3414). The passphrases are in files."""

    name: str
    auth: Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] | None = None
    auth_file: Path | None = None
    priv: Literal["des", "aes128", "aes192", "aes256", "aes192c", "aes256c"] | None = field(
        default=None, metadata={"help": "aes192c and aes256c use Cisco's key expansion"}
    )
    priv_file: Path | None = None

    def __post_init__(self) -> None:
        """Check that each algorithm has its passphrase, and that privacy has authentication."""
        for what, algorithm, file in (
            ("auth", self.auth, self.auth_file),
            ("priv", self.priv, self.priv_file),
        ):
            if (algorithm is None) != (file is None):
                message = f"{what}: needs {what}_file, and {what}_file needs {what}"
                raise ValueError(message)
        if self.priv and not self.auth:
            message = "priv: privacy needs authentication (RFC 3414)"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedConfig:
    """A unit that is linked to a device, such as a chained PDU: its name and its place.

    An empty value is the first unit's.
    """

    name: str = ""
    rack: str = ""
    row: str = ""
    feed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """One device.

    Its name is under the key of its kind: `pdu`, `ups`, `unit` (cooling), `ats`, `dcplant`,
    `generator`, `meter` or `device`. Without a name, its address is its name.
    """

    address: str = field(metadata={"help": "host or host:port; the port is 161 if not given"})
    version: Literal["1", "2c", "3"] | None = None
    community_file: Path | None = field(
        default=None, metadata={"help": "without it, the community is public"}
    )
    user: UserConfig | None = None
    profile: str = field(
        default="auto", metadata={"help": "a profile's name; with auto, the device is identified"}
    )
    also: list[str] = field(
        default_factory=list, metadata={"help": "further profiles to read it with, such as if-mib"}
    )
    interfaces: Pattern | None = field(
        default=None,
        metadata={
            "help": (
                "a pattern for the name or alias of interfaces to read; without it, Ethernet"
                " interfaces that are not disabled"
            )
        },
    )
    pdu: str = ""
    ups: str = ""
    unit: str = ""
    ats: str = field(default="", metadata={"help": "the name of a transfer switch"})
    dcplant: str = field(default="", metadata={"help": "the name of a DC power plant"})
    generator: str = ""
    meter: str = ""
    point: Point | None = field(default=None, metadata={"help": "the measuring point of a meter"})
    device: str = field(
        default="",
        metadata={"help": "the name of any other device, such as a monitoring unit or a switch"},
    )
    rack: str = ""
    row: str = ""
    feed: str = ""
    linked: dict[str, LinkedConfig] = field(
        default_factory=dict, metadata={"help": "units that are linked to it, by number"}
    )
    detail: Detail | None = field(
        default=None,
        metadata={"help": "how much of it is read; without it, the section's `detail` counts"},
    )
    levels: list[Level] | None = field(
        default=None, metadata={"help": "the parts to read one by one, instead of `detail`"}
    )
    interval: Duration | None = None
    timeout: Duration | None = None
    slow_interval: Duration | None = None
    max_samples: Count | None = None
    max_oids: Annotated[int, Range(1, 64)] | None = field(
        default=None, metadata={"help": "the most objects in one request"}
    )

    def __post_init__(self) -> None:
        """Check the address, and that the device has one name."""
        split_address(self.address)
        if len(self._names()) > 1:
            message = f"expected one of {', '.join(kind.label for kind in KINDS.values())}"
            raise ValueError(message)
        if self.detail is not None and self.levels is not None:
            message = "levels: expected either detail or levels"
            raise ValueError(message)
        check_point(self.meter, self.point)

    def _names(self) -> dict[Kind, str]:
        named: dict[Kind, str] = {
            "pdu": self.pdu,
            "ups": self.ups,
            "cooling": self.unit,
            "ats": self.ats,
            "dcplant": self.dcplant,
            "generator": self.generator,
            "meter": self.meter,
            "device": self.device,
        }
        return {kind: name for kind, name in named.items() if name}

    @property
    def kind(self) -> Kind | None:
        """The kind of device by the key of its name; None if only its profile gives the kind."""
        return next(iter(self._names()), None)

    @property
    def name(self) -> str:
        """The operator's name of the device, else its host."""
        return next(iter(self._names().values()), "") or split_address(self.address)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpConfig:
    """The section `collectors: snmp:`."""

    interval: Duration = 30.0
    timeout: Duration = 5.0
    refresh: Duration = field(
        default=600.0, metadata={"help": "how often the rows of a device are discovered again"}
    )
    detail: Detail | dict[str, Detail] | None = field(
        default=None,
        metadata={
            "help": (
                "how much of each device is read, or by kind or profile as in {pdu: phase,"
                " apc-rpdu2: outlet}; inlet and phase leave outlets out. By default outlet, and"
                " phase for PDUs where there are more than 500"
            )
        },
    )
    slow_interval: Duration | None = field(
        default=None,
        metadata={
            "help": (
                "how often limits, ratings, running hours and the energy of outlets are read; by"
                " default in every round"
            )
        },
    )
    max_samples: Count = 10_000
    version: Literal["1", "2c", "3"] = "2c"
    community_file: Path | None = None
    user: UserConfig | None = None
    profiles_dir: Path | None = field(
        default=None, metadata={"help": "a folder with your own profiles"}
    )
    devices: list[DeviceConfig] = field(default_factory=list)


def secrets_of(config: SnmpConfig, device: DeviceConfig, key: str) -> Secrets:
    """Read the credentials for a device; raises ConfigError for a file that cannot be used."""
    version = device.version or config.version
    user = device.user or config.user
    if version != "3":
        file = device.community_file or config.community_file
        return Secrets(
            version=version,
            community=read_secret(file, f"{key}.community_file") if file else "public",
        )
    if user is None:
        raise ConfigError("version 3 needs a user", key=f"{key}.user")
    return Secrets(
        version=version,
        name=user.name,
        auth=user.auth or "",
        auth_passphrase=_passphrase(user.auth_file, f"{key}.user.auth_file"),
        priv=user.priv or "",
        priv_passphrase=_passphrase(user.priv_file, f"{key}.user.priv_file"),
    )


def _passphrase(file: Path | None, key: str) -> str:
    text = read_secret(file, key) if file else ""
    if file and len(text) < 8:
        raise ConfigError(
            "a passphrase of version 3 has at least 8 characters", file=str(file), key=key
        )
    return text


def naming_of(device: DeviceConfig, context: Context) -> Naming:
    """Return the label values of a device and of the units linked to it."""

    def labels(rack: str, row: str, feed: str) -> dict[str, str]:
        place = context.place_of(rack)
        return {
            "hub": place.hub,
            "site": place.site,
            "row": row or place.row,
            "rack": place.rack,
            "feed": feed,
            "point": device.point or "",
        }

    linked = {
        unit: {
            **labels(one.rack or device.rack, one.row or device.row, one.feed or device.feed),
            "name": one.name,
        }
        for unit, one in device.linked.items()
    }
    return Naming(
        name=device.name, labels=labels(device.rack, device.row, device.feed), linked=linked
    )
