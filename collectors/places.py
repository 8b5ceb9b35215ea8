"""Places for work that is much heavier than a round: the discovery of a device.

A collector that finds no place says so and asks again in its next round, so waiting costs nothing.
Whoever runs the collectors says how many places there are, by what the machine can bear.
"""

from __future__ import annotations


class Places:
    """How many devices may be discovered at once. Only one thread may use it."""

    def __init__(self, most: int = 64) -> None:
        self.most = most
        self.wanted = False
        """Whether somebody was told that no place is free."""
        self._taken = self._offered = 0

    @property
    def free(self) -> bool:
        """Whether a place is free."""
        return self._taken < self.most

    def take(self) -> bool:
        """Take a place; False where none is free."""
        if not self.free:
            self.wanted = True
            return False
        self._taken += 1
        self._offered = max(0, self._offered - 1)
        return True

    def offer(self) -> bool:
        """Offer a place to a collector that will ask for one soon; False where none is left.

        No more collectors begin than there are places, or all but a few would begin in vain. An
        offer holds until a place is taken, by whom ever, or until all are withdrawn.
        """
        if self._taken + self._offered >= self.most:
            return False
        self._offered += 1
        return True

    def withdraw(self) -> None:
        """Take back all offers: who has not taken its place by now may need none."""
        self._offered = 0

    def give_back(self) -> None:
        """Give back a place."""
        self._taken -= 1
