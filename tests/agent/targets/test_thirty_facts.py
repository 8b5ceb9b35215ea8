"""How each of the thirty stated facts stands on three days, by what was published by then, and why.

Nothing here is measured: the table is what a reader could know from publications alone.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.agent.targets.facts_judged import FACTS, states

DAYS = ("2024-06-30", "2025-01-01", "2026-11-22")


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
