"""The section `alertmanager:` of the config file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from collectors.address import check_url
from collectors.strict import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Alertmanager:
    """The Alertmanager whose alerts the board shows."""

    url: str = field(metadata={"help": "its base address, such as http://127.0.0.1:9093"})
    open_url: str = field(
        default="",
        metadata={"help": "where people open it, if that is another address"},
    )
    interval: Duration = 30.0
    timeout: Duration = field(default=10.0, metadata={"help": "of one reading"})
    token_file: Path | None = field(
        default=None, metadata={"help": "a bearer token; a secret: not readable by all"}
    )
    username: str = field(default="", metadata={"help": "with `password_file`"})
    password_file: Path | None = field(
        default=None, metadata={"help": "a secret: not readable by all"}
    )
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the authority of the server's certificate, if the system does not trust it"
        },
    )
    acknowledge: dict[str, str] = field(
        default_factory=dict,
        metadata={
            "help": (
                "where people acknowledge what a receiver was sent, by the receiver's name in"
                " Alertmanager, such as `{duty: https://acme.pagerduty.com/incidents}`"
            )
        },
    )

    def __post_init__(self) -> None:
        """Check the addresses, and that the keys go together."""
        check_url(self.url)
        if self.open_url:
            check_url(self.open_url, "open_url")
        for name, address in self.acknowledge.items():
            check_url(address, f"acknowledge.{name}")
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username and password_file belong together")
        if self.username and self.token_file is not None:
            raise ValueError("token_file or username: give one")
