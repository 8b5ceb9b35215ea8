"""Synthetic truth through the real ledger and PUE."""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.support.truth import DAY, START, TrueSite
from tests.support.year import Judged, run

WHOLE = bool(os.environ.get("TESTS_WHOLE_YEAR"))
"""Seventeen sites and 365 days take minutes; without it, a part of both."""

MONTH = (START + 20 * DAY, START + 50 * DAY)


def silent(name: str) -> Callable[[TrueSite, int], None]:
    """Have a meter be silent for a month."""

    def change(site: TrueSite, _: int) -> None:
        next(gauge for gauge in site.gauges if gauge.name == name).silent.append(MONTH)

    return change


def told(found: list[Judged]) -> list[Judged]:
    return [one for one in found if one.result.pue is not None]


def test_pue_is_as_near_to_the_truth_as_it_says() -> None:
    """Over outages, wraps, resets and exchanges each PUE is within its uncertainty."""
    sites, days = (17, 365) if WHOLE else (3, 60)
    found = told(run(sites, days))
    assert {one.result.window for one in found} == {"1h", "1d", "30d", "ytd", "12mo"}
    assert len(found) > sites * (days // 7) * 4
    assert max(one.error for one in found) <= 1.0


def test_a_register_that_is_silent_for_a_month_is_never_wrong_in_silence() -> None:
    """Coverage falls while a register is silent, and is whole again when it is back.

    A day within the silence says in its uncertainty how little is known of it.
    """
    days = [(MONTH[0] + n * DAY, MONTH[0] + (n + 1) * DAY) for n in range(29)]
    found = run(1, 70, every=3 * DAY, change=silent("grid-1"), periods=days)
    within = [one for one in found if one.result.window == "custom"]
    assert (
        max(abs(one.result.pue / one.over_all - 1) for one in within if one.result.pue) > 0.01
    )  # the mean of a month is no day's
    assert all(one.result.pue is None or (one.result.uncertainty or 0.0) > 0.05 for one in within)
    for one in found:
        end, result = one.result.end, one.result
        if MONTH[0] + 2 * 3600 < end < MONTH[1] and result.window == "1h":
            assert (result.pue, result.state) == (None, "no_data")
        if MONTH[0] + 2 * 3600 < end < MONTH[1] and result.window == "ytd":
            assert result.coverage <= (MONTH[0] + 3600 - START) / (end - START)
        if end > MONTH[1] + DAY and result.window == "ytd":
            assert result.coverage > 0.9
        if result.pue is not None:
            assert one.error <= 1.0


def test_a_power_meter_that_is_silent_for_a_month_is_missing() -> None:
    """A month that only power could have told stays uncovered; no window counts it as zero."""
    found = run(1, 70, every=3 * DAY, change=silent("it-2"))
    late = [
        one.result
        for one in found
        if one.result.window == "ytd" and one.result.end > MONTH[1] + DAY
    ]
    assert late
    assert all(
        one.coverage < 1 - 29 * DAY / (one.end - START) and one.state == "low_coverage"
        for one in late
    )
    assert all(one.error <= 1.0 for one in told(found))
