"""The part of an inventory that one of several gateways polls, in the config `shard: 2/4`.

Rendezvous hashing (Thaler and Ravishankar, 1998): every part has a score for a name, and the part
with the greatest score has it. With one more part, only the names move that now score highest at
the new one; with one part less, only those of the part that went.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Final, NamedTuple

MAX_PARTS: Final = 64
"""The most gateways that may share an inventory."""
DEVICE_LISTS: Final = ("devices", "exporters", "peers")
"""The fields of a collector's config that list what it polls, one entry a device."""


class Shard(NamedTuple):
    """The part `number` of `of`, counted from 1. What is in which part follows from names alone."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, *names: str) -> bool:
        """Tell whether what has this name is in this part; every name is in exactly one."""
        return _owner("\0".join(names), self.of) == self.number

    def holds_rack(self, site: str, row: str, rack: str) -> bool:
        """Tell whether a rack is in this part; all racks of a row are in the same."""
        return self.holds("row", site, row) if row else self.holds("rack", site, rack)

    def holds_site(self, site: str) -> bool:
        """Tell whether this part has what stands in no rack of a site, and the site as a whole."""
        return self.holds("site", site)


def owner(name: str, of: int) -> int:
    """Return the number of the part that has a name: 1 to `of`, the number of parts."""
    return max(range(1, of + 1), key=lambda part: _score(part, name))


_owner: Final = cache(owner)


def _score(part: int, name: str) -> bytes:
    text = f"{part}\0{name}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).digest()


def parse_shard(text: str) -> Shard:
    """Parse `2/4`; raises ValueError."""
    found = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
    if found and 1 <= int(found[1]) <= int(found[2]) <= MAX_PARTS:
        return Shard(int(found[1]), int(found[2]))
    raise ValueError(f"shard: expected a part such as 2/4, of at most {MAX_PARTS}, got {text!r}")
