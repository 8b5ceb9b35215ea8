"""The collector that listens: its readings are what was heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from collectors.base import Context, Reading, Schedule
from collectors.events.book import EventBook
from collectors.syslog.config import Config, EventConfig
from collectors.syslog.message import Message
from collectors.syslog.receiver import Receiver

FILE: Final = "syslog-events.json"


class SyslogCollector:
    """Listens from its first round on, and gives what is known of every event in each round."""

    name: ClassVar[str] = "syslog"

    def __init__(
        self, config: Config, context: Context, *, clock: Callable[[], float] = time.time
    ) -> None:
        folder = context.state_dir
        self.device = ""
        self.schedule = Schedule(interval=config.interval)
        self._book = EventBook(
            {sender.key: sender.place(context) for sender in config.senders},
            source="syslog",
            path=folder / FILE if folder is not None else None,
        )
        self._events = config.events
        self._clock = clock
        self._receiver = Receiver(config, self._heard)

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
