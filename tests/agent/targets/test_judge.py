"""What goes beside a state: forecast, pace, the other reading, which value is shown."""

from __future__ import annotations

import datetime as dt

import pytest

from agent.targets import wording
from agent.targets.forecast import DAY, Point, trend
from agent.targets.judge import YEAR, evaluate
from agent.targets.scoreboard import registered
from tests.support.evidence import FACTS, ZONE, measured, noon, reported, state

CHIPS, ROUND_TRIP = "guian-chips-200000", "guizhou-round-trip-guangzhou"


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


def test_registered_evidence_is_of_the_last_day_of_its_period() -> None:
    """A figure of 2023 is evidence of the end of 2023, and of nothing later."""
    found = registered([FACTS["guizhou-400g-channel"]])
    (item,) = found["guizhou", "link_rate", "china-mobile-400g"]
    assert dt.datetime.fromtimestamp(item.time, ZONE).date() == dt.date(2023, 12, 31)
    assert item.kind == "registered"
    assert YEAR == 365 * DAY
