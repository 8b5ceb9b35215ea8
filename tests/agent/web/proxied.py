"""A proxy on this machine that names the user, and roles of its users."""

from __future__ import annotations

import base64

from agent.access import Proxy, Role

HERE = Proxy(addresses=("127.0.0.1",), groups_header="X-Forwarded-Groups")
SEE = (Role(users=("ann",)), Role(groups=("ops",), may=("see", "reload")))


def named(user: str, groups: str = "") -> list[str]:
    """Return the headers of a proxy."""
    return [f"X-Forwarded-User: {user}", *([f"X-Forwarded-Groups: {groups}"] if groups else [])]


def basic(text: str) -> str:
    return "Authorization: Basic " + base64.b64encode(text.encode()).decode()
