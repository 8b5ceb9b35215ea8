"""HTTP basic authentication (RFC 7617) against a file of bcrypt hashes, as `htpasswd -B` writes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from collectors.base import ConfigError
from collectors.secrets import read_secret

_MAX_REMEMBERED: Final = 256
_MAX_PASSWORD_BYTES: Final = 72
"""bcrypt reads no more of a password."""
_UNKNOWN_USER_HASH: Final = b"$2b$12$K3ClIDQ3kLwcmWzfqpPTMOaTkhj8IZ31.7xvc9B5xkMHn6YhqX0oS"
"""The hash of a random password that nobody has. It is checked for an unknown user, so that the
answer takes as long as for a known one."""


class Users:
    """The users who may read.

    bcrypt is slow on purpose. An accepted password is therefore remembered, as a keyed digest.
    """

    def __init__(self, path: Path) -> None:
        """Read the file; raises ConfigError if it is readable by all or has a bad line."""
        self._key = os.urandom(32)
        self._remembered: set[bytes] = set()
        self._hashes = _read(path)

    def accepts(self, authorization: str) -> bool:
        """Tell whether an Authorization header has a known user and the right password.

        Blocks for the time that bcrypt takes.
        """
        import bcrypt

        credentials = _parse(authorization)
        if credentials is None:
            return False
        user, password = credentials
        stored = self._hashes.get(user, _UNKNOWN_USER_HASH)
        digest = self._digest(user.encode(), stored, password)
        if digest in self._remembered:
            return True
        right = bcrypt.checkpw(password[:_MAX_PASSWORD_BYTES], stored) and user in self._hashes
        if right:
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered.add(digest)
        return right

    def _digest(self, *parts: bytes) -> bytes:
        """Return a keyed digest of the parts.

        Each part follows its length, so that two different rows of parts never look the same: a
        wrong pair of user and password cannot pass for a right one.
        """
        text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(self._key, text, hashlib.sha256).digest()


def _parse(authorization: str) -> tuple[str, bytes] | None:
    """Return user and password of a header; None if it is not of basic authentication."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, _, password = text.partition(":")
    return user, password.encode()


def _read(path: Path) -> dict[str, bytes]:
    """Return the hash of each user's password."""
    hashes: dict[str, bytes] = {}
    lines = read_secret(path, "outputs.http.users_file").splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, _, digest = line.strip().partition(":")
        if not user or not digest.startswith(("$2a$", "$2b$", "$2y$")):
            raise ConfigError(
                "expected user:bcrypt-hash, as htpasswd -B writes it",
                file=str(path),
                line=number,
            )
        hashes[user] = digest.encode()
    return hashes
