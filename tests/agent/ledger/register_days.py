"""A day's readings of a register, and the limits of its meter."""

from __future__ import annotations

import pytest

from agent.ledger.energy import TimedValue
from agent.ledger.limits import Limits
from tests.support.registers import KWH, read

DAY = 1440
RATED = Limits(rating=250_000.0)
FREE = Limits()
BOTH = pytest.mark.parametrize("limits", [RATED, FREE], ids=["rated", "unrated"])


def shown(minute: float) -> float:
    return (15_513 + 2 * minute) * KWH


def day(*changes: tuple[range, float], step: int = 1) -> list[TimedValue]:
    """Return a day's readings; in some minutes the register shows another number of kWh."""

    def value(minute: int) -> float:
        for minutes, kwh in changes:
            if minute in minutes:
                return kwh * KWH
        return shown(minute)

    return read(value, range(0, DAY + 1, step), step)
