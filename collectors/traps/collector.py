"""The collector that listens: its readings are what was heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from collectors.base import Context, Reading, Schedule
from collectors.events.book import EventBook
from collectors.traps.config import Config
from collectors.traps.meaning import Trap, meaning
from collectors.traps.receiver import Credentials, Receiver

FILE: Final = "events.json"


class TrapCollector:
    """Listens from its first round on, and gives what is known of every event in each round."""

    name: ClassVar[str] = "traps"

    def __init__(
        self,
        config: Config,
        secrets: Credentials,
        context: Context,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.device = ""
        self.schedule = Schedule(interval=config.interval)
        self._book = book_of(config, context)
        self._events = config.events
        self._clock = clock
        self._receiver = Receiver(config, secrets, self._heard)

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many datagrams were not used since the start, by reason."""
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

    def _heard(self, address: str, trap: Trap) -> None:
        self._book.take(address, meaning(trap, self._events), self._clock())


def book_of(config: Config, context: Context) -> EventBook:
    """Make the book of a section's events."""
    folder = context.state_dir
    return EventBook(
        {sender.address: sender.place(context) for sender in config.senders},
        source="trap",
        path=folder / FILE if folder is not None else None,
    )
