"""Where a device or a server is, as the operator writes it: a host and a port, or a URL."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_LABEL: Final = re.compile(r"\w(?:[\w-]{0,61}\w)?")
"""A part of a name between two dots (RFC 1123, 2.1), with underscores and letters of any script."""
_LONGEST_NAME: Final = 253


def is_host(text: str) -> bool:
    """Tell whether a text is an IP address, or a name that one could have.

    A name that ends in a number is none (RFC 1123, 2.1): `10.2` is an address that lost a part.
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        return (
            len(text) <= _LONGEST_NAME
            and all(_LABEL.fullmatch(label) for label in labels)
            and not labels[-1].isdigit()
        )
    return True


def host_and_port(
    address: str, port: int | None, *, key: str = "address", like: str, least: int = 1
) -> tuple[str, int]:
    """Split `host`, `host:port`, `::1`, `[::1]` or `[::1]:port`.

    `port` is taken where none is written; without it one must be. `like` is an example for the
    ValueError, and `least` the smallest port.
    """
    host, colon, given = address.rpartition(":")
    bare_v6 = ":" in host and not address.startswith("[")
    if port is not None and (not colon or bare_v6 or address.endswith("]")):
        host, given = address, str(port)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if (
        not is_host(host)
        or not re.fullmatch(r"[0-9]{1,5}", given)
        or not (least <= int(given) < 1 << 16)
    ):
        raise ValueError(f"{key}: expected an address such as {like}, got {address!r}")
    return host, int(given)


def http_url(text: str) -> SplitResult | None:
    """Return the parts of a URL of an HTTP server; None for any other text (RFC 3986)."""
    try:
        parts = urlsplit(text)
        sound = (
            parts.scheme in ("http", "https")
            and is_host(parts.hostname or "")
            and parts.port != 0
            and not parts.netloc.endswith(":")
        )
    except ValueError:
        return None
    return parts if sound and not any(char <= " " for char in text) else None


def check_url(url: str, key: str = "url", *, user: bool = False) -> None:
    """Check that an HTTP client can ask this URL; raises ValueError, naming the key.

    A name and a password in it would be shown wherever the URL is, and no client of ours sends
    them. `user`: another program asks, and sends them. What is not ASCII cannot be sent (RFC 3986,
    2).
    """
    parts = http_url(url)
    if parts is None or not url.isascii():
        got = "" if "@" in url else f", got {url!r}"  # it may hold a password
        raise ValueError(f"{key}: expected http://… or https://…{got}")
    if "@" in parts.netloc and not user:
        raise ValueError(f"{key}: expected http://… or https://… without a name and a password")
