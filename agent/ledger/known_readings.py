"""The readings that a meter's energy between two times is judged by.

Mostly these are its readings of that time and one beyond on either side. Where something in them
needs to be judged, so are those near by, and for a register that stands still those since it last
moved.
"""

from __future__ import annotations

from typing import Final

from agent.ledger.energy import ENERGY, POWER
from agent.ledger.limits import Limits
from agent.ledger.lulls import LONG_MS
from agent.ledger.meter_hours import Readings
from agent.ledger.near_rates import NEAR, NEAR_MS
from agent.ledger.power_doubts import LASTS_MS, PAST_MS, may_leap
from agent.ledger.power_judge import BESIDE
from agent.ledger.power_lulls import may_lull
from agent.ledger.register_layout import is_simple
from agent.ledger.store.database import Tables

POWER_BESIDE: Final = BESIDE + 1
"""Readings of power beyond either end: the one next to it, and those by which that is judged."""

_MORE: Final = 2
"""Those by which the outermost readings are judged are judged as well, by as many again."""


def known_readings(
    tables: Tables, meter: int, start: int, end: int, limits: Limits, *, widely: bool = False
) -> Readings:
    """Return a meter's readings between two times, in milliseconds, with those they need.

    `widely` takes those near by in any case.
    """
    power = tables.readings.between(meter, POWER, start, end, beyond=POWER_BESIDE)
    energy = tables.readings.between(meter, ENERGY, start, end)
    if not energy and limits.rating is None and may_leap(power):
        power = tables.readings.between(
            meter, POWER, start - PAST_MS, end + LASTS_MS, beyond=POWER_BESIDE
        )
    elif not energy and limits.flatters and may_lull(power):
        power = tables.readings.between(
            meter, POWER, start - LONG_MS, end + LONG_MS, beyond=POWER_BESIDE
        )
    # One of many PDUs hides little, and is looked up often.
    step = 0 if limits.is_one_of_many or not energy else tables.registers.step(meter)
    if not energy or (not widely and is_simple(energy, limits, power, step)):
        return Readings(power=power, energy=energy, step=step, are_simple=True)
    near = tables.readings.near(meter, start, end, count=_MORE * NEAR, time=_MORE * NEAR_MS)
    move = tables.readings.last_move(meter, near.start)
    if move is not None and move.since < near.start:  # how it went before it stood still
        earlier = tables.readings.near(meter, move.since, end, count=NEAR, time=0)
        move = tables.readings.last_move(meter, earlier.start)
    first = near.start if move is None else move.since
    energy = [
        one for one in tables.readings.between(meter, ENERGY, first, near.end) if one.time >= first
    ]
    power = tables.readings.between(
        meter, POWER, min(first, start), max(near.end, end), beyond=POWER_BESIDE
    )
    before = None if move is None else move.before
    return Readings(power=power, energy=energy, before=before, step=step, are_simple=False)
