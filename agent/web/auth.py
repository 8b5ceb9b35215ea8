"""HTTP basic authentication against a file of bcrypt hashes, as `htpasswd -B` writes them."""

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
# Checked when the user is not known, so that the answer takes as long; of a random password nobody has.
_NOBODY: Final = b"$2b$12$K3ClIDQ3kLwcmWzfqpPTMOaTkhj8IZ31.7xvc9B5xkMHn6YhqX0oS"


class Users:
    """Who may read. bcrypt is slow on purpose, so an accepted password is remembered by a keyed digest."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key = os.urandom(32)
        self._accepted: dict[bytes, bytes] = {}
        self._hashes = self._read()

    def _read(self) -> dict[str, bytes]:
        hashes: dict[str, bytes] = {}
        for number, line in enumerate(
            read_secret(self._path, "outputs.http.users_file").splitlines(), 1
        ):
            if not line.strip() or line.startswith("#"):
                continue
            user, _, digest = line.strip().partition(":")
            if not user or not digest.startswith(("$2a$", "$2b$", "$2y$")):
                raise ConfigError(
                    "expected user:bcrypt-hash, as htpasswd -B writes it",
                    file=str(self._path),
                    line=number,
                )
            hashes[user] = digest.encode()
        return hashes

    def check(self, authorization: str) -> bool:
        """Tell whether an Authorization header names a user with the right password. Blocks for the time of a bcrypt."""
        import bcrypt  # noqa: PLC0415 - only where users are configured

        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            user, _, password = (
                base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
            )
        except (binascii.Error, UnicodeDecodeError):
            return False
        digest = self._hashes.get(user, _NOBODY)
        # Length before each part: no two triples have one digest, so no failure can stand in for another's success.
        parts = (user.encode(), digest, password.encode())
        token = hmac.new(
            self._key, b"".join(len(p).to_bytes(4, "big") + p for p in parts), hashlib.sha256
        ).digest()
        if token in self._accepted:
            return True
        good = bcrypt.checkpw(password.encode()[:72], digest) and user in self._hashes
        if good:
            if len(self._accepted) >= _MAX_REMEMBERED:
                self._accepted.clear()
            self._accepted[token] = digest
        return good
