"""The file of users: `user:bcrypt-hash` in each line, as `htpasswd -B` writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from collectors.base import ConfigError
from collectors.secrets import read_secret_file

KEY: Final = "outputs.http.users_file"
COSTS: Final = range(4, 17)
"""Costs that are accepted, from bcrypt's minimum. A higher one takes over four seconds a check."""
_BCRYPT: Final = re.compile(
    r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]"
)
"""16 bytes of salt and 23 of the hash, each in a base64 of its own. The last letter of each holds
only 2 and 4 bits, so bcrypt takes no other ones: nobody could log in."""


def read_users(path: Path) -> Mapping[str, bytes]:
    """Return the hash of each user's password. Empty lines and those of `#` are left out.

    Raises ConfigError for a bad line, for a file without users, and if others may read, write or
    replace the file.
    """
    hashes: dict[str, bytes] = {}
    for number, line in enumerate(read_secret_file(path, KEY).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, _, digest = line.strip().partition(":")
        found = _BCRYPT.fullmatch(digest)
        if not user or found is None:
            raise ConfigError(
                "expected user:bcrypt-hash, as htpasswd -B writes it", file=str(path), line=number
            )
        if int(found[1]) not in COSTS:
            raise ConfigError(
                f"expected a bcrypt hash of cost {COSTS[0]} to {COSTS[-1]}",
                file=str(path),
                line=number,
            )
        hashes[user] = digest.encode()
    if not hashes:
        raise ConfigError(
            "has no user, so nobody could log in; expected user:bcrypt-hash, as htpasswd -B writes"
            " it",
            file=str(path),
        )
    return hashes
