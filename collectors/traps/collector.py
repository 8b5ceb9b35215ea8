"""The collector that listens: its readings are what was heard."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, Final

from collectors.base import Context
from collectors.events.book import EventBook
from collectors.events.listener import Listener
from collectors.traps.config import Config
from collectors.traps.meaning import Trap, meaning
from collectors.traps.receiver import Credentials, Receiver

FILE: Final = "events.json"


class TrapCollector(Listener):
    """Makes events of traps and informs."""

    name: ClassVar[str] = "traps"

    def __init__(
        self,
        config: Config,
        secrets: Credentials,
        context: Context,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        receiver = Receiver(config, secrets, self._heard)
        book = book_of(config, context)
        super().__init__(book, receiver, interval=config.interval, clock=clock)
        self._events = config.events

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
