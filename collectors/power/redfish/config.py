"""The section `collectors: redfish:` of the config file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from collectors.address import host_and_port, http_url
from collectors.base import ConfigError
from collectors.certificates import trusting
from collectors.power.redfish.replies import Account
from collectors.secrets import read_secret
from collectors.strict import Count, Duration

if TYPE_CHECKING:
    import ssl

    import aiohttp

Level = Literal["temperature", "fans", "supplies", "phases", "branches", "outlets"]
_ALL: Final[tuple[Level, ...]] = (
    "temperature",
    "fans",
    "supplies",
    "phases",
    "branches",
    "outlets",
)
_LIKE: Final = "bmc-7.example.net or https://10.0.3.7"
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """One node's management controller, or one PDU.

    It is named by `node` or `pdu`; without both it is a node with its address as name.
    """

    address: str = field(
        metadata={"help": "host, host:port or https://host:port; http:// only with allow_http"}
    )
    node: str = ""
    pdu: str = ""
    id: str = field(
        default="",
        metadata={"help": "which chassis, or which PDU, by its Id, where the service has several"},
    )
    rack: str = ""
    row: str = ""
    feed: str = ""
    username_file: Path | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_sha256: str = field(
        default="", metadata={"help": "its certificate's fingerprint, in place of a CA"}
    )
    interval: Duration | None = None
    timeout: Duration | None = None

    def __post_init__(self) -> None:
        """Check the address, the name and the fingerprint."""
        split_address(self.address)
        if self.node and self.pdu:
            raise ValueError("expected one of node, pdu")
        if self.certificate_sha256:
            _fingerprint(self.certificate_sha256)

    @property
    def origin(self) -> str:
        """Where it is: scheme, host and port."""
        scheme, host, port = split_address(self.address)
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

    @property
    def name(self) -> str:
        """The name given by the operator."""
        return self.pdu or self.node or split_address(self.address)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedfishConfig:
    """The section `collectors: redfish:`."""

    interval: Duration = 60.0
    timeout: Duration = field(
        default=20.0, metadata={"help": "of one round of one device, all its requests together"}
    )
    refresh: Duration = field(
        default=3600.0,
        metadata={"help": "how often the places of a device's readings are looked for again"},
    )
    max_samples: Count = 2000
    username_file: Path | None = field(
        default=None, metadata={"help": "with password_file; without them there is no login"}
    )
    password_file: Path | None = None
    auth: Literal["session", "basic"] = field(
        default="session", metadata={"help": "basic for services without sessions"}
    )
    ca_file: Path | None = field(
        default=None,
        metadata={"help": "the authority of their certificates; by default those of the system"},
    )
    tls_verify: bool = field(
        default=True, metadata={"help": "false lets anyone on the network path read the password"}
    )
    allow_http: bool = field(
        default=False, metadata={"help": "true lets anyone on the network path read everything"}
    )
    read: list[Level] = field(
        default_factory=lambda: list(_ALL),
        metadata={"help": "besides power and energy; a shorter list takes fewer requests"},
    )
    devices: list[DeviceConfig] = field(default_factory=list)


def split_address(address: str) -> tuple[str, str, int]:
    """Split `host`, `host:port`, `[::1]:port` or a URL of no path into scheme, host and port.

    Raises ValueError.
    """
    parts = http_url(address if "://" in address else f"https://{address}")
    if parts is None or not address.isascii() or parts[2:] not in {("", "", ""), ("/", "", "")}:
        raise ValueError(f"address: expected an address such as {_LIKE}, got {address!r}")
    return parts.scheme, *host_and_port(parts.netloc, _PORTS[parts.scheme], like=_LIKE)


def _fingerprint(text: str) -> bytes:
    plain = text.replace(":", "")
    if not re.fullmatch(r"[0-9A-Fa-f]{64}", plain):
        raise ValueError(
            "certificate_sha256: expected the 64 hexadecimal digits of a SHA-256, colons or not"
        )
    return bytes.fromhex(plain)


def account_of(config: RedfishConfig, device: DeviceConfig) -> Account | None:
    """Read the account for a device; None where the config has none.

    Raises ConfigError for a file that cannot be used.
    """
    files = {
        what: getattr(device, what) or getattr(config, what)
        for what in ("username_file", "password_file")
    }
    if not any(files.values()):
        return None
    for what, file in files.items():
        if file is None:
            raise ConfigError("username_file and password_file belong together", key=what)
    username, password = (read_secret(file, what) for what, file in files.items())
    return Account(username=username, password=password, auth=config.auth)


def trust_of(
    config: RedfishConfig, device: DeviceConfig
) -> ssl.SSLContext | aiohttp.Fingerprint | None:
    """Return how a device's certificate is checked; None means by the system's authorities.

    Raises ConfigError.
    """
    import ssl

    if device.certificate_sha256:
        import aiohttp

        return aiohttp.Fingerprint(_fingerprint(device.certificate_sha256))
    if not config.tls_verify:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    file = device.ca_file or config.ca_file
    return trusting(file, "ca_file") if file is not None else None
