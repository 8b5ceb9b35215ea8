"""A direction that was stated, `rising`: what a figure does at present, whatever it did before."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from agent.targets.direction import direction
from agent.targets.forecast import DAY, Point
from agent.targets.judge import evaluate
from agent.targets.model import Evidence
from tests.support.evidence import FACTS, measured, state

FACT = FACTS["guian-huawei-npus"]
"""The number of chips rises until 2027-06-14."""
START = 1_780_000_000.0


def daily(values: Sequence[float]) -> list[Point]:
    return [Point(START + day * DAY, value) for day, value in enumerate(values)]


def said(values: Sequence[float]) -> str:
    """Return what is said of daily values."""
    found = direction(daily(values))
    assert found is not None
    return found.reason


def ramp(first: float, last: float, days: int) -> list[float]:
    """Return so many values on a line behind the first, up to the last."""
    return [first + (last - first) * (day + 1) / days for day in range(days)]


def test_what_rose_and_then_fell_is_falling() -> None:
    """From 100 to 200 in sixty days and down to 140 in thirty: falling, though 140 is above 100."""
    values = [100.0, *ramp(100, 200, 60), *ramp(200, 140, 30)]
    assert said(values) == "turned"
    points = daily(values)
    item = Evidence(value=140.0, time=points[-1].time, history=tuple(points[:-1]))
    verdict = evaluate(FACT, [item], item.time)
    assert (verdict.state, verdict.reason) == ("at_risk", "turned")
    assert verdict.decided is not None
    assert verdict.decided.value == 200


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([100.0, *ramp(100, 200, 60), *ramp(200, 190, 10)], "turned"),
        ([5.0, *ramp(5, 50, 30), *ramp(50, 49, 20)], "turned"),
        ([100.0, *ramp(100, 200, 60), *([140.0] * 20)], "turned"),  # one fall, then nothing
        ([200.0, *ramp(200, 140, 60)], "turned"),
        ([200.0, *ramp(200, 100, 60), *ramp(100, 180, 80)], "rising"),  # below the first, and up
        ([100.0, *ramp(100, 200, 60)], "rising"),
        ([100.0, *ramp(100, 200, 60), *ramp(200, 199, 4)], "rising"),  # four days tell nothing
        ([*([100.0] * 40), *([150.0] * 40), *([210.0] * 20)], "rising"),  # batches
        ([*([100.0] * 40), *([150.0] * 80)], "rising"),  # the last batch is eighty days ago
        ([*([100.0] * 40), *([150.0] * 120)], "not_rising"),  # nothing for ninety days
        ([100.0] * 100, "not_rising"),
    ],
)
def test_the_present_decides(values: list[float], expected: str) -> None:
    """What the last ninety days did, and the days since the highest value, decides."""
    assert said(values) == expected


def test_scatter_is_no_rise_and_hides_none() -> None:
    """Fifty draws: errors about a level never are a rise; about a line they never hide it."""
    for seed in range(50):
        chance = Random(seed)
        errors = [chance.gauss(0, 10) for _ in range(90)]
        assert said([1000 + error for error in errors]) != "rising"
        assert said([1000 + day + error for day, error in enumerate(errors)]) == "rising"


def test_one_wrong_day_does_not_turn_it() -> None:
    """A day of ten times too much, a month ago, is not the highest value."""
    values = ramp(100, 200, 90)
    values[60] *= 10
    assert said(values) == "rising"


@pytest.mark.parametrize(
    ("fact", "evidence", "day", "expected"),
    [
        # Rising until 2027-06-14.
        (
            FACT.id,
            [measured(900, "2026-11-22")],
            "2026-11-22",
            "unknown",
        ),  # a direction needs two values
        (
            FACT.id,
            [measured(900, "2026-11-22", history=[("2026-11-20", 800.0)])],
            "2026-11-22",
            "unknown",
        ),
        (
            FACT.id,
            [measured(900, "2026-11-22", history=[("2026-10-20", 800.0)])],
            "2026-11-22",
            "on_track",
        ),
        (
            FACT.id,
            [measured(800, "2026-11-22", history=[("2026-10-20", 800.0)])],
            "2026-11-22",
            "at_risk",
        ),
        (
            FACT.id,
            [measured(900, "2027-06-14", history=[("2026-10-20", 800.0)])],
            "2027-06-15",
            "met",
        ),
        (
            FACT.id,
            [measured(700, "2027-06-14", history=[("2026-10-20", 800.0)])],
            "2027-06-15",
            "missed",
        ),
        (
            FACT.id,
            [measured(900, "2027-01-14", history=[("2026-10-20", 800.0)])],
            "2027-06-15",
            "unknown",
        ),
        (FACT.id, [], "2027-06-15", "expired_unreported"),
    ],
)
def test_state(fact: str, evidence: list[Evidence], day: str, expected: str) -> None:
    """A direction is in the state that its evidence allows on that day."""
    assert state(fact, evidence, day) == expected
