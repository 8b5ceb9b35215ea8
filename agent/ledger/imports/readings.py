"""Rows that are readings, of power or of a register, and not energies.

They are judged as the agent's own readings are.
"""

from __future__ import annotations

from dataclasses import replace

from agent.ledger.energy import HourCells, TimedValue
from agent.ledger.imports.energies import lay_out_segments
from agent.ledger.imports.forms import POWER
from agent.ledger.imports.rows import LaidOut, Rows
from agent.ledger.imports.spacing import typical_interval
from agent.ledger.limits import Limits
from agent.ledger.meter_hours import Readings, meter_energy, note_integrated
from agent.ledger.register_steps import ImportedRegister, step_of


def lay_out_readings(rows: Rows, column: str, limits: Limits) -> LaidOut:
    """Return the energy by hour that readings tell, and how well they tell it."""
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
            found, first_read=rows.times[0], doubts=power.doubts, unbelieved=power.refusals
        )
    energy = meter_energy(Readings(energy=readings), limits)
    believed = energy.register.believed
    register = ImportedRegister(step_of(one.value for one in believed), rows.times[-1])
    found = lay_out_segments(energy.register.segments, is_power=False)
    return replace(
        found,
        first_read=rows.times[0],
        doubts=energy.doubts,
        register=register,
        unbelieved=energy.refusals,
    )
