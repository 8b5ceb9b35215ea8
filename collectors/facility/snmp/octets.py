"""Numbers that arrive as octets: digits where the MIB has an INTEGER, and Opaque floats. Pure."""

from __future__ import annotations

import re
import struct
from typing import Final

_DIGITS: Final = re.compile(rb"\s*([+-]?\d{1,20})(\.\d{1,20})?[\s\0]*")
_FLOATS: Final = {b"\x9f\x78\x04": ">f", b"\x9f\x79\x08": ">d"}
"""The tag and the length within an Opaque: a float and a double, as Net-SNMP sends them."""


def number_in_octets(raw: bytes, *, counts_parts: bool) -> float | None:
    """Return the number in octets; None if they hold none.

    Some cards send every INTEGER as a text. If the integer counts tenths (`counts_parts`), it is
    not known what "230.1" counts, so it is no number.
    """
    found = _DIGITS.fullmatch(raw)
    if found is None:
        return _opaque(raw)
    if found[2] is None:
        return int(found[1])
    return None if counts_parts else float(found[1] + found[2])


def _opaque(raw: bytes) -> float | None:
    form = _FLOATS.get(raw[:3])
    if form is None or len(raw) != 3 + struct.calcsize(form):
        return None
    return float(struct.unpack(form, raw[3:])[0])
