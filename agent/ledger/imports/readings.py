"""Rows that are readings, of power or of a register, and not energies.

They are judged as the agent's own readings are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.ledger.energy import HourCells, TimedValue
from agent.ledger.imports.energies import lay_out_segments
from agent.ledger.imports.forms import POWER
from agent.ledger.imports.refusals import Refused
from agent.ledger.imports.rows import NO_POWER, LaidOut, Rows
from agent.ledger.imports.spacing import typical_interval
from agent.ledger.limits import Limits
from agent.ledger.meter_hours import Readings, meter_energy, note_integrated
from agent.ledger.register_steps import ImportedRegister, step_of


def lay_out_readings(rows: Rows, column: str, limits: Limits) -> LaidOut:
    """Return the energy by hour that readings tell, and how well they tell it."""
    most = limits.most if column == POWER else limits.most_register
    beyond = [n for n, value in enumerate(rows.values) if value > most]
    if beyond:
        return _without(rows, beyond, column, limits, most)
    interval = typical_interval(rows.times)
    readings = [
        TimedValue(time, value, interval)
        for time, value in zip(rows.times, rows.values, strict=True)
    ]
    if column == POWER:
        power = meter_energy(Readings(power=readings), limits)
        found = lay_out_segments(power.drawn, is_power=True)
        cells = {hour: one for hour, one in found.hours.items() if isinstance(one, HourCells)}
        note_integrated(cells, {}, power.power)
        return replace(
            found, first_read=rows.times[0], doubts=power.doubts, rejected=power.refusals
        )
    energy = meter_energy(Readings(energy=readings), limits)
    accepted = energy.register.accepted
    register = ImportedRegister(step_of(one.value for one in accepted), rows.times[-1])
    found = lay_out_segments(energy.register.segments, is_power=False)
    return replace(
        found,
        first_read=rows.times[0],
        doubts=energy.doubts,
        register=register,
        rejected=energy.refusals,
    )


def _without(
    rows: Rows, beyond: Sequence[int], column: str, limits: Limits, most: float
) -> LaidOut:
    """Lay out the readings that can be, and refuse those beyond what any meter shows."""
    unit = "W" if column == POWER else "J"
    refused = [
        (
            rows.lines[n],
            Refused("ceiling", f"{rows.values[n]:.6g} {unit}; no meter shows more than {most:.3g}"),
        )
        for n in beyond
    ]
    left_out = {*beyond}
    kept = Rows()
    for n, (time, value) in enumerate(zip(rows.times, rows.values, strict=True)):
        if n not in left_out:
            kept.add(time, value, rows.lines[n])
        elif column == POWER:
            kept.add(time, NO_POWER, rows.lines[n])
    if not kept:
        return LaidOut(refused=refused)
    return replace(lay_out_readings(kept, column, limits), refused=refused)
