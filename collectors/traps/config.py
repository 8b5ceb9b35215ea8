"""The section `traps` of the config file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from collectors.events.book import Meaning
from collectors.events.senders import NamedSender, check_address, check_once, where_to_listen
from collectors.facility.snmp.config import UserConfig
from collectors.strict import Duration, Positive, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapUser(UserConfig):
    """A user of SNMP version 3 who sends traps or informs."""

    engine_id: str = field(
        default="",
        metadata={
            "help": (
                "the sender's engine ID in hexadecimal, which traps need (RFC 3414); informs do not"
            )
        },
    )

    def __post_init__(self) -> None:
        """Check the engine ID, and what every user needs."""
        UserConfig.__post_init__(self)
        try:
            length = len(bytes.fromhex(self.engine_id.removeprefix("0x")))
        except ValueError:
            length = 1
        if length and not 5 <= length <= 32:
            raise ValueError(f"engine_id: expected 5 to 32 bytes in hex, got {self.engine_id!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(NamedSender):
    """A device that is heard, by its address, and what it is called."""

    address: str = field(metadata={"help": "the IP address that its traps come from"})

    def __post_init__(self) -> None:
        """Check the address, and that it has one name."""
        check_address(self.address, "address")
        self.check_name()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConfig(Meaning):
    """What a trap means: the name of an event, and whether it begins or ends a state."""

    trap: str = field(metadata={"help": "its snmpTrapOID, such as 1.3.6.1.4.1.318.0.5"})
    where: dict[str, str] = field(
        default_factory=dict,
        metadata={
            "help": "values that it must carry, by object; an object may leave out its instance"
        },
    )

    def __post_init__(self) -> None:
        """Check the objects."""
        for key, oid in (("trap", self.trap), *(("where", one) for one in self.where)):
            if not all(part.isdigit() for part in oid.removeprefix(".").split(".")):
                raise ValueError(f"{key}: expected an OID such as 1.3.6.1.4.1.318, got {oid!r}")
        self.check_event()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The section `traps`."""

    listen: str = field(
        default="127.0.0.1:1162",
        metadata={"help": "address and port; loopback by default. Port 162 needs a capability"},
    )
    interval: Duration = field(default=5.0, metadata={"help": "how often events become readings"})
    community_file: Path | None = field(
        default=None, metadata={"help": "of v2c, which is not heard without it; a secret"}
    )
    users: list[TrapUser] = field(default_factory=list)
    rate: Positive = field(
        default=10.0, metadata={"help": "traps a second from one device; more are dropped"}
    )
    burst: Annotated[int, Range(1, 10_000)] = field(
        default=100, metadata={"help": "traps at once from one device"}
    )
    senders: list[Sender] = field(default_factory=list)
    events: list[EventConfig] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check that somebody can be heard, and that no address is given twice."""
        where_to_listen(self.listen, "127.0.0.1:1162")
        if self.community_file is None and not self.users:
            raise ValueError("community_file: expected this for v2c, or users for v3")
        check_once([sender.address for sender in self.senders], "senders")
