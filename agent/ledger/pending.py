"""Readings that wait to be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from agent.ledger.energy import HOLE, POWER
from agent.ledger.meters import Channel
from agent.ledger.segments import longest_gap


class PendingReading(NamedTuple):
    """A reading that waits to be written; times are in milliseconds.

    A refused one is written as well, so that nothing is integrated across it.
    """

    channel: Channel
    slot: int
    time: int
    value: float
    interval: int
    refused: bool = False


@dataclass(slots=True)
class Taken:
    """What is to be written: readings, and the time after which stored readings are wrong."""

    pending: list[PendingReading]
    delete_after: int | None


class Pending:
    """Chooses what is written of a channel's readings, and keeps it until it is taken.

    Of power in slots wider than its interval, the first reading of each slot is kept, and both
    sides of every hole. So the kept readings cover just the time that all of them would.
    """

    def __init__(self) -> None:
        self.readings: list[PendingReading] = []

    def add(self, channel: Channel, moment: int, value: float, interval: int) -> None:
        """Keep a reading, unless its slot already has an earlier one; times are in milliseconds."""
        if channel.quantity == POWER and channel.slot_ms > interval:
            self._thin(channel, moment, value, interval)
            return
        slot = moment - moment % channel.slot_ms
        if slot != channel.slot or moment <= channel.time:
            self._keep(channel, slot, moment, value, interval)

    def add_hole(self, channel: Channel, moment: int, value: float, interval: int) -> None:
        """Keep a refused reading as a hole; the slot goes on with the next one that is taken."""
        self._keep_heard(channel, interval)
        self.readings.append(_hole_at(channel, moment, value, interval))
        channel.heard = -1
        if channel.quantity == POWER:
            channel.slot = -1

    def drop_after(self, now: int) -> int:
        """Drop readings that are dated later; returns how many."""
        kept = [row for row in self.readings if row.time <= now]
        dropped = len(self.readings) - len(kept)
        self.readings = kept
        return dropped

    def take(self) -> list[PendingReading]:
        """Hand over all readings."""
        taken, self.readings = self.readings, []
        return taken

    def put_back(self, taken: list[PendingReading], most: int) -> int:
        """Take back readings; of more than `most` the oldest are dropped. Returns how many."""
        self.readings[:0] = taken
        lost = max(0, len(self.readings) - most)
        del self.readings[:lost]
        return lost

    def _keep(self, channel: Channel, slot: int, moment: int, value: float, interval: int) -> None:
        channel.slot, channel.time, channel.value = slot, moment, value
        self.readings.append(
            PendingReading(channel, slot, moment, value, max(interval, channel.slot_ms))
        )

    def _thin(self, channel: Channel, moment: int, value: float, interval: int) -> None:
        slot = moment - moment % channel.slot_ms
        if moment <= channel.time:  # late, and perhaps the slot's earliest
            self._keep(channel, slot, moment, value, interval)
        elif channel.heard >= 0 and moment - channel.heard <= longest_gap(interval, interval):
            if slot != channel.slot and moment > channel.heard:
                self._keep(channel, slot, moment, value, interval)
        else:
            self._keep_heard(channel, interval)
            hole = moment - 1 if channel.heard < 0 else channel.heard + 1
            self.readings.append(_hole_at(channel, hole, HOLE, interval))
            self._keep(channel, moment, moment, value, interval)
            channel.slot = slot
        if moment > channel.heard:
            channel.heard, channel.heard_value = moment, value

    def _keep_heard(self, channel: Channel, interval: int) -> None:
        """Keep the last reading before a hole."""
        if channel.slot_ms > interval and channel.heard > channel.time:
            self._keep(channel, channel.heard, channel.heard, channel.heard_value, interval)


def _hole_at(channel: Channel, moment: int, value: float, interval: int) -> PendingReading:
    """Return a row across which nothing is integrated."""
    return PendingReading(channel, moment, moment, value, interval, refused=True)
