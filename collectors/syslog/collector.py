"""The collector that listens: its readings are what was heard."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, Final

from collectors.base import Context
from collectors.events.book import EventBook
from collectors.events.listener import Listener
from collectors.syslog.config import Config, EventConfig
from collectors.syslog.message import Message
from collectors.syslog.receiver import Receiver

FILE: Final = "syslog-events.json"


class SyslogCollector(Listener):
    """Makes events of messages."""

    name: ClassVar[str] = "syslog"

    def __init__(
        self, config: Config, context: Context, *, clock: Callable[[], float] = time.time
    ) -> None:
        folder = context.state_dir
        book = EventBook(
            {sender.key: sender.place(context) for sender in config.senders},
            source="syslog",
            path=folder / FILE if folder is not None else None,
        )
        receiver = Receiver(config, self._heard)
        super().__init__(book, receiver, interval=config.interval, clock=clock)
        self._events = config.events

    def _heard(self, sender: str, message: Message) -> None:
        meant = next((one for one in self._events if _means(one, message)), None)
        self._book.take(sender, meant, self._clock())


def _means(event: EventConfig, message: Message) -> bool:
    """Tell whether a message is what an entry describes."""
    return (
        message.severity <= event.most
        and (not event.app or event.app == message.app)
        and event.match.search(message.text) is not None
    )
