"""How a stated figure is judged, case by case: which state, by what evidence, on which day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.hubs.loader import load_registry
from agent.hubs.model import Deadline, Fact
from agent.targets import wording
from agent.targets.forecast import DAY, Point, trend
from agent.targets.judge import YEAR, evaluate
from agent.targets.model import STATES, Evidence
from agent.targets.scoreboard import registered

REGISTRY = load_registry()
FACTS = {fact.id: fact for fact in REGISTRY.facts()}
ZONE = ZoneInfo("Asia/Shanghai")


def noon(day: str) -> float:
    """Return noon of a day in Shanghai."""
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), ZONE).timestamp()


def measured(
    value: float, day: str, *, coverage: float | None = None, at_least: bool = False, history=()
) -> Evidence:
    """Return a measurement of a day; `history` is (day, value) or (day, value, coverage)."""
    points = tuple(Point(noon(item[0]), *item[1:]) for item in history)
    return Evidence(
        value=value, time=noon(day), coverage=coverage, at_least=at_least, history=points
    )


def reported(value: float, day: str, *, at_least: bool = False) -> Evidence:
    """Return a registered observation of a day."""
    return Evidence(value=value, time=noon(day), kind="registered", at_least=at_least)


def state(fact: str | Fact, evidence: list[Evidence], day: str) -> str:
    """Judge at noon of a day."""
    fact = FACTS[fact] if isinstance(fact, str) else fact
    verdict = evaluate(fact, evidence, noon(day))
    text = wording.explain(fact, verdict)
    assert text.en
    assert text.zh
    assert "{" not in text.en + text.zh
    return verdict.state


CHIPS, PUE, FLOOR, ROUND_TRIP = (
    "guian-chips-200000",
    "guian-huawei-pue",
    "kunming-racks",
    "guizhou-round-trip-guangzhou",
)
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
        # Rising until 2027-06-14.
        (
            "guian-huawei-npus",
            [measured(900, "2026-11-22")],
            "2026-11-22",
            "unknown",
        ),  # a direction needs two values
        (
            "guian-huawei-npus",
            [measured(900, "2026-11-22", history=[("2026-11-20", 800.0)])],
            "2026-11-22",
            "unknown",
        ),
        (
            "guian-huawei-npus",
            [measured(900, "2026-11-22", history=[("2026-10-20", 800.0)])],
            "2026-11-22",
            "on_track",
        ),
        (
            "guian-huawei-npus",
            [measured(800, "2026-11-22", history=[("2026-10-20", 800.0)])],
            "2026-11-22",
            "at_risk",
        ),
        (
            "guian-huawei-npus",
            [measured(900, "2027-06-14", history=[("2026-10-20", 800.0)])],
            "2027-06-15",
            "met",
        ),
        (
            "guian-huawei-npus",
            [measured(700, "2027-06-14", history=[("2026-10-20", 800.0)])],
            "2027-06-15",
            "missed",
        ),
        (
            "guian-huawei-npus",
            [measured(900, "2027-01-14", history=[("2026-10-20", 800.0)])],
            "2027-06-15",
            "unknown",
        ),
        ("guian-huawei-npus", [], "2027-06-15", "expired_unreported"),
        # An observation is only stated, whatever is measured.
        ("guian-chips-in-use", [measured(5, "2026-11-22")], "2026-11-22", "stated_only"),
    ],
)
def test_state(fact: str, evidence: list[Evidence], day: str, expected: str) -> None:
    """Each figure is in the state that its evidence allows on that day."""
    assert state(fact, evidence, day) == expected


def test_forecast_and_pace() -> None:
    """At 1 000 chips a day, 120 000 become 200 000 in eighty days."""
    history = [("2024-06-10", 100_000.0), ("2024-06-20", 110_000.0)]
    verdict = evaluate(
        FACTS[CHIPS], [measured(120_000, "2024-06-30", history=history)], noon("2024-06-30")
    )
    assert verdict.outlook is not None
    assert verdict.outlook.reached is not None
    assert verdict.outlook.reached.expected == pytest.approx(noon("2024-06-30") + 80 * DAY)
    assert verdict.distance == 80_000
    assert verdict.pace == pytest.approx(80_000 / 184.5)


def test_the_other_reading_is_told() -> None:
    """A round trip of 14 ms breaks 10 ms and keeps the one-way reading; 24 ms keeps neither."""
    fact = FACTS[ROUND_TRIP]
    told = wording.explain(
        fact, evaluate(fact, [measured(0.014, "2026-11-22")], noon("2026-11-22"))
    )
    assert "one way" in told.en
    assert "单程" in told.zh
    told = wording.explain(
        fact, evaluate(fact, [measured(0.024, "2026-11-22")], noon("2026-11-22"))
    )
    assert "one way" not in told.en


def test_a_fresh_measurement_is_shown_before_a_report() -> None:
    """A measurement of now is shown before a report; without it, the last report is."""
    fact = FACTS["kunming-racks"]
    report = reported(27_584, "2026-11-21")
    verdict = evaluate(fact, [report, measured(27_600, "2026-11-20")], noon("2026-11-22"))
    assert (verdict.value, verdict.value_kind) == (27_600, "measured")
    verdict = evaluate(fact, [report, measured(27_600, "2026-10-20")], noon("2026-11-22"))
    assert (verdict.value, verdict.value_kind) == (27_584, "registered")


def test_what_is_not_yet_known_is_not_used() -> None:
    """Evidence of a later day does not judge an earlier one."""
    assert state(CHIPS, [reported(210_000, "2024-12-20")], "2024-12-19") == "unknown"


def test_trend_needs_three_values_and_a_week() -> None:
    """Two values, or an afternoon, are no trend."""
    assert trend([Point(0, 1), Point(8 * DAY, 2)]) is None
    assert trend([Point(0, 1), Point(3600, 2), Point(7200, 3)]) is None
    line = trend([Point(0, 1), Point(5 * DAY, 2), Point(10 * DAY, 3)])
    assert line is not None
    assert line.slope == pytest.approx(1 / (5 * DAY))


DAYS = st.integers(0, 1500).map(lambda n: noon("2024-01-01") + n * DAY)
POINTS = st.lists(
    st.builds(Point, DAYS, st.floats(0, 4e5), st.sampled_from([None, 0.0, 0.5, 0.95])), max_size=6
)
EVIDENCE = st.lists(
    st.builds(
        Evidence,
        value=st.floats(0, 4e5) | st.floats(1, 2) | st.sampled_from([0.0, 1.0]),
        time=DAYS,
        kind=st.sampled_from(["measured", "registered"]),
        coverage=st.sampled_from([None, 0.0, 0.01, 0.5, 0.95, 1.0]),
        at_least=st.booleans(),
        history=POINTS.map(lambda points: tuple(sorted(points, key=lambda point: point.time))),
    ),
    max_size=3,
)
RANK = {"missed": 0, "at_risk": 1, "on_track": 2, "met": 3}


@settings(max_examples=300, deadline=None)
@given(fact=st.sampled_from(list(FACTS.values())), evidence=EVIDENCE, now=DAYS)
def test_any_evidence(fact: Fact, evidence: list[Evidence], now: float) -> None:
    """Any evidence gives a known state and whole texts, and never a verdict without proof."""
    verdict = evaluate(fact, evidence, now)
    assert verdict.state in STATES
    assert (verdict.state == "stated_only") == (fact.kind == "observation")
    text = wording.explain(fact, verdict)
    assert "{" not in text.en + text.zh
    known = [point.value for item in evidence for point in item.points(now)]
    if verdict.state == "met" and fact.op != "rising":
        assert any(
            value >= fact.value * (1 - 1e-9)
            if fact.op == ">="
            else value <= fact.value * (1 + 1e-9)
            for value in known
        )
    if verdict.state == "missed":
        assert fact.due is not None
        assert now >= fact.due[1]
        assert known
    if verdict.state == "expired_unreported":
        assert fact.due is not None
        assert now >= fact.due[1]
        assert not [
            i for i in evidence if i.kind == "measured" and not i.at_least and i.points(now)
        ]


@settings(max_examples=100, deadline=None)
@given(fact=st.sampled_from([f for f in FACTS.values() if f.kind != "observation"]), now=DAYS)
def test_nothing_is_met_without_evidence(fact: Fact, now: float) -> None:
    """No evidence, no verdict: unknown before the deadline, expired and unreported after it."""
    after = fact.due is not None and now >= fact.due[1]
    assert evaluate(fact, [], now).state == ("expired_unreported" if after else "unknown")


@settings(max_examples=300, deadline=None)
@given(evidence=EVIDENCE, now=DAYS, first=st.integers(0, 1200), more=st.integers(0, 600))
def test_a_later_deadline_is_never_worse(
    evidence: list[Evidence], now: float, first: int, more: int
) -> None:
    """For what is built up, more time never turns a state into a worse one."""
    day = dt.date(2024, 3, 6)
    early = replace(FACTS[CHIPS], deadline=Deadline(*(day + dt.timedelta(days=first),) * 2))
    late = replace(FACTS[CHIPS], deadline=Deadline(*(day + dt.timedelta(days=first + more),) * 2))
    before, after = evaluate(early, evidence, now).state, evaluate(late, evidence, now).state
    if before in RANK and after in RANK:
        assert RANK[after] >= RANK[before]
    assert not (before == "met" and after != "met")


@settings(max_examples=200, deadline=None)
@given(evidence=EVIDENCE, now=DAYS, later=st.integers(1, 900))
def test_silence_proves_nothing_new(evidence: list[Evidence], now: float, later: int) -> None:
    """With no newer evidence, time alone never makes a goal met."""
    fact = FACTS[CHIPS]
    known = [
        replace(item, history=tuple(p for p in item.history if p.time <= now))
        for item in evidence
        if item.time <= now
    ]
    if evaluate(fact, known, now).state != "met":
        assert evaluate(fact, known, now + later * DAY).state != "met"


def test_registered_evidence_is_of_the_last_day_of_its_period() -> None:
    """A figure of 2023 is evidence of the end of 2023, and of nothing later."""
    found = registered([FACTS["guizhou-400g-channel"]])
    (item,) = found["guizhou", "link_rate", "china-mobile-400g"]
    assert dt.datetime.fromtimestamp(item.time, ZONE).date() == dt.date(2023, 12, 31)
    assert item.kind == "registered"
    assert YEAR == 365 * DAY
