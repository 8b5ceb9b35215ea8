"""How energy is laid out within an hour where the register counts in coarse steps.

A register of 0.1 kWh behind a rack of 3 kW moves every other minute, so five minutes of it are
right to a fifth only. Its hour is right to a thirtieth, and the power readings say how the hour
went. So the register's energy is shared out over the cells as the power says. The sum of these
cells stays exactly what the register counted.

At the end of no cell is a register wrong by more than a step. Where power says so, it is power that
is wrong, and the register's cells stay as they are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import fsum
from typing import Final

from agent.ledger.energy import CELL_MS, HOUR_MS, HourCells, TimedValue
from agent.ledger.register_steps import step_of

_COARSE: Final = 0.01
"""A step above this share of a cell's energy is coarse: power, read every minute, knows better."""

_LEAST_LOAD: Final = 0.1
_FEWEST: Final = 2

_WITHIN: Final = 1.1
"""Up to the end of any cell of an hour, power and register may differ by this many steps."""


def may_be_coarse(readings: Sequence[TimedValue]) -> bool:
    """Tell, at little cost, whether any hour can have a coarse step.

    An hour's load is taken to be at least a tenth of the mean load.
    """
    elapsed = readings[-1].time - readings[0].time
    moved = sum(max(0.0, after.value - before.value) for before, after in pairwise(readings))
    return (
        step_of(reading.value for reading in readings) * elapsed
        > _COARSE * _LEAST_LOAD * moved * CELL_MS
    )


def shape(
    hours: Mapping[int, HourCells],
    counted: Mapping[int, HourCells],
    power: Mapping[int, HourCells],
    readings: Sequence[TimedValue],
) -> None:
    """Change `hours` in place: share out coarse register energy as the power says.

    `counted` are the register's own hours, `power` those of the power readings. Only cells that
    both cover are changed. `readings` are the register's.
    """
    times = [reading.time for reading in readings]
    for hour, cells in hours.items():
        drawn, register = power.get(hour), counted.get(hour)
        if drawn is None or register is None:
            continue
        mask = drawn.mask & register.mask
        chosen = [n for n in range(len(cells.joules)) if mask >> n & 1]
        if len(chosen) < _FEWEST:
            continue
        total, weight = fsum(cells.joules[n] for n in chosen), fsum(drawn.joules[n] for n in chosen)
        near = readings[
            max(0, bisect_left(times, hour) - 1) : bisect_right(times, hour + HOUR_MS) + 1
        ]
        step = step_of(reading.value for reading in near)
        if weight <= 0 or step <= _COARSE * total / len(chosen):
            continue
        shared = [total * drawn.joules[n] / weight for n in chosen]
        if not _is_within(shared, [cells.joules[n] for n in chosen], _WITHIN * step):
            continue
        for n, joules in zip(chosen, shared, strict=True):
            cells.joules[n] = joules
        largest = max(chosen, key=cells.joules.__getitem__)
        cells.joules[largest] += total - fsum(cells.joules[n] for n in chosen)


def _is_within(shared: Sequence[float], counted: Sequence[float], most: float) -> bool:
    """Tell whether two ways of laying out an hour differ by no more up to any of its cells."""
    return all(
        abs(one - other) <= most
        for one, other in zip(accumulate(shared), accumulate(counted), strict=True)
    )
