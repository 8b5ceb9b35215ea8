"""Registers of 120 kW, so of 2 kWh a minute, and how much of a sum is in doubt."""

from __future__ import annotations

import math

import pytest

from agent.ledger.limits import Limits
from tests.support.registers import KWH, MINUTE, Came

FREE = Limits()
RATED = Limits(rating=500_000.0)
BOTH = pytest.mark.parametrize("limits", [RATED, FREE], ids=["rated", "unrated"])


def limit(found: Came, start: int, end: int) -> float:
    """Return the limit of error of a sum between two minutes, in kWh."""
    return sum(one.limit(start * MINUTE, end * MINUTE) for one in found.found.doubts) / KWH


def steady(minute: float) -> float:
    return (15_513 + 2 * minute) * KWH


def wavy(minute: float) -> float:
    """Return what counts 120 kW that goes up and down by a hundredth,
    so that no rises are alike.
    """
    return steady(minute) + math.sin(minute / 17) * 0.3 * KWH
