"""The shape of an hour whose register counts in coarse steps: its energy is the register's, its course that of the power.

A register of 0.1 kWh behind a rack of 3 kW moves every other minute: five minutes of it are right to a fifth. Its hour is
right to a thirtieth, and the power read meanwhile says how the hour went. So cells that both cover share out the register's
difference as the power says; what they sum up to stays exactly what the register counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import fsum
from typing import TYPE_CHECKING, Final

from agent.ledger.registers import step_of

if TYPE_CHECKING:
    from agent.ledger.energy import HourCells, Raw

_COARSE: Final = 0.01
"""A step above this share of a cell's energy says less of the cell than power does, which is read every minute or so."""

_LEAST_LOAD: Final = 0.1
_HOUR_MS: Final = 3_600_000
_CELL_MS: Final = 300_000
_FEWEST: Final = 2


def may_be_coarse(readings: Sequence[Raw]) -> bool:
    """Tell at little cost whether there can be an hour to shape: the load of one is taken to be no less than a tenth of the mean."""
    elapsed = readings[-1].time - readings[0].time
    moved = sum(max(0.0, after.value - before.value) for before, after in pairwise(readings))
    return (
        step_of(reading.value for reading in readings) * elapsed
        > _COARSE * _LEAST_LOAD * moved * _CELL_MS
    )


def shape(
    hours: Mapping[int, HourCells],
    counted: Mapping[int, HourCells],
    power: Mapping[int, HourCells],
    readings: Sequence[Raw],
) -> None:
    """Give hours the shape of the power in the cells that the register has `counted`, where its steps are coarse."""
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
            max(0, bisect_left(times, hour) - 1) : bisect_right(times, hour + _HOUR_MS) + 1
        ]
        if weight <= 0 or step_of(reading.value for reading in near) <= _COARSE * total / len(
            chosen
        ):
            continue
        for n in chosen:
            cells.joules[n] = total * drawn.joules[n] / weight
        largest = max(chosen, key=cells.joules.__getitem__)
        cells.joules[largest] += total - fsum(cells.joules[n] for n in chosen)
