"""Some bits of a number that are a number of their own: `mask` in the profiles."""

from __future__ import annotations

import re
from typing import Annotated, Final

from collectors.strict import Parsed

_NEIGHBOURS: Final = re.compile("0b1+0*")


def parse_number(text: str) -> int:
    """Parse a number such as `52` or `0x0034`, since manuals use both; raises ValueError."""
    return int(text, 0)


Pattern = Annotated[int, Parsed(parse_number, "a whole number such as 52 or 0x0034")]


def check_mask(mask: int) -> None:
    """Raise ValueError if the bits of a mask are not neighbours."""
    if mask and not _NEIGHBOURS.fullmatch(bin(mask)):
        message = f"mask: expected neighbouring bits such as 0x00F0, got {mask:#x}"
        raise ValueError(message)


def masked(number: int, mask: int) -> int:
    """Return the number in the bits of a mask, counted from its lowest bit."""
    return (number & mask) // (mask & -mask)
