"""The hours of one meter, made of its readings of power and of its register."""

from __future__ import annotations

from collections.abc import Sequence

from agent.ledger.energy import HourCells, TimedValue
from agent.ledger.segments import (
    RegisterEvent,
    merge,
    power_segments,
    register_segments,
    spread,
)
from agent.ledger.shape import may_be_coarse, shape


def meter_hours(
    power: Sequence[TimedValue],
    energy: Sequence[TimedValue],
    start: int,
    end: int,
    *,
    rating: float | None = None,
    wrap: float | None = None,
) -> tuple[dict[int, HourCells], list[RegisterEvent]]:
    """Return a meter's hours between two times, and what its register did.

    Readings are in order of time and should reach one beyond either end. `rating` is in watts;
    `wrap` is the number of joules at which the register begins again at 0.
    """
    register, events = register_segments(energy, rating=rating, wrap=wrap)
    drawn = power_segments(power)
    merged = merge(register, drawn)
    hours = spread(merged, start, end)
    if register and drawn and may_be_coarse(energy):
        # Where power has added nothing, everything that is covered is the register's.
        counted = hours if len(merged) == len(register) else spread(register, start, end)
        shape(hours, counted, spread(drawn, start, end), energy)
    return hours, events
