"""How many rounds may be under way at once, from what is measured.

Two things are watched: how much the event loop computes between two looks at its sockets, and how
much longer rounds take than each device's fastest. Where either grows, more rounds at once bring
nothing but waiting, here or at a bottleneck on the way. Where rounds wait to begin and both are
small, more are admitted. A round gives its place back when its reply is overdue: silent devices
cost no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_LEAST: Final = 8
_MOST: Final = 2048
_BEGIN_WITH: Final = 32
_WORK_SECONDS: Final = 0.05
"""A loop that computes longer before it looks at its sockets again has too much to do at once. Time
in which other programs had the CPU is not counted: fewer rounds at once would not help."""
_SLOWER: Final = 4.0
"""If rounds take longer than the fastest one by this factor, they wait for each other."""
_SLOW_SECONDS: Final = 0.03
"""Rounds that are quicker than this do not wait for each other, whatever the ratio."""
_OVERDUE_SECONDS: Final = 0.5
"""Seconds after which a round gives back its place. The round goes on, and others may begin."""
_ENOUGH: Final = 20
"""Rounds that must be known before their times are used."""


@dataclass(slots=True, eq=False)
class Place:
    """The place of one round that is under way."""

    began: float
    held: bool = True


class Admission:
    """Admits rounds; all times are monotonic seconds."""

    def __init__(self) -> None:
        self.limit: float = _BEGIN_WITH
        self.held_back: Callable[[], bool] | None = None
        """Tells whether nothing may begin, whatever the limit is."""
        self._held = 0
        self._places: Final[deque[Place]] = deque()
        self._took = self._fastest = 0.0
        self._rounds = 0
        self._was_full = False

    @property
    def full(self) -> bool:
        """Whether no further round may begin now."""
        if self.held_back is not None and self.held_back():
            return True
        if self._held < self.limit:
            return False
        self._was_full = True
        return True

    def begin(self, now: float) -> Place:
        """Take a place for a round."""
        place = Place(now)
        self._held += 1
        self._places.append(place)
        return place

    def end(self, place: Place) -> None:
        """Give a place back; it may have been given back already."""
        if place.held:
            place.held = False
            self._held -= 1
        while self._places and not self._places[0].held:
            self._places.popleft()

    def measured(self, took: float, fastest: float) -> None:
        """Note how long a good round took, and the fastest one of the same device."""
        self._took += took
        self._fastest += fastest
        self._rounds += 1

    def adjust(self, now: float, work: float) -> None:
        """Set the limit by what was measured since the last call.

        `work` are the most CPU seconds between two looks at the sockets.
        """
        while self._places and now - self._places[0].began > _OVERDUE_SECONDS:
            self.end(self._places[0])
        if work > _WORK_SECONDS:
            self.limit *= 0.7
        elif self._rounds >= _ENOUGH and self._wait_for_each_other():
            self.limit *= 0.85
        elif self._was_full:
            self.limit = self.limit * 1.25 + 1
        self.limit = min(max(self.limit, _LEAST), _MOST)
        self._was_full = False
        if self._rounds >= _ENOUGH:
            self._took = self._fastest = 0.0
            self._rounds = 0

    def _wait_for_each_other(self) -> bool:
        return self._took > _SLOWER * self._fastest and self._took > _SLOW_SECONDS * self._rounds
