"""Links: round-trip time to named peers, and the share of lost probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from collectors.address import host_and_port
from collectors.base import Collector, ConfigError, Context, Metric
from collectors.catalogue.link import LINK_LOSS, LINK_PROBE_INFO, LINK_ROUND_TRIP
from collectors.strict import Duration, Range

DEFAULT_PORTS: Final = {"tcp": 443, "stamp": 862}
"""A closed TCP port answers as well, by a refusal; 862 is the port of STAMP (RFC 8762)."""
MAX_PROBES: Final = 100_000
"""Maximum number of probes in a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One peer: the other end of a link, by the name that targets use."""

    peer: str = field(metadata={"help": "its name, such as guangzhou: the label `peer`"})
    address: str = field(
        metadata={
            "help": "host or host:port; the port is 443 for tcp and 862 for stamp unless given"
        }
    )
    method: Literal["auto", "icmp", "tcp", "stamp"] = field(
        default="auto",
        metadata={
            "help": (
                "icmp echo, tcp connect (a refusal is an answer), stamp (RFC 8762) to a router's"
                " reflector; auto is icmp where this process may send it, else tcp"
            )
        },
    )

    def __post_init__(self) -> None:
        """Check the name and the address."""
        if not self.peer.strip():
            raise ValueError("peer: must not be empty")
        split_address(self.address, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `links`."""

    interval: Duration = field(default=15.0, metadata={"help": "how often readings are given"})
    probes: Annotated[int, Range(1, 1000)] = field(
        default=5, metadata={"help": "probes in an interval, evenly spread over it"}
    )
    timeout: Duration = field(
        default=2.0, metadata={"help": "a probe that is not answered within it is lost"}
    )
    window: Duration = field(
        default=300.0, metadata={"help": "quantiles and loss cover the probes of this time"}
    )
    peers: list[Peer] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check that a window is as long as a round, and does not hold too many probes."""
        if self.window < self.interval:
            raise ValueError("window: shorter than the interval")
        if self.window * self.probes / self.interval > MAX_PROBES:
            raise ValueError(f"window: holds more than {MAX_PROBES} probes")


def split_address(address: str, port: int) -> tuple[str, int]:
    """Split `host`, `host:port`, `::1`, `[::1]` or `[::1]:port`; raises ValueError."""
    return host_and_port(address, port, like="10.1.0.1 or gz.example.net:443", least=0)


class Links:
    """The kind of collector that the config section `links` names."""

    name: str = "links"
    Config: type = Config
    metrics: Sequence[Metric] = (LINK_ROUND_TRIP, LINK_LOSS, LINK_PROBE_INFO)

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector a peer; raises ConfigError for a peer named twice."""
        from collectors.network.link import Link
        from collectors.network.resolve import Resolver

        assert isinstance(config, Config)
        made: dict[str, Collector] = {}
        for number, peer in enumerate(config.peers):
            name = peer.peer.casefold()  # a target is of a peer in upper or lower case
            if name in made:
                raise ConfigError(
                    f"{peer.peer!r} is given twice", key=f"collectors.links.peers[{number}].peer"
                )
            method = None if peer.method == "auto" else peer.method
            host, port = split_address(
                peer.address, DEFAULT_PORTS.get(peer.method, DEFAULT_PORTS["tcp"])
            )
            made[name] = Link(
                peer.peer,
                Resolver(host, port),
                method,
                context.place,
                interval=config.interval,
                spacing=config.interval / config.probes,
                timeout=config.timeout,
                window=config.window,
                clock=context.monotonic,
            )
        return list(made.values())


KIND: Final = Links()
