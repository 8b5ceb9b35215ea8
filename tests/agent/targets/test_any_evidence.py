"""Whatever the evidence: a known state, whole texts, and never a verdict without proof."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.hubs.model import Deadline, Fact
from agent.targets import wording
from agent.targets.forecast import DAY, Point
from agent.targets.judge import evaluate
from agent.targets.model import STATES, Evidence
from tests.support.evidence import FACTS, noon

CHIPS = "guian-chips-200000"
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


@settings(max_examples=300)
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


@settings(max_examples=100)
@given(fact=st.sampled_from([f for f in FACTS.values() if f.kind != "observation"]), now=DAYS)
def test_nothing_is_met_without_evidence(fact: Fact, now: float) -> None:
    """No evidence, no verdict: unknown before the deadline, expired and unreported after it."""
    after = fact.due is not None and now >= fact.due[1]
    assert evaluate(fact, [], now).state == ("expired_unreported" if after else "unknown")


@settings(max_examples=300)
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


@settings(max_examples=200)
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
