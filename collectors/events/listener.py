"""What listens for events: it opens its ports in its first round, and its readings are the book."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from collectors.base import Reading, Schedule
from collectors.events.book import EventBook


class Receives(Protocol):
    """Hears messages on its ports, and hands on those of known senders."""

    @property
    def is_open(self) -> bool:
        """Whether it listens."""

    async def open(self) -> None:
        """Begin to listen; raises Unreachable."""

    def close(self) -> None:
        """Stop listening."""

    def refused(self) -> Mapping[str, int]:
        """Return how many messages were not used since the start, by reason."""


class Listener:
    """Listens from its first round on, and gives what is known of every event in each round."""

    def __init__(
        self, book: EventBook, receiver: Receives, *, interval: float, clock: Callable[[], float]
    ) -> None:
        self.device = ""
        self.schedule: Final = Schedule(interval=interval)
        self._book: Final = book
        self._receiver: Final = receiver
        self._clock: Final = clock

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many messages were not used since the start, by reason."""
        return self._receiver.refused()

    async def collect(self) -> Sequence[Reading]:
        """Return the counts, times and states of all events; raises Unreachable."""
        if not self._receiver.is_open:
            self._book.recall()  # before anything is heard, which would be lost
            await self._receiver.open()
        self._book.keep()
        return list(self._book.readings(self._clock()))

    def close(self) -> None:
        """Stop listening."""
        self._receiver.close()
        self._book.keep()
