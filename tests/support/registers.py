"""What tests of single meters share: readings made by hand, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from agent.ledger.energy import HourCells, Segment, TimedValue
from agent.ledger.limits import Limits
from agent.ledger.meter_hours import MeterEnergy, Readings, meter_energy
from agent.ledger.register_judge import RegisterEvent

MINUTE = 60_000
KWH = 3.6e6


def meter_hours(
    power: Sequence[TimedValue],
    energy: Sequence[TimedValue],
    start: int,
    end: int,
    *,
    rating: float | None = None,
    wrap: float | None = None,
) -> tuple[dict[int, HourCells], list[RegisterEvent]]:
    """Return a meter's hours between two times, and what its register did when it fell."""
    limits = Limits(rating=rating, wrap=wrap)
    found = meter_energy(Readings(power=power, energy=energy), limits)
    return found.hours(start, end), found.register.events


def register_segments(
    readings: Sequence[TimedValue], *, rating: float | None = None, wrap: float | None = None
) -> tuple[list[Segment], list[RegisterEvent]]:
    """Return what a register counted, and what it did when it fell."""
    register = meter_energy(Readings(energy=readings), Limits(rating=rating, wrap=wrap)).register
    return register.segments, register.events


def read(
    value: Callable[[int], float], minutes: Sequence[int], interval: int = 1
) -> list[TimedValue]:
    """Read something at some minutes, by a meter that is read every `interval` minutes."""
    return [TimedValue(minute * MINUTE, value(minute), interval * MINUTE) for minute in minutes]


class Came:
    """What a meter's readings came to: kWh, covered minutes, and what was refused, by reason."""

    def __init__(self, found: MeterEnergy, minutes: int) -> None:
        hours = found.hours(0, minutes * MINUTE).values()
        self.kwh = sum(cells.total for cells in hours) / KWH
        self.minutes = sum(cells.covered_ms for cells in hours) / MINUTE
        self.refused = Counter(one.reason for one in found.refusals)
        self.events = Counter(one.kind for one in found.register.events)
        self.found = found


def came(
    energy: Sequence[TimedValue] = (),
    power: Sequence[TimedValue] = (),
    *,
    limits: Limits | None = None,
    step: int = 0,
) -> Came:
    """Return what a meter's readings come to up to the last of them; `step` was known before."""
    last = max(one.time for one in (*energy, *power))
    found = meter_energy(Readings(power=power, energy=energy, step=step), limits or Limits())
    return Came(found, last // MINUTE)
