"""What the traps that were heard mean, and the memory of it that outlives a restart.

A trap is told once. So counts and states are kept in a file of the state folder: an agent that is
started again still knows of the leak.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from collectors.base import Context, Reading
from collectors.catalogue.events import EVENT_ACTIVE, EVENT_COUNT, EVENT_LAST
from collectors.traps.config import EventConfig, Sender

logger: Final = logging.getLogger(__name__)
FILE: Final = "events.json"
OTHER: Final = "other"
"""The event of a trap that nobody has given a meaning: one series a device, whatever it sends."""
_STANDARD: Final = "1.3.6.1.6.3.1.1.5"
_UPS: Final = "1.3.6.1.2.1.33.2"
STANDARD: Final = (
    EventConfig(trap=f"{_STANDARD}.1", event="cold_start"),
    EventConfig(trap=f"{_STANDARD}.2", event="warm_start"),
    EventConfig(trap=f"{_STANDARD}.3", event="link_down"),
    EventConfig(trap=f"{_STANDARD}.4", event="link_up"),
    EventConfig(trap=f"{_STANDARD}.5", event="authentication_failure"),
    EventConfig(trap=f"{_UPS}.1", event="ups_on_battery"),
    EventConfig(trap=f"{_UPS}.3", event="ups_alarm_added"),
    EventConfig(trap=f"{_UPS}.4", event="ups_alarm_removed"),
)
"""SNMPv2-MIB (RFC 3418) and UPS-MIB (RFC 1628). A UPS on battery repeats its trap each minute."""


@dataclass(slots=True, kw_only=True)
class Known:
    """What is known of one event of one device. `ends` is when its state is over by itself."""

    count: int = 0
    last: float = 0.0
    active: bool | None = None
    ends: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A notification: its snmpTrapOID, and the values it carries as text, by object."""

    oid: str
    values: Mapping[str, str]


class EventBook:
    """Counts the events of the devices that are heard, and keeps them."""

    def __init__(
        self, senders: Sequence[Sender], events: Sequence[EventConfig], context: Context
    ) -> None:
        self._events = (*events, *STANDARD)
        self._path = context.state_dir / FILE if context.state_dir is not None else None
        self._series: dict[str, tuple[str, ...]] = {}
        for sender in senders:
            ((kind, name),) = sender.names.items()
            place = context.place_of(sender.rack)
            row = place.row or sender.row
            self._series[sender.address] = (
                place.hub,
                place.site,
                row,
                sender.rack or place.rack,
                kind,
                name,
            )
        self._known: dict[tuple[str, str], Known] = {}

    def recall(self) -> None:
        """Read what was known before, once it is ours to keep: at a reload another one had it."""
        self._known = self._read()

    def take(self, address: str, trap: Trap, now: float) -> None:
        """Count a trap of a known device."""
        meant = next((one for one in self._events if _means(one, trap)), None)
        name = meant.event if meant is not None else OTHER
        known = self._known.setdefault((address, name), Known())
        known.count += 1
        known.last = now
        if meant is not None and meant.active is not None:
            known.active = meant.active
            lasts = meant.lasts if meant.active else None
            known.ends = now + lasts if lasts is not None else None
        self._write()

    def readings(self, now: float) -> Iterator[Reading]:
        """Yield what is known of every event that ever happened."""
        for (address, event), known in self._known.items():
            where = self._series.get(address)
            if where is None:
                continue  # a device that the config names no more
            if known.ends is not None and now >= known.ends:
                known.active, known.ends = False, None
            yield EVENT_COUNT.series(*where, event), float(known.count)
            yield EVENT_LAST.series(*where, event), known.last
            if known.active is not None:
                yield EVENT_ACTIVE.series(*where, event), float(known.active)

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

    def _write(self) -> None:
        """Keep what is known, so that a crash leaves the former file or the new one."""
        if self._path is None:
            return
        rows = [
            {"address": address, "event": event, **asdict(known)}
            for (address, event), known in self._known.items()
        ]
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(rows, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            logger.warning("%s: events cannot be kept: %s", self._path, error.strerror or error)


def _means(event: EventConfig, trap: Trap) -> bool:
    """Tell whether a trap is what an entry describes."""
    return trap.oid == event.trap.removeprefix(".") and all(
        any(
            (oid == wanted or oid.startswith(f"{wanted}.")) and value == text
            for oid, value in trap.values.items()
        )
        for wanted, text in ((key.removeprefix("."), one) for key, one in event.where.items())
    )
