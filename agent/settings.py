"""The parts of the config file that say how the agent itself runs, each a model of its own."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Final, Literal

from agent.access import Proxy, Role, networks
from collectors.address import check_url, host_and_port
from collectors.catalogue.limits import ONE_PROCESS_UP_TO_DEVICES
from collectors.strict import Count, Duration

AUTO_WORKERS: Final = 0
"""Stands for `auto`: as many worker processes as the devices need and the machine has cores."""
MOST_WORKERS: Final = 64
_ORIGIN: Final = re.compile(r"https?://(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")


def parse_workers(text: str) -> int:
    """Parse `auto` or a number of worker processes; raises ValueError."""
    if text == "auto":
        return AUTO_WORKERS
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WORKERS:
        return int(text)
    raise ValueError(text)


def worker_processes(asked: int, devices: int) -> int:
    """Return how many processes read this many devices; 1 means the agent's own process alone."""
    if asked != AUTO_WORKERS:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    wanted = math.ceil(devices / ONE_PROCESS_UP_TO_DEVICES)
    return max(1, min(wanted, cores or 1, MOST_WORKERS))


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
class Grafana:
    """The Grafana that has the dashboards: what a rack needs leads there, at the time it began."""

    url: str = field(metadata={"help": "where people open it, such as https://grafana.example"})
    language: Literal["en", "zh"] = field(
        default="en", metadata={"help": "the language of the dashboards in it"}
    )

    def __post_init__(self) -> None:
        """Check the address."""
        check_url(self.url, "url")


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
    proxy: Proxy | None = field(
        default=None,
        metadata={
            "help": (
                "a reverse proxy that asks people who they are, also by OIDC (oauth2-proxy,"
                " Authelia, nginx), and tells it in headers"
            )
        },
    )
    roles: tuple[Role, ...] = field(
        default=(),
        metadata={
            "help": (
                "who may do what; without them every user may see all and reload, with them a user"
                " without a role may do nothing"
            )
        },
    )
    audit_file: Path | None = field(
        default=None,
        metadata={
            "help": (
                "a file to which lines of JSON are added: who changed the agent, who was refused,"
                " and once a day who looks"
            )
        },
    )
    frame_ancestors: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": (
                "further sites whose pages may show the board in a frame, such as"
                " https://portal.example"
            )
        },
    )
    max_connections: Count = 4096
    max_connections_per_address: Count = 1024
    request_timeout: Duration = 10.0
    hosts: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": (
                "further names by which the agent is asked, such as gateway.example; an IP address,"
                " a name without a dot and the node's name need no entry"
            )
        },
    )
    public_url: str = field(
        default="", metadata={"help": "where people open the board, also through a proxy"}
    )
    grafana: Grafana | None = None
    scrapers: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": (
                "addresses or networks, such as 10.0.0.5 or 10.0.0.0/24, whose requests go first"
                " when there are too many"
            )
        },
    )

    def __post_init__(self) -> None:
        """Check the addresses."""
        split_listen(self.listen)
        if self.public_url:
            check_url(self.public_url, "public_url")
        _ = self.first_networks
        for text in self.frame_ancestors:
            if not _ORIGIN.fullmatch(text):
                raise ValueError(
                    f"frame_ancestors: expected sites such as https://portal.example, got {text!r}"
                )
        if self.roles and self.users_file is None and self.proxy is None:
            raise ValueError("roles: need a users_file or a proxy: these say who asks")
        if self.proxy is None and any(role.groups for role in self.roles):
            raise ValueError("roles: groups are told by a proxy, and there is none")

    @property
    def first_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose requests go first."""
        return networks(self.scrapers, "scrapers")

    @property
    def origin(self) -> str:
        """Where it listens, with the scheme that it speaks."""
        return f"{'http' if self.tls is None else 'https'}://{self.listen}"

    @property
    def is_open(self) -> bool:
        """Whether anybody on the network can read: no users, no certificates, not on loopback."""
        host, _ = split_listen(self.listen)
        checked = self.tls is not None and self.tls.client_ca_file is not None
        return not (self.users_file or self.proxy or checked or is_loopback(host))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine's own: `localhost`, or an address of either family."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.partition("%")[0].removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusServer:
    """A Prometheus or VictoriaMetrics that is asked by its HTTP API."""

    url: str = field(metadata={"help": "its base address, such as http://127.0.0.1:9090"})
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
class Federation(PrometheusServer):
    """A Prometheus or VictoriaMetrics that is asked for hubs this agent does not measure."""

    interval: Duration = 60.0
    timeout: Duration = field(
        default=20.0, metadata={"help": "of one round, all its queries together"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class History(PrometheusServer):
    """A Prometheus or VictoriaMetrics that has this agent's readings."""

    timeout: Duration = field(default=20.0, metadata={"help": "of one query"})


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
    return host_and_port(listen, None, key="listen", like="127.0.0.1:9717", least=0)
