"""HTTP basic authentication (RFC 7617) against a file of bcrypt hashes, as `htpasswd -B` writes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.users_file import COSTS, read_users
from agent.web.quiet import Quiet
from collectors.base import ConfigError

_MAX_REMEMBERED: Final = 256
_MAX_PASSWORD_BYTES: Final = 72
"""bcrypt ignores all further bytes of a password."""
_LONGEST_HEADER: Final = 1024
_STAND_IN: Final = "$2b${:02d}$K3ClIDQ3kLwcmWzfqpPTMOaTkhj8IZ31.7xvc9B5xkMHn6YhqX0oS"
"""A hash that no known password has; `{:02d}` is its bcrypt cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """User and password of one request."""

    user: str
    password: bytes


class Users:
    """The users who may read.

    bcrypt is slow on purpose. An accepted password is therefore remembered, as a keyed digest.
    Each request checks whether the file has changed, so a user who is deleted from it is refused
    at once.
    """

    def __init__(self, path: Path, quiet: Quiet | None = None) -> None:
        """Read the file; raises ConfigError if others may read or write it, or for a bad line."""
        self._path: Final = path
        self._quiet: Final = quiet or Quiet()
        self._key: Final = os.urandom(32)
        self._remembered: Final[set[bytes]] = set()
        self._stamp = _stamp(path)
        self._hashes = read_users(path)

    def remembers(self, authorization: str) -> bool:
        """Tell whether these credentials were accepted before, and still are; needs no bcrypt."""
        self._look()
        asked = credentials(authorization)
        return asked is not None and self._known_as(asked, self._hashes) in self._remembered

    def accepts(self, authorization: str) -> bool:
        """Tell whether an Authorization header has a known user and the right password.

        Blocks for the time that bcrypt takes. The time of a refusal is the same for every user of
        the file and for others: each costs as much as the most costly hash of the file.
        """
        import bcrypt

        if self.remembers(authorization):
            return True
        asked = credentials(authorization)
        if asked is None:
            return False
        hashes = self._hashes
        most = max(map(_cost, hashes.values()), default=COSTS[0])
        stored = hashes.get(asked.user)
        password = asked.password[:_MAX_PASSWORD_BYTES]
        try:
            right = bcrypt.checkpw(password, stored or _stand_in(most)) and stored is not None
            if not right:
                # The rest of 2^most rounds: 2^c + 2^c + 2^(c+1) + … + 2^(most-1) is 2^most.
                for cost in range(_cost(stored) if stored else most, most):
                    bcrypt.checkpw(password, _stand_in(cost))
        except ValueError:  # a NUL in the password, or a hash that only looks like one
            return False
        if right:
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered.add(self._known_as(asked, hashes))
        return right

    def _look(self) -> None:
        """Read the file again if it has changed; a file with a mistake lets nobody in."""
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._hashes = read_users(self._path)
        except ConfigError as error:
            self._hashes = {}
            self._quiet.warn("users", f"{error}; nobody is let in until it is corrected")

    def _known_as(self, asked: Credentials, hashes: Mapping[str, bytes]) -> bytes:
        """Return the digest of an accepted password.

        The hash in the file is part of it, so a password that was changed is forgotten.
        """
        return self._digest(asked.user.encode(), hashes.get(asked.user, b""), asked.password)

    def _digest(self, *parts: bytes) -> bytes:
        """Return a keyed digest of the parts.

        Each part follows its length, so two different sequences of parts never give the same bytes:
        a wrong pair of user and password cannot pass for a right one.
        """
        text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self._key, text, hashlib.sha256).digest()


def credentials(authorization: str) -> Credentials | None:
    """Return user and password of a header; None if it is not of basic authentication."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _LONGEST_HEADER:
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, _, password = text.partition(":")
    return Credentials(user=user, password=password.encode())


def _stamp(path: Path) -> tuple[int, int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode)


def _cost(stored: bytes) -> int:
    return int(stored[4:6])


def _stand_in(cost: int) -> bytes:
    return _STAND_IN.format(cost).encode()
