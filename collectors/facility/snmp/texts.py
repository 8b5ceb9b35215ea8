"""Numbers and states that a device sends as text: "23.4 C", "12,5A", "normal". Pure, no I/O."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_LEADING: Final = re.compile(
    r"\s*([+-]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(?![xX])\D*", re.ASCII
)
_THOUSANDS: Final = re.compile(r"\d,\d{3}(?!\d)", re.ASCII)


class Texts(NamedTuple):
    """How a reading's text is read.

    `extract`: its first group is the number. `missing`: texts that mean "no reading". `words`: the
    states that texts stand for; `otherwise` is the state of all other texts, None if they have
    none.
    """

    extract: re.Pattern[str] | None = None
    missing: frozenset[str] = frozenset()
    words: Mapping[str, float] | None = None
    otherwise: float | None = None

    def number(self, text: str) -> float | None:
        """Return the number of a text; NaN for "no reading", None if it is not a number."""
        plain = folded(text)
        if plain in self.missing:
            return math.nan
        if self.words is not None:
            return self.words.get(plain, self.otherwise)
        if self.extract is None:
            return number_in(text)
        found = self.extract.search(text)
        return number_in(found[1] or "") if found else None


def number_in(text: str) -> float | None:
    """Return the number at the beginning of a text, which a unit may follow; None if there is none.

    A comma is taken for the decimal point. A text with further digits is not a number: a date, a
    time, an address. Neither is a comma before three digits, which may separate thousands.
    """
    found = _LEADING.fullmatch(text)
    if found is None or _THOUSANDS.search(found[1]):
        return None
    return float(found[1].replace(",", "."))


def folded(text: str) -> str:
    """Return a text of a profile in the form in which the device's texts are compared."""
    return text.strip().casefold()
