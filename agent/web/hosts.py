"""Guards against a foreign page that makes a browser read or change what the agent has.

A page on the internet can give its own name the address of this agent (DNS rebinding) and then read
what the agent answers. So a request is answered only if no outsider can own the name in its `Host`
header: an IP address, a name without a dot, or a name of the config. A page can also send a POST
here. So a request to change the agent is refused if its headers say that it comes from a page.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from agent.settings import Http, is_loopback, split_listen

_FROM_A_PAGE: Final = ("origin", "sec-fetch-site", "referer")
_FORWARDED: Final = ("x-forwarded-for", "x-real-ip", "forwarded", "via")


def own_names(config: Http, node: str = "") -> frozenset[str]:
    """Return the agent's names in lower case; no other name with a dot is accepted."""
    listen, _ = split_listen(config.listen)
    public = urlsplit(config.public_url).hostname or ""
    names = (listen, public, node, *(_name(host) for host in config.hosts))
    return frozenset(name.lower().rstrip(".") for name in names if name)


def is_own_host(host: str, names: frozenset[str]) -> bool:
    """Tell whether a Host header names this agent; an empty one (HTTP/1.0) does."""
    name = _name(host.strip()).lower().rstrip(".")
    if not host or name in names or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and "." not in name
    return True


def why_not_change(headers: Mapping[str, str], *, address: str, known_user: bool) -> str:
    """Return why a request may not change the agent; empty if it may.

    `known_user` tells that the client has shown a password or a certificate. Without one, only a
    request from this machine itself may, and not through a proxy.
    """
    if any(headers.get(name, "") not in ("", "none") for name in _FROM_A_PAGE):
        return "not from a page in a browser: use curl or SIGHUP"
    if known_user:
        return ""
    if not is_loopback(address) or any(name in headers for name in _FORWARDED):
        return "needs a user (outputs.http.users_file), or a request from this machine itself"
    return ""


def _name(host: str) -> str:
    """Return a host without its port: `[::1]:9717`, `::1`, `a.example:9717`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]
