"""Evidence of a day, and the state that a figure is in by it, for the tests of judgements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from agent.hubs.loader import load_registry
from agent.hubs.model import Fact
from agent.targets import wording
from agent.targets.forecast import Point
from agent.targets.judge import evaluate
from agent.targets.model import Evidence

FACTS: Final = {fact.id: fact for fact in load_registry().facts()}
ZONE: Final = ZoneInfo("Asia/Shanghai")


def noon(day: str) -> float:
    """Return noon of a day in Shanghai."""
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), ZONE).timestamp()


def measured(
    value: float,
    day: str,
    *,
    coverage: float | None = None,
    at_least: bool = False,
    history: Sequence[tuple[str, float] | tuple[str, float, float]] = (),
) -> Evidence:
    """Return a measurement of a day; `history` is (day, value) or (day, value, coverage)."""
    points = tuple(Point(noon(day), *values) for day, *values in history)
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
