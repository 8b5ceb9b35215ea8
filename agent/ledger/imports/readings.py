"""Rows that are readings, of power or of a register, and not energies.

They are judged as the agent's own readings are.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.ledger.energy import Segment, TimedValue
from agent.ledger.imports.forms import POWER
from agent.ledger.limits import Limits
from agent.ledger.meter_hours import Readings, meter_energy
from agent.ledger.register_judge import Refusal


def reading_segments(
    times: Sequence[int], values: Sequence[float], interval: int, column: str, limits: Limits
) -> tuple[list[Segment], list[Refusal]]:
    """Turn readings, which come every `interval` milliseconds, into segments of known power.

    Returns them with the readings that are not believed.
    """
    readings = [
        TimedValue(time, value, interval) for time, value in zip(times, values, strict=True)
    ]
    if column == POWER:
        found = meter_energy(Readings(power=readings), limits)
        return found.drawn, found.refusals
    found = meter_energy(Readings(energy=readings), limits)
    return found.register.segments, found.refusals
