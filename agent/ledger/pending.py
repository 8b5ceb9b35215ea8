"""Readings that wait to be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from agent.ledger.meters import Channel


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


def hole_at(channel: Channel, moment: int, value: float, interval: int) -> PendingReading:
    """Return a row across which nothing is integrated."""
    return PendingReading(channel, moment, moment, value, interval, refused=True)
