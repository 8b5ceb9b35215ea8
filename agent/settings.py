"""The parts of the config file that say how the agent itself runs, each a model of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from collectors.strict import Count, Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """Where the kernel's trees are mounted; inside a container, not at the defaults."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    rootfs: Path = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """TLS for the HTTP server.

    With `client_ca_file`, clients must show a certificate of that authority.
    """

    cert_file: Path
    key_file: Path
    client_ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The HTTP server: /metrics, the board, /api."""

    listen: str = field(
        default="127.0.0.1:9717",
        metadata={"help": "address and port; loopback by default"},
    )
    tls: Tls | None = None
    users_file: Path | None = field(
        default=None, metadata={"help": "lines of `user:bcrypt-hash`, as htpasswd -B writes them"}
    )
    max_connections: Count = 4096
    request_timeout: Duration = 10.0

    def __post_init__(self) -> None:
        """Check the address."""
        split_listen(self.listen)


def check_url(url: str) -> None:
    """Check that this is the address of an HTTP server; raises ValueError, naming the key `url`."""
    if not re.match(r"https?://[^/\s]+", url):
        message = f"url: expected http://… or https://…, got {url!r}"
        raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """A Prometheus or VictoriaMetrics that is asked for hubs this agent does not measure."""

    url: str = field(metadata={"help": "its base address, such as http://127.0.0.1:9090"})
    interval: Duration = 60.0
    timeout: Duration = field(
        default=20.0, metadata={"help": "of one round, all its queries together"}
    )
    token_file: Path | None = field(
        default=None, metadata={"help": "a bearer token; a secret: not readable by all"}
    )
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, if the system does not trust it"
        },
    )

    def __post_init__(self) -> None:
        """Check the address."""
        check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class SdGateway:
    """Another gateway that Prometheus is to scrape."""

    address: str = field(metadata={"help": "host:port, as Prometheus reaches it"})
    node: str = field(
        default="", metadata={"help": "the name it gives itself; by default its host"}
    )
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sd:
    """What `/sd` lists for Prometheus: the agents that the inventory expects, and the gateways."""

    nodes: str = field(
        default="{node}:9717",
        metadata={
            "help": (
                "where a node's agent answers; {node}, {site}, {row} and {rack} are filled in;"
                " empty lists none"
            )
        },
    )
    address: str = field(
        default="",
        metadata={
            "help": (
                "this gateway's own; by default where it listens, unless that is every address of"
                " the machine"
            )
        },
    )
    gateways: tuple[SdGateway, ...] = ()

    def __post_init__(self) -> None:
        """Check that nodes do not all have one address."""
        places = set(re.findall(r"{(.*?)}", self.nodes))
        if self.nodes and ("node" not in places or not places <= {"node", "site", "row", "rack"}):
            raise ValueError(
                f"nodes: expected an address such as {{node}}:9717, got {self.nodes!r}"
            )


def split_listen(listen: str) -> tuple[str, int]:
    """Split `host:port` or `[::1]:port`; raises ValueError."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 2**16:
        message = f"listen: expected an address such as 127.0.0.1:9717, got {listen!r}"
        raise ValueError(message)
    return host.strip("[]"), int(port)
