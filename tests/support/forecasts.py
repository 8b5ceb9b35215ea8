"""One forecast beside what came: a draw of a law, judged as an agent judges it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Final

from agent.hubs.loader import load_registry
from agent.hubs.model import Deadline, Fact
from agent.targets.forecast import DAY, Point
from agent.targets.judge import evaluate
from agent.targets.model import Evidence
from tests.support.courses import PUES, STOCKS, Law
from tests.support.other_courses import OTHER_PUES, OTHER_STOCKS

_FIRST: Final = dt.date(2030, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a KPI is, how long it is known, and how far ahead it is asked for, in days."""

    fact: Fact
    annual: bool
    histories: Sequence[int]
    horizons: Sequence[int]
    laws: Mapping[str, Law]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One forecast beside what came."""

    held: bool | None
    """None where there was no forecast."""
    below: bool
    """The value came out below the range."""
    width: float
    """Of the range, in units of the distance from the last value to what came."""
    on_track: bool
    reached: bool


@cache
def settings() -> tuple[Setting, ...]:
    """Return the two kinds of KPI: what is built up, and a mean over twelve months."""
    facts = {fact.id: fact for fact in load_registry().facts()}
    return (
        Setting(
            fact=facts["guian-chips-200000"],
            annual=False,
            histories=(60, 120, 180, 365),
            horizons=(30, 90, 180),
            laws=STOCKS,
        ),
        Setting(
            fact=replace(facts["guian-huawei-pue"], kind="target"),
            annual=True,
            histories=(90, 180, 365, 730),
            horizons=(60, 180, 365),
            laws=PUES,
        ),
    )


@cache
def other_settings() -> tuple[Setting, ...]:
    """Return the same two kinds, by laws that the forecasts were not made for."""
    stock, annual = settings()
    return (
        replace(stock, histories=(90, 250), horizons=(45, 120), laws=OTHER_STOCKS),
        replace(annual, histories=(200, 500), horizons=(90, 240), laws=OTHER_PUES),
    )


def draw(setting: Setting, law: Law, history: int, ahead: int, seed: str) -> Drawn:
    """Forecast once: a history of so many days, and the value so many days ahead."""
    rng = Random(seed)
    values = law(rng, history + ahead)
    start = dt.datetime.combine(_FIRST, dt.time(12), dt.UTC).timestamp()
    coverage = 1.0 if setting.annual else None
    points = [
        Point(start + day * DAY, value, coverage) for day, value in enumerate(values[:history])
    ]
    last, came = values[history - 1], values[-1]
    goal = _goal(rng, setting, values[:history], ahead)
    day = _FIRST + dt.timedelta(days=history - 1 + ahead)
    fact = replace(setting.fact, value=goal, deadline=Deadline(day, day))
    evidence = Evidence(
        value=last, time=points[-1].time, coverage=coverage, history=tuple(points[:-1])
    )
    verdict = evaluate(fact, [evidence], points[-1].time)
    span = verdict.outlook.due if verdict.outlook is not None else None
    later = values[history:]
    reached = came <= goal if setting.annual else max(later) >= goal
    return Drawn(
        held=None if span is None else span.lower <= came <= span.upper,
        below=span is not None and came < span.lower,
        width=0.0 if span is None else (span.upper - span.lower) / max(abs(came - last), 1e-9),
        on_track=verdict.state == "on_track",
        reached=reached,
    )


def _goal(rng: Random, setting: Setting, known: Sequence[float], ahead: int) -> float:
    """Return a goal that the present pace may reach or not."""
    back = known[-1 - min(ahead, len(known) - 1)]
    change = (known[-1] - back) * ahead / min(ahead, len(known) - 1)
    least = 0.002 if setting.annual else 20.0
    move = max(abs(change), least) * rng.uniform(0.2, 1.3)
    return known[-1] - move if setting.annual else known[-1] + move
