"""Where a device is, and what it lets in: its address, and a community or a user of version 3."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from collectors.address import host_and_port
from collectors.base import Unreachable

if TYPE_CHECKING:
    from gufo.snmp.user import User

Version = Literal["1", "2c", "3"]
AUTH: Final = {
    "md5": "Md5Key",
    "sha1": "Sha1Key",
    "sha224": "Sha224Key",
    "sha256": "Sha256Key",
    "sha384": "Sha384Key",
    "sha512": "Sha512Key",
}
# aes192c and aes256c mean Cisco's key expansion (Reeder), which some makes use. Without the c it is
# Blumenthal's.
PRIV: Final = {"des": "DesKey", "aes128": "Aes128Key", "aes192": "Aes192Key", "aes256": "Aes256Key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """The credentials for a device: a community, or a user of version 3. They are never shown."""

    version: Version = "2c"
    community: str = field(default="public", repr=False)
    name: str = ""
    auth: str = ""
    auth_passphrase: str = field(default="", repr=False)
    priv: str = ""
    priv_passphrase: str = field(default="", repr=False)
    _user: list[User] = field(default_factory=list, repr=False, compare=False)

    def user(self) -> User:
        """Return the user of version 3.

        The keys are derived from the passphrases when a session opens (RFC 3414, A.2).
        """
        if not self._user:
            from gufo.snmp import user

            auth = (
                getattr(user, AUTH[self.auth])(self.auth_passphrase.encode()) if self.auth else None
            )
            priv = (
                getattr(user, PRIV[self.priv.removesuffix("c")])(self.priv_passphrase.encode())
                if self.priv
                else None
            )
            expansion = (
                user.KeyExpansion.Cisco if self.priv.endswith("c") else user.KeyExpansion.Blumenthal
            )
            self._user.append(
                user.User(self.name, auth_key=auth, priv_key=priv, key_expansion=expansion)
            )
        return self._user[0]


def split_address(address: str) -> tuple[str, int]:
    """Split `host`, `host:port`, `[v6]` or `[v6]:port`. The port is 161 if none is given.

    Raises ValueError.
    """
    return host_and_port(address, 161, like="10.0.0.7 or 10.0.0.7:161")


async def resolve(host: str) -> str:
    """Return the IP address of a host's name; raises Unreachable if it has none."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    import asyncio
    import socket

    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 161, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise Unreachable(f"the host name {host} is unknown: {error.strerror or error}") from None
    return str(found[0][4][0])
