"""The section `outputs: remote_write:`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from agent.sinks.spooled import ConnectedOutput, secret
from collectors.address import check_url
from collectors.strict import Duration

Protocol = Literal["auto", "1.0", "2.0"]

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS: Final = ("authorization", "content-", "user-agent", "x-prometheus-remote-write-", "host")
"""What the protocol sets itself, or what holds a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteWrite(ConnectedOutput):
    """A database that takes Prometheus remote write: Prometheus, VictoriaMetrics, Mimir, Thanos."""

    url: str = field(
        metadata={"help": "the whole address, such as `http://127.0.0.1:9090/api/v1/write`"}
    )
    protocol: Protocol = field(
        default="auto", metadata={"help": "auto tries 2.0, and falls back to 1.0"}
    )
    token_file: Path | None = field(default=None, metadata=secret("a bearer token"))
    username: str = field(default="", metadata={"help": "with `password_file`"})
    password_file: Path | None = field(default=None, metadata=secret())
    headers: dict[str, str] = field(
        default_factory=dict,
        metadata={"help": "further headers without secrets, such as `X-Scope-OrgID: hub`"},
    )
    timeout: Duration = field(default=10.0, metadata={"help": "for one write as a whole"})

    def __post_init__(self) -> None:
        """Check the address, and that the keys go together."""
        self.check_output()
        check_url(self.url)
        if urlsplit(self.url).path in ("", "/"):
            message = (
                "url: expected the whole address: /api/v1/write of Prometheus and VictoriaMetrics,"
                " /api/v1/push of Mimir, /api/v1/receive of Thanos"
            )
            raise ValueError(message)
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username and password_file belong together")
        if self.username and self.token_file is not None:
            raise ValueError("token_file or username: give one")
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(name) or not value.isascii() or not value.isprintable():
                raise ValueError(f"headers: expected the name and the text of a header: {name!r}")
            if name.lower().startswith(_OURS):
                raise ValueError(f"headers: {name} is set by the agent itself")
