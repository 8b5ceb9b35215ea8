"""What is known of the events that were heard, and the memory of it that outlives a restart.

A device tells an event once. So counts and states are kept in a file of the state folder: an agent
that is started again still knows of the leak.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from collectors.base import Reading
from collectors.catalogue.events import EVENT_ACTIVE, EVENT_COUNT, EVENT_LAST
from collectors.strict import Duration

logger: Final = logging.getLogger(__name__)
METRICS: Final = (EVENT_COUNT, EVENT_LAST, EVENT_ACTIVE)
OTHER: Final = "other"
"""The event that nobody has given a meaning: one series a device, whatever it sends."""
_APART_SECONDS: Final = 1.0
"""The least time between two states that are written at once: a site that loses its power begins
hundreds of them in a moment, and each write takes the whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What something heard means: the name of an event, and whether it begins or ends a state."""

    event: str = field(metadata={"help": "the label `event`, such as leak"})
    active: bool | None = field(
        default=None,
        metadata={
            "help": (
                "true where it begins a state, false where it ends one; without it, it only happens"
            )
        },
    )
    lasts: Duration | None = field(
        default=None,
        metadata={"help": "a state that nothing ends is over after this time; never without it"},
    )

    def check_event(self) -> None:
        """Check that the event has a name; raises ValueError."""
        if not self.event.strip():
            raise ValueError("event: must not be empty")


@dataclass(slots=True, kw_only=True)
class Known:
    """What is known of one event of one device. `ends` is when its state is over by itself."""

    count: int = 0
    last: float = 0.0
    active: bool | None = None
    ends: float | None = None


class EventBook:
    """Counts the events of the devices that are heard, and keeps them."""

    def __init__(
        self, senders: Mapping[str, tuple[str, ...]], *, source: str, path: Path | None
    ) -> None:
        """`senders` are the labels of the devices, by what they are known by; `source` is how."""
        self._senders = senders
        self._source = source
        self._path = path
        self._known: dict[tuple[str, str], Known] = {}
        self._unwritten = False
        self._written_at = -math.inf

    def recall(self) -> None:
        """Read what was known before, once it is ours to keep: at a reload another one had it."""
        self._known = self._read()

    def take(self, sender: str, meant: Meaning | None, now: float) -> None:
        """Count an event of a device. A state that begins or ends is on disk at once.

        Of many in a row, the first one is, and the others with the next `keep`.
        """
        name = meant.event if meant is not None else OTHER
        known = self._known.setdefault((sender, name), Known())
        known.count += 1
        known.last = now
        self._unwritten = True
        if meant is not None and meant.active is not None:
            lasts = meant.lasts if meant.active else None
            known.ends = now + lasts if lasts is not None else None
            if known.active != meant.active:
                known.active = meant.active
                if not 0 <= now - self._written_at < _APART_SECONDS:
                    self._written_at = now
                    self.keep()

    def readings(self, now: float) -> Iterator[Reading]:
        """Yield what is known of every event that ever happened."""
        for (sender, event), known in self._known.items():
            where = self._senders.get(sender)
            if where is None:
                continue  # a device that the config names no more
            if known.ends is not None and now >= known.ends:
                known.active, known.ends = False, None
            labels = (*where, event, self._source)
            yield EVENT_COUNT.series(*labels), float(known.count)
            yield EVENT_LAST.series(*labels), known.last
            if known.active is not None:
                yield EVENT_ACTIVE.series(*labels), float(known.active)

    def keep(self) -> None:
        """Write what is not written yet, so that a crash leaves the former file or the new one."""
        if self._path is None or not self._unwritten:
            return
        rows = [
            {"address": sender, "event": event, **asdict(known)}
            for (sender, event), known in self._known.items()
        ]
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(rows, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            self._unwritten = False
        except OSError as error:
            logger.warning("%s: events cannot be kept: %s", self._path, error.strerror or error)

    def _read(self) -> dict[tuple[str, str], Known]:
        """Read what was known before; nothing where there is no file, or one that is broken."""
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_bytes())
            return {
                (str(one["address"]), str(one["event"])): Known(
                    count=int(one["count"]),
                    last=float(one["last"]),
                    active=one["active"] if isinstance(one["active"], bool) else None,
                    ends=float(one["ends"]) if one["ends"] is not None else None,
                )
                for one in found
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("%s: former events cannot be read: %s", self._path, error)
            return {}
