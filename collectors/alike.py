"""One object for all that are equal, so that each needs no memory of its own."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)

_MOST: Final = 20_000
"""So many are known, and all are forgotten then: each PDU has outlets with names of its own. What
many have is known again at once."""


class Alike(Generic[T]):
    """The objects of one kind that are known."""

    def __init__(self) -> None:
        self._known: Final[dict[T, T]] = {}

    def one_of(self, one: T) -> T:
        """Return the one object that is equal to this one; it is this one if none is known."""
        if len(self._known) >= _MOST:
            self._known.clear()
        return self._known.setdefault(one, one)
