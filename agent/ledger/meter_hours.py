"""The hours of one meter, made of its readings of power and of its register.

The register comes first. Where it says nothing, or is rejected, power does. Where a register is
stuck neither of them counts: they contradict each other, and nobody knows which one is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.ledger.doubts import Doubt, Uncertain
from agent.ledger.energy import FULL_MASK, HourCells, Segment, TimedValue
from agent.ledger.limits import Limits
from agent.ledger.power_doubts import jumps, power_doubts
from agent.ledger.power_fills import judge_fills
from agent.ledger.power_judge import accepted_power
from agent.ledger.power_lulls import power_lulls
from agent.ledger.register_judge import Refusal
from agent.ledger.register_layout import (
    RegisterEnergy,
    is_simple,
    register_energy,
    simple_energy,
)
from agent.ledger.register_steps import step_of
from agent.ledger.segments import merge, power_segments, spread, without
from agent.ledger.shape import may_be_coarse, shape
from agent.ledger.thinning import thinned


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """A meter's readings of power and of its register, each in order of time.

    `before` is when the register was last seen lower than its first reading shows, in milliseconds.
    `step` is what is known of its step beside these readings, in joules; else 0. `are_simple` says
    that each difference of the register is its energy; None where nobody has looked yet.
    """

    power: Sequence[TimedValue] = ()
    energy: Sequence[TimedValue] = ()
    before: int | None = None
    step: int = 0
    are_simple: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterEnergy:
    """What a meter's readings come to: what its register counted, and what its power was.

    `power` are the readings of power that `drawn` joins. `open_since` is when the time began of
    which the next readings may say something else.
    """

    register: RegisterEnergy
    drawn: list[Segment]
    power: Sequence[TimedValue]
    refusals: list[Refusal]
    doubts: Sequence[Uncertain] = ()
    open_since: int | None = None

    def hours(self, start: int, end: int) -> dict[int, HourCells]:
        """Return the meter's hours between two times."""
        register, drawn = self.register.segments, self.drawn
        merged = merge(register, drawn)
        hours = spread(merged, start, end)
        # Where power has added nothing, everything that is covered is the register's.
        counted = hours if len(merged) == len(register) else spread(register, start, end)
        if counted is not hours:
            note_integrated(hours, counted, self.power)
        if register and drawn and may_be_coarse(self.register.accepted):
            shape(hours, counted, spread(drawn, start, end), self.register.accepted)
        return hours


def meter_energy(readings: Readings, limits: Limits) -> MeterEnergy:
    """Judge a meter's readings; they should reach one beyond what is asked, on either side."""
    power, refusals = accepted_power(readings.power, limits)
    drawn = power_segments(power)
    simple = readings.are_simple
    if simple is None:
        simple = is_simple(readings.energy, limits, power, readings.step)
    if simple:
        register = simple_energy(readings.energy, limits, readings.step)
    else:
        register = register_energy(
            readings.energy, limits, drawn, before=readings.before, known_step=readings.step
        )
        drawn = without(drawn, register.stuck)
    power = [one for one in power if one.value >= 0] if refusals else power
    refusals += register.refusals
    doubts, open_since = register.doubts, register.open_since
    if power and register.segments and not (simple and limits.is_one_of_many):
        step = step_of(one.value for one in register.accepted)
        fills = judge_fills(register.segments, drawn, step, register.unknown)
        drawn, doubts = fills.drawn, [*doubts, *fills.doubts]
    if power and not readings.energy:
        wild: Sequence[Doubt] = ()
        if limits.rating is None:
            wild, open_since = power_doubts(power)
            doubts = [*wild]
        if not limits.is_one_of_many:
            doubts = [*doubts, *jumps(power)]
        if limits.flatters:
            lulls = power_lulls(power, wild)
            doubts, open_since = [*doubts, *lulls.found], earlier(open_since, lulls.open_since)
    return MeterEnergy(
        register=register,
        drawn=drawn,
        power=power,
        refusals=refusals,
        doubts=doubts,
        open_since=open_since,
    )


def note_integrated(
    hours: Mapping[int, HourCells], counted: Mapping[int, HourCells], power: Sequence[TimedValue]
) -> None:
    """Note in `hours` how well power tells those of their cells that no register `counted`."""
    masks = {hour: counted[hour].mask if hour in counted else 0 for hour in hours}
    if all(hours[hour].mask & ~mask == 0 for hour, mask in masks.items()):
        return
    for hour, found in thinned(power).items():
        if hour in hours and masks[hour] != FULL_MASK:
            hours[hour].thinned = [
                0.0 if masks[hour] >> n & 1 else value for n, value in enumerate(found.joules)
            ]
            hours[hour].repeats = found.repeats


def earlier(one: int | None, other: int | None) -> int | None:
    """Return the earlier of two times, as far as they are known."""
    return min((time for time in (one, other) if time is not None), default=None)
