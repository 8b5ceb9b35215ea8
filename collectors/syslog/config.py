"""The section `syslog` of the config file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from collectors.events.book import Meaning
from collectors.events.senders import NamedSender, check_address, check_once, where_to_listen
from collectors.strict import Duration, Positive, Range, Regex
from collectors.syslog.message import SEVERITIES

Severity = Literal["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(NamedSender):
    """A device that is heard: by its address, or by the name that relays know it by."""

    address: str = field(
        default="", metadata={"help": "the IP address that its messages come from"}
    )
    host: str = field(
        default="",
        metadata={"help": "the host that messages of `relays` name; without it, its address"},
    )

    def __post_init__(self) -> None:
        """Check the address, and that it has one name."""
        if self.address:
            check_address(self.address, "address")
        elif not self.host.strip():
            raise ValueError("address: expected an IP address, or host for messages of relays")
        self.check_name()

    @property
    def key(self) -> str:
        """What it is known by."""
        return self.address or self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConfig(Meaning):
    """What a message means: the name of an event, and whether it begins or ends a state."""

    match: Regex = field(
        metadata={"help": "found anywhere in its text, such as `(?i)water detected`"}
    )
    app: str = field(
        default="", metadata={"help": "the program (APP-NAME, or the tag) that it must be of"}
    )
    severity: Severity | None = field(
        default=None, metadata={"help": "that it must have, or a worse one"}
    )

    def __post_init__(self) -> None:
        """Check that the event has a name."""
        self.check_event()

    @property
    def most(self) -> int:
        """The number of the mildest severity that fits."""
        return SEVERITIES.index(self.severity) if self.severity is not None else len(SEVERITIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `syslog`."""

    listen: str = field(
        default="127.0.0.1:1514",
        metadata={"help": "address and port; loopback by default. Port 514 needs a capability"},
    )
    protocols: list[Literal["udp", "tcp"]] = field(default_factory=lambda: ["udp", "tcp"])
    interval: Duration = field(default=5.0, metadata={"help": "how often events become readings"})
    rate: Positive = field(
        default=10.0, metadata={"help": "messages a second from one device; more are dropped"}
    )
    burst: Annotated[int, Range(1, 10_000)] = field(
        default=100, metadata={"help": "messages at once from one device"}
    )
    relays: list[str] = field(
        default_factory=list,
        metadata={
            "help": (
                "addresses of log servers that forward messages of devices: of these, the host that"
                " the message names counts"
            )
        },
    )
    senders: list[Sender] = field(default_factory=list)
    events: list[EventConfig] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the addresses, and that each device is known by something of its own."""
        where_to_listen(self.listen, "127.0.0.1:1514")
        if not self.protocols:
            raise ValueError("protocols: expected udp, tcp or both")
        for number, relay in enumerate(self.relays):
            check_address(relay, f"relays[{number}]")
        addresses = [sender.address for sender in self.senders if sender.address]
        check_once([*addresses, *self.relays], "senders")
        hosts = [sender.host.lower() for sender in self.senders if sender.host]
        for host in hosts:
            if hosts.count(host) > 1:
                raise ValueError(f"senders: {host} is given twice")
        for number, sender in enumerate(self.senders):
            if not sender.address and not self.relays:
                raise ValueError(f"senders[{number}].host: needs relays, whose messages name it")
