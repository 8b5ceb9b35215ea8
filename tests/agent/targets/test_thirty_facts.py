"""How each of the thirty stated facts stands on three days, by what was published by then, and why.

Nothing here is measured: the first table is what a reader could know from publications alone. The
second supposes telemetry, and says so.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from agent.hubs.loader import load_registry
from agent.targets.forecast import DAY, Point
from agent.targets.model import Evidence
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json

REGISTRY = load_registry()
FACTS = {fact.id: fact for fact in REGISTRY.facts()}
DAYS = ("2024-06-30", "2025-01-01", "2026-11-22")


def noon(day: str) -> float:
    """Return noon of a day in Shanghai."""
    return dt.datetime.combine(
        dt.date.fromisoformat(day), dt.time(12), ZoneInfo("Asia/Shanghai")
    ).timestamp()


class Case(NamedTuple):
    """A fact's state on each of the three days; None where it was not published yet."""

    number: int
    id: str
    states: tuple[str | None, str | None, str | None]
    why: str


STATED = ("stated_only",) * 3
UNKNOWN = ("unknown",) * 3

BY_REPORTS = [
    Case(
        1,
        "kunming-data-centers",
        UNKNOWN,
        "A floor of 12, last reported on 2024-05-14: that speaks for its own day, and none of the"
        " three is it.",
    ),
    Case(
        2,
        "kunming-racks",
        UNKNOWN,
        "27 584 racks were reported once, 47 days before the first of the days; a floor has to be"
        " seen now.",
    ),
    Case(
        3,
        "kunming-data-centers-building",
        STATED,
        "What is being built is an observation: no threshold to judge by, neither more nor fewer"
        " is a breach.",
    ),
    Case(
        4,
        "kunming-racks-building",
        STATED,
        "As #3: 21 800 racks under construction are to become fewer as they come into service.",
    ),
    Case(
        4,
        "kunming-racks-build-out",
        UNKNOWN,
        "49 384 is derived and has no deadline; 27 584 of May is below it, and without a deadline"
        " nothing can be missed.",
    ),
    Case(
        5,
        "kunming-ai-computing-center",
        STATED,
        "That the centre operates was observed; no figure and no promise.",
    ),
    Case(
        6,
        "kunming-5g-base-stations",
        STATED,
        "31 551 at the end of 2023: registered only, no threshold.",
    ),
    Case(
        7,
        "kunming-national-hub",
        UNKNOWN,
        "A target without a date: nothing reports it reached, and without a date it cannot expire.",
    ),
    Case(
        8, "kunming-international-access", STATED, "In service when it was stated; an observation."
    ),
    Case(
        9,
        "liangya-compute",
        (None, "unknown", "unknown"),
        "Published on 2024-10-28, so unknown to anybody in June; planned without a date, and"
        " nothing is reported since.",
    ),
    Case(
        10,
        "liangya-compute-1000",
        (None, "unknown", "unknown"),
        "A milestone on the way to #9, without a date of its own.",
    ),
    Case(
        11,
        "liangya-renewable",
        (None, "unknown", "unknown"),
        "Our reading of `green energy`; never metered, never reported, no date.",
    ),
    Case(
        11, "liangya-carbon", (None, "unknown", "unknown"), "Our reading of `zero carbon`; as #11."
    ),
    Case(
        12,
        "liangya-international-gateway",
        (None, "stated_only", "stated_only"),
        "In service in October 2024; an observation.",
    ),
    Case(
        13,
        "guian-chips-in-use",
        STATED,
        "Over 80 000 chips in March 2024; an observation, a lower bound, no threshold.",
    ),
    Case(
        14,
        "guian-chips-200000",
        ("unknown", "expired_unreported", "expired_unreported"),
        "80 000 in March say nothing of December, and one value is no trend; the year ended and"
        " nobody published what it came to.",
    ),
    Case(
        15,
        "guian-huawei-pue",
        UNKNOWN,
        "Due in 2027 (March to June): silence before a deadline is not its passing, and no PUE"
        " was published.",
    ),
    Case(
        16,
        "guian-huawei-npus",
        UNKNOWN,
        "A direction needs two values of the same group; none was published.",
    ),
    Case(
        17,
        "guizhou-data-centers",
        UNKNOWN,
        "47 were reported on 2024-06-14, sixteen days before the first day: of its own day only.",
    ),
    Case(
        18, "guizhou-400g-channel", UNKNOWN, "400 Gbit/s in 2023; a floor that has to be seen now."
    ),
    Case(
        19,
        "guizhou-round-trip-guangzhou",
        UNKNOWN,
        "10 ms were stated as if reached, but a level has to be seen now; no date, so never"
        " expired.",
    ),
    Case(20, "guizhou-round-trip-shenzhen", UNKNOWN, "As #19."),
    Case(21, "guizhou-round-trip-hangzhou", UNKNOWN, "As #19, 16 ms."),
    Case(
        22,
        "guizhou-cloud-companies",
        STATED,
        "30 000 companies in March 2024; registered only, no threshold.",
    ),
    Case(
        23,
        "guian-enterprises-introduced",
        STATED,
        "Over 600 in the year before; an observation of a year that is over.",
    ),
    Case(
        24,
        "guian-enterprises-digital",
        ("unknown", "expired_unreported", "expired_unreported"),
        "Due at the end of 2024; no count was published, before or after.",
    ),
    Case(
        25,
        "guian-software-output",
        ("unknown", "expired_unreported", "expired_unreported"),
        "As #24: the year's output was never published.",
    ),
    Case(
        26,
        "guian-model-applications",
        ("unknown", "expired_unreported", "expired_unreported"),
        "As #24.",
    ),
    Case(27, "guizhou-data-merchants", STATED, "899 merchants in March 2024; registered only."),
    Case(27, "guizhou-data-transactions", STATED, "Over two billion yuan a year; registered only."),
    Case(
        28,
        "guizhou-digital-economy",
        STATED,
        "Over half of the city's GDP in 2023; registered only.",
    ),
    Case(29, "national-hubs", STATED, "Eight hubs since 2022; registered only."),
    Case(29, "national-clusters", STATED, "Ten clusters since 2022; registered only."),
    Case(
        30,
        "national-system",
        ("unknown", "unknown", "expired_unreported"),
        "Due at the end of 2025: on the first two days still ahead, on the last past, and no"
        " source says that it was formed.",
    ),
]


def states(day: str, measured: dict[tuple[str, str, str], list[Evidence]]) -> dict[str, str]:
    """Return the state of every fact that was published by a day."""
    return {
        row["id"]: row["state"]
        for hub in board_json(scoreboard(REGISTRY, measured, noon(day)))
        for row in hub["targets"]
    }


def test_the_table_is_whole() -> None:
    """All thirty rows of the register and every fact made of them are argued, each once."""
    assert [case.number for case in BY_REPORTS] == sorted(case.number for case in BY_REPORTS)
    assert {case.number for case in BY_REPORTS} == set(range(1, 31))
    assert sorted(case.id for case in BY_REPORTS) == sorted(FACTS)
    assert all(case.number == FACTS[case.id].number for case in BY_REPORTS)


@pytest.mark.parametrize("case", BY_REPORTS, ids=lambda case: case.id)
def test_by_what_was_published(case: Case) -> None:
    """With publications as the only evidence, the fact is in the state that is argued."""
    assert tuple(states(day, {}).get(case.id) for day in DAYS) == case.states, case.why


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
