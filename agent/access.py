"""Who may do what over HTTP: the proxy whose word is taken, and the roles of users and groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Literal

Right = Literal["see", "acknowledge", "reload"]
_EVERYTHING: Final[tuple[Right, ...]] = ("see", "acknowledge", "reload")
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_OF_HTTP: Final = frozenset({"authorization", "connection", "cookie", "host", "origin", "referer"})
"""Headers that every client sends by itself: none of them says who a proxy has let in."""


def networks(texts: Sequence[str], key: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks that some texts name; raises ValueError, which names the key."""
    try:
        return tuple(ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise ValueError(f"{key}: expected addresses or networks: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A reverse proxy that asks people who they are, and tells it in the headers of its requests.

    Whoever sends from one of its addresses may call himself anything.
    """

    addresses: tuple[str, ...] = field(
        metadata={
            "help": (
                "addresses or networks of the proxy, such as 10.0.0.9; the same headers of others"
                " are not believed"
            )
        }
    )
    user_header: str = field(
        default="X-Forwarded-User", metadata={"help": "the header with the name of the user"}
    )
    groups_header: str = field(
        default="",
        metadata={
            "help": "the header with the user's groups, separated by commas; by default none"
        },
    )

    def __post_init__(self) -> None:
        """Refuse addresses that are none, or all there are, and headers that anybody sends."""
        if not self.addresses:
            raise ValueError("addresses: must not be empty")
        if any(network.prefixlen == 0 for network in self.networks):
            raise ValueError("addresses: a network of all addresses would believe everybody")
        named = {"user_header": self.user_header}
        if self.groups_header:
            named["groups_header"] = self.groups_header
        for key, name in named.items():
            if not _HEADER.fullmatch(name) or name.lower() in _OF_HTTP:
                raise ValueError(
                    f"{key}: expected the name of a header such as X-Forwarded-User, got {name!r}"
                )
        if self.user_header.lower() == self.groups_header.lower():
            raise ValueError("groups_header: is the header of the user")

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks whose word is taken."""
        return networks(self.addresses, "addresses")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What some users may do. Who has several roles may do what any of them says."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = field(
        default=(), metadata={"help": "of those that the proxy's `groups_header` tells"}
    )
    may: tuple[Right, ...] = field(
        default=("see",),
        metadata={
            "help": (
                "`see` reads, `acknowledge` is led to where alerts are silenced and acknowledged,"
                " `reload` makes the agent read its config again"
            )
        },
    )
    sites: tuple[str, ...] = field(
        default=(),
        metadata={"help": "the sites whose pages they see; everything where none is named"},
    )

    def __post_init__(self) -> None:
        """Refuse a role of nobody, and one for nothing."""
        if not (self.users or self.groups):
            raise ValueError("users: missing; state users, or groups that the proxy tells")
        for key, names in (("users", self.users), ("groups", self.groups)):
            if not all(name.strip() for name in names):  # who has no group would be of it
                raise ValueError(f"{key}: a name must not be empty")
        if not self.may:
            raise ValueError("may: must not be empty")

    def is_of(self, user: str, groups: Sequence[str]) -> bool:
        """Tell whether a user has this role."""
        return user in self.users or not set(self.groups).isdisjoint(groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who asks, and what he may."""

    user: str = ""
    """The user's name; empty where nobody is asked for one."""
    rights: frozenset[Right] = frozenset(_EVERYTHING)
    sites: frozenset[str] | None = None
    """The sites that he may see; None stands for everything."""


ANYBODY: Final = Reader()
"""A reader where the config names no users: who reaches the agent reads everything."""


def reader_of(roles: Sequence[Role], user: str, groups: Sequence[str] = ()) -> Reader:
    """Return what a known user may: everything where the config has no roles at all."""
    if not roles:
        return Reader(user=user)
    his = [role for role in roles if role.is_of(user, groups)]
    seen = [role.sites for role in his if "see" in role.may]
    return Reader(
        user=user,
        rights=frozenset(right for role in his for right in role.may),
        sites=frozenset(site for sites in seen for site in sites) if all(seen) else None,
    )
