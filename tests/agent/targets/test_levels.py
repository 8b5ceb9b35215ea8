"""The state of a level, such as a PUE, and of what has no deadline."""

from __future__ import annotations

import pytest

from agent.targets.model import Evidence
from tests.support.evidence import measured, reported, state

PUE, FLOOR, ROUND_TRIP = (
    "guian-huawei-pue",
    "kunming-racks",
    "guizhou-round-trip-guangzhou",
)


@pytest.mark.parametrize(
    ("fact", "evidence", "day", "expected"),
    [
        # Huawei's PUE, 1.2, due between 2027-03-01 and 2027-06-14.
        (PUE, [measured(1.15, "2024-12-31", coverage=0.3)], "2024-12-31", "on_track"),  # interim
        (PUE, [measured(1.25, "2024-12-31", coverage=0.3)], "2024-12-31", "at_risk"),
        (PUE, [measured(1.15, "2024-12-31", coverage=0.01)], "2024-12-31", "unknown"),  # four days
        (PUE, [measured(1.15, "2026-11-22", coverage=0.97)], "2026-11-22", "met"),  # a year
        (PUE, [measured(1.2, "2026-11-22", coverage=0.97)], "2026-11-22", "met"),  # not above 1.2
        (PUE, [measured(1.15, "2026-11-22", coverage=0.89)], "2026-11-22", "on_track"),
        (PUE, [measured(1.21, "2026-11-22", coverage=0.97)], "2026-11-22", "at_risk"),
        (
            PUE,
            [measured(1.15, "2027-04-01", coverage=0.89)],
            "2027-04-01",
            "at_risk",
        ),  # perhaps due already, and not proven
        (
            PUE,
            [measured(1.21, "2027-04-01", coverage=0.97)],
            "2027-04-01",
            "at_risk",
        ),  # by the later day not yet missed
        (PUE, [measured(1.19, "2027-04-01", coverage=0.97)], "2027-04-01", "met"),
        (PUE, [], "2027-04-01", "unknown"),
        (PUE, [], "2027-06-15", "expired_unreported"),
        (PUE, [measured(1.19, "2027-06-15", coverage=0.97)], "2027-06-15", "met"),
        (PUE, [measured(1.21, "2027-06-15", coverage=0.97)], "2027-06-15", "missed"),
        (PUE, [measured(1.19, "2027-06-15", coverage=0.5)], "2027-06-15", "unknown"),
        (
            PUE,
            [measured(1.21, "2027-06-15", coverage=0.97, history=[("2027-04-01", 1.19, 0.95)])],
            "2027-06-15",
            "met",
        ),
        (
            PUE,
            [measured(1.19, "2028-06-14", coverage=0.97)],
            "2028-06-14",
            "unknown",
        ),  # another year's PUE
        (
            PUE,
            [measured(1.19, "2028-06-14", coverage=0.97, history=[("2027-06-10", 1.25, 0.95)])],
            "2028-06-14",
            "missed",
        ),
        (
            PUE,
            [measured(1.25, "2028-06-14", coverage=0.97, history=[("2027-06-10", 1.19, 0.95)])],
            "2028-06-14",
            "met",
        ),
        # A floor to hold, without a deadline.
        (FLOOR, [reported(27_584, "2024-05-14")], "2024-05-14", "met"),  # on its own day
        (FLOOR, [reported(27_584, "2024-05-14")], "2024-06-30", "unknown"),
        (FLOOR, [measured(27_584, "2026-11-22")], "2026-11-22", "met"),
        (
            FLOOR,
            [measured(27_583, "2026-11-22")],
            "2026-11-22",
            "at_risk",
        ),  # broken, and to be mended any day
        (FLOOR, [measured(200, "2026-11-22", at_least=True)], "2026-11-22", "unknown"),
        (FLOOR, [measured(27_584, "2026-11-22", at_least=True)], "2026-11-22", "met"),
        (
            FLOOR,
            [measured(27_000, "2026-11-22", history=[("2025-01-01", 28_000.0)])],
            "2026-11-22",
            "at_risk",
        ),
        # A goal without a deadline.
        ("kunming-racks-build-out", [measured(30_000, "2026-11-22")], "2026-11-22", "unknown"),
        ("kunming-racks-build-out", [measured(49_384, "2026-11-22")], "2026-11-22", "met"),
        (
            "kunming-national-hub",
            [reported(1, "2025-05-05")],
            "2026-11-22",
            "met",
        ),  # made so once, so it is
        ("national-system", [reported(1, "2025-12-30")], "2026-11-22", "met"),
        # 10 ms, no deadline, and it is not said whether one way.
        (ROUND_TRIP, [measured(0.0099, "2026-11-22")], "2026-11-22", "met"),
        (ROUND_TRIP, [measured(0.014, "2026-11-22")], "2026-11-22", "at_risk"),
        # Zero carbon, read strictly.
        ("liangya-carbon", [measured(0.0, "2026-11-22")], "2026-11-22", "met"),
        (
            "liangya-carbon",
            [measured(0.0, "2026-11-22", at_least=True)],
            "2026-11-22",
            "unknown",
        ),  # one site tells nothing
        ("liangya-carbon", [measured(5.0, "2026-11-22", at_least=True)], "2026-11-22", "at_risk"),
        ("liangya-renewable", [measured(1.0, "2026-11-22", coverage=1.0)], "2026-11-22", "met"),
        ("liangya-renewable", [measured(0.8, "2026-11-22", coverage=1.0)], "2026-11-22", "at_risk"),
        # An observation is only stated, whatever is measured.
        ("guian-chips-in-use", [measured(5, "2026-11-22")], "2026-11-22", "stated_only"),
    ],
)
def test_a_level(fact: str, evidence: list[Evidence], day: str, expected: str) -> None:
    """A level is in the state that its evidence allows on that day."""
    assert state(fact, evidence, day) == expected
