"""How stated facts would stand if they were measured: this table supposes telemetry, and says
so.
"""

from __future__ import annotations

import pytest

from agent.targets.forecast import DAY, Point
from agent.targets.model import Evidence
from tests.agent.targets.facts_judged import FACTS, noon, states


def measured(
    value: float,
    day: str,
    *,
    coverage: float | None = None,
    bound: bool = False,
    days: float = 0,
    a_day: float = 0.0,
) -> Evidence:
    """Return a measurement at noon of a day, with values of the days before on a line."""
    at = noon(day)
    history = tuple(
        Point(at - n * DAY, value - n * a_day, coverage) for n in range(round(days), 0, -5)
    )
    return Evidence(value=value, time=at, coverage=coverage, at_least=bound, history=history)


SUPPOSED = [
    (
        "kunming-data-centers",
        "2026-11-22",
        measured(12, "2026-11-22"),
        "met",
        "twelve sites in service in an inventory that says it is whole",
    ),
    (
        "kunming-data-centers",
        "2026-11-22",
        measured(11, "2026-11-22"),
        "at_risk",
        "eleven of a whole inventory; a floor without a date can be mended",
    ),
    (
        "kunming-data-centers",
        "2026-11-22",
        measured(11, "2026-11-22", bound=True),
        "unknown",
        "eleven of an inventory that is a part: nothing follows",
    ),
    ("kunming-racks", "2026-11-22", measured(27_584, "2026-11-22"), "met", "exactly the floor"),
    (
        "kunming-racks",
        "2026-11-22",
        measured(30_000, "2026-11-22", bound=True),
        "met",
        "a part already holds the floor",
    ),
    (
        "kunming-racks-build-out",
        "2026-11-22",
        measured(40_000, "2026-11-22", days=60, a_day=50),
        "on_track",
        "fifty racks a day reach 49 384 in half a year",
    ),
    (
        "kunming-racks-build-out",
        "2026-11-22",
        measured(40_000, "2026-11-22", days=60, a_day=-5),
        "at_risk",
        "racks go out of service",
    ),
    (
        "liangya-compute",
        "2026-11-22",
        measured(2e18, "2026-11-22"),
        "met",
        "2 000 PFLOPS of rated peak",
    ),
    (
        "liangya-compute-1000",
        "2026-11-22",
        measured(1.2e18, "2026-11-22"),
        "met",
        "the milestone, on the way to 2 000",
    ),
    (
        "liangya-renewable",
        "2026-11-22",
        measured(0.98, "2026-11-22", coverage=0.99),
        "at_risk",
        "98 % of a whole year is not all of it",
    ),
    (
        "liangya-carbon",
        "2026-11-22",
        measured(0.0, "2026-11-22"),
        "met",
        "nothing emitted, all sites telling",
    ),
    (
        "guian-chips-200000",
        "2024-06-30",
        measured(150_000, "2024-06-30", days=60, a_day=500),
        "on_track",
        "500 a day are there in October",
    ),
    (
        "guian-chips-200000",
        "2025-01-01",
        measured(201_000, "2024-12-31"),
        "met",
        "noon of the last day still counts",
    ),
    (
        "guian-chips-200000",
        "2025-01-01",
        measured(199_000, "2025-01-01"),
        "missed",
        "fewer the day after were fewer the day before",
    ),
    (
        "guian-chips-200000",
        "2026-11-22",
        measured(250_000, "2026-11-22"),
        "unknown",
        "what stands there today says nothing of 2024",
    ),
    (
        "guian-huawei-pue",
        "2026-11-22",
        measured(1.18, "2026-11-22", coverage=0.97),
        "met",
        "twelve months covered to 97 %, within the limit",
    ),
    (
        "guian-huawei-pue",
        "2026-11-22",
        measured(1.18, "2026-11-22", coverage=0.5),
        "on_track",
        "half a year is interim",
    ),
    (
        "guian-huawei-pue",
        "2026-11-22",
        measured(1.25, "2026-11-22", coverage=0.97),
        "at_risk",
        "above the limit, and no trend to judge by",
    ),
    (
        "guian-huawei-npus",
        "2026-11-22",
        measured(90_000, "2026-11-22", days=60, a_day=10),
        "on_track",
        "more than two months ago",
    ),
    (
        "guizhou-data-centers",
        "2026-11-22",
        measured(50, "2026-11-22", bound=True),
        "met",
        "a part of the province already has more than 47",
    ),
    (
        "guizhou-400g-channel",
        "2026-11-22",
        measured(4e11, "2026-11-22"),
        "met",
        "an interface of 400 Gbit/s",
    ),
    (
        "guizhou-400g-channel",
        "2026-11-22",
        measured(1e11, "2026-11-22"),
        "at_risk",
        "the fastest interface seen is of 100 Gbit/s",
    ),
    (
        "guizhou-round-trip-guangzhou",
        "2026-11-22",
        measured(0.0093, "2026-11-22"),
        "met",
        "9.3 ms, there and back",
    ),
    (
        "guizhou-round-trip-shenzhen",
        "2026-11-22",
        measured(0.014, "2026-11-22"),
        "at_risk",
        "14 ms there and back keep only the one-way reading",
    ),
    (
        "guizhou-round-trip-hangzhou",
        "2026-11-22",
        measured(0.0159, "2026-11-22"),
        "met",
        "just within 16 ms",
    ),
]


@pytest.mark.parametrize(("fact", "day", "evidence", "expected", "why"), SUPPOSED)
def test_by_supposed_telemetry(
    fact: str, day: str, evidence: Evidence, expected: str, why: str
) -> None:
    """Were this measured, the fact would be in the state that is argued."""
    found = FACTS[fact]
    assert states(day, {(found.hub, found.kpi.key, found.scope): [evidence]})[fact] == expected, why
