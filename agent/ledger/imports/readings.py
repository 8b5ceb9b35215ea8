"""Rows that are readings, of power or of a register, and not energies."""

from __future__ import annotations

from collections.abc import Sequence

from agent.ledger.energy import Segment, TimedValue
from agent.ledger.imports.forms import POWER
from agent.ledger.meters import Limits
from agent.ledger.segments import power_segments, register_segments


def reading_segments(
    times: Sequence[int], values: Sequence[float], interval: int, column: str, limits: Limits
) -> list[Segment]:
    """Turn readings, which come every `interval` milliseconds, into segments of known power."""
    readings = [
        TimedValue(time, value, interval) for time, value in zip(times, values, strict=True)
    ]
    if column == POWER:
        return [one for one in power_segments(readings) if min(one.first, one.last) >= 0]
    segments, _ = register_segments(readings, rating=limits.rating, wrap=limits.wrap)
    return segments
