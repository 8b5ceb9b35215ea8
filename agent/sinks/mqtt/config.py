"""The section `outputs: mqtt:`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from agent.sinks.spooled import ConnectedOutput, secret
from collectors.address import host_and_port
from collectors.strict import Duration, Parsed, Range, parse_size

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
"""As registered with IANA."""
_TOPIC: Final = re.compile(r"[^/+#$\x00-\x1f\x7f][^+#\x00-\x1f\x7f]{0,199}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mqtt(ConnectedOutput):
    """A broker of MQTT, such as Mosquitto or EMQX."""

    url: str = field(
        metadata={
            "help": "mqtts://HOST:PORT, or mqtt:// without TLS; port 8883 or 1883 if not given"
        }
    )
    topic: str = field(
        default="hubgauge",
        metadata={"help": "what topics begin with; TOPIC/HUB/SITE/COLLECTOR/DEVICE"},
    )
    protocol: Literal["5", "3.1.1"] = field(
        default="5",
        metadata={"help": "with 3.1.1 a broker cannot say that it did not take a message"},
    )
    client_id: str = field(default="", metadata={"help": "by default hubgauge-NODE-NAME"})
    username: str = field(default="", metadata={"help": "with `password_file`"})
    password_file: Path | None = field(default=None, metadata=secret())
    retain: bool = field(
        default=False,
        metadata={
            "help": "true lets the broker keep each topic's last message for new subscribers"
        },
    )
    max_message: Annotated[int, Parsed(parse_size, "a size such as 128KiB"), Range(1024, 2**20)] = (
        field(default=128 * 1024, metadata={"help": "a longer message is divided; at most 1MiB"})
    )
    timeout: Duration = field(
        default=10.0,
        metadata={"help": "to connect, and how long a broker may acknowledge no message at all"},
    )

    def __post_init__(self) -> None:
        """Check the address and the topic, and that the keys go together."""
        self.check_output()
        broker_of(self.url)
        if not _TOPIC.fullmatch(self.topic) or self.topic.endswith("/"):
            raise ValueError(
                f"topic: expected such as plant/power, without + and #, got {self.topic!r}"
            )
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username and password_file belong together")
        if not self.tls and (self.ca_file is not None or self.cert_file is not None):
            raise ValueError("url: ca_file and cert_file need mqtts://")

    @property
    def tls(self) -> bool:
        """Whether the connection has TLS."""
        return self.url.startswith("mqtts://")


def broker_of(url: str) -> tuple[str, int]:
    """Return host and port of a broker; raises ValueError."""
    like = "mqtts://broker.example:8883"
    scheme, _, rest = url.partition("://")
    if scheme not in PORTS or "@" in rest or urlsplit(url).path.strip("/") or "?" in rest:
        raise ValueError(f"url: expected such as {like}")
    return host_and_port(rest.rstrip("/"), PORTS[scheme], key="url", like=like)
