"""The state of a figure that is built up: by which evidence, on which day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.targets.model import Evidence
from tests.support.evidence import measured, noon, reported, state

CHIPS = "guian-chips-200000"
RISE = [("2024-06-02", 100_000.0), ("2024-06-16", 110_000.0), ("2024-06-29", 119_000.0)]
SLOW = [("2024-06-02", 100_000.0), ("2024-06-16", 101_000.0), ("2024-06-29", 102_000.0)]


@pytest.mark.parametrize(
    ("fact", "evidence", "day", "expected"),
    [
        # 200 000 chips by the end of 2024.
        (CHIPS, [], "2024-06-30", "unknown"),
        (CHIPS, [reported(80_000, "2024-03-06")], "2024-06-30", "unknown"),
        (
            CHIPS,
            [measured(120_000, "2024-06-30")],
            "2024-06-30",
            "unknown",
        ),  # no trend from one value
        (
            CHIPS,
            [measured(120_000, "2024-06-30", history=RISE)],
            "2024-06-30",
            "on_track",
        ),  # 700 a day: there by October
        (
            CHIPS,
            [measured(102_000, "2024-06-30", history=SLOW)],
            "2024-06-30",
            "at_risk",
        ),  # 70 a day: in years
        (
            CHIPS,
            [measured(70_000, "2024-06-30", history=[(d, 199_000 - v) for d, v in RISE])],
            "2024-06-30",
            "at_risk",
        ),
        (CHIPS, [measured(200_000, "2024-06-30")], "2024-06-30", "met"),
        (
            CHIPS,
            [measured(3_000, "2024-06-30", at_least=True)],
            "2024-06-30",
            "unknown",
        ),  # one site's chips
        (
            CHIPS,
            [measured(200_001, "2024-06-30", at_least=True)],
            "2024-06-30",
            "met",
        ),  # a part is enough
        (CHIPS, [measured(120_000, "2024-06-01")], "2024-06-30", "unknown"),  # a month old
        (CHIPS, [reported(80_000, "2024-03-06")], "2025-01-01", "expired_unreported"),
        (
            CHIPS,
            [reported(210_000, "2024-12-20")],
            "2025-01-01",
            "met",
        ),  # reported in time: reached
        (CHIPS, [reported(210_000, "2024-12-20")], "2026-11-22", "met"),  # and it stays so
        (
            CHIPS,
            [reported(190_000, "2024-12-20")],
            "2025-01-01",
            "expired_unreported",
        ),  # eleven days were left
        (
            CHIPS,
            [reported(210_000, "2025-03-01")],
            "2026-11-22",
            "unknown",
        ),  # there in March; in December, who knows
        (
            CHIPS,
            [reported(150_000, "2025-03-01")],
            "2026-11-22",
            "missed",
        ),  # below it in March: so in December, too
        (CHIPS, [measured(150_000, "2025-01-01")], "2025-01-01", "missed"),
        (CHIPS, [measured(150_000, "2024-12-31")], "2025-01-01", "unknown"),  # half a day was left
        (
            CHIPS,
            [replace(measured(150_000, "2024-12-31"), time=noon("2024-12-31") + 11 * 3600)],
            "2025-01-01",
            "missed",
        ),  # an hour
        (
            CHIPS,
            [measured(150_000, "2024-11-01")],
            "2025-01-01",
            "unknown",
        ),  # measured, but not to the end
        (
            CHIPS,
            [measured(250_000, "2026-11-22", history=[("2024-12-31", 150_000.0)])],
            "2026-11-22",
            "unknown",
        ),
        (CHIPS, [reported(150_000, "2024-12-31")], "2025-01-01", "missed"),  # of the very day
        (CHIPS, [reported(150_000, "2024-12-30")], "2025-01-01", "expired_unreported"),
        (
            CHIPS,
            [measured(250_000, "2026-11-22", history=[("2025-02-01", 150_000.0)])],
            "2026-11-22",
            "missed",
        ),
        (
            CHIPS,
            [measured(150_000, "2026-11-22", history=[("2024-12-30", 201_000.0)])],
            "2026-11-22",
            "met",
        ),  # then it was
        (CHIPS, [measured(250_000, "2026-11-22")], "2026-11-22", "unknown"),
        (
            CHIPS,
            [measured(3_000, "2026-11-22", at_least=True)],
            "2026-11-22",
            "expired_unreported",
        ),  # a part today tells nothing
    ],
)
def test_a_figure_that_is_built_up(
    fact: str, evidence: list[Evidence], day: str, expected: str
) -> None:
    """A goal to build up to is in the state that its evidence allows on that day."""
    assert state(fact, evidence, day) == expected
