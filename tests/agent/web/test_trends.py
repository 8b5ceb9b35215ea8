"""Trends are read beside the event loop."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from agent.ledger.store.site_hours import SiteHour
from agent.pue.model import PowerPoint, TrendPoint
from agent.pue.pue import Pue
from agent.web.trends import Trends
from tests.support import HANGS, wait_for


class FakePue:
    """A ledger of two days, which answers when it is let."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked = 0
        self.hours = NoHours()

    def sites(self) -> tuple[str, ...]:
        self.gate.wait(2 * HANGS)
        self.asked += 1
        return ("s",)

    def pue_trend(self, _site: str, days: float) -> list[TrendPoint]:
        step = 3600 if days <= 3 else 86400
        count = round(days * 86400 / step)
        return [
            TrendPoint(
                time=n * step, pue=1.2 if n >= count - 2 else None, coverage=float(n >= count - 2)
            )
            for n in range(count)
        ]

    def power_trend(self, _site: str, hours: float) -> list[PowerPoint]:
        return [
            PowerPoint(time=n * 3600.0, facility_watts=None, it_watts=1000.0)
            for n in range(round(hours))
        ]


class NoHours:
    """A ledger that has no stage but IT."""

    def hours(self, *_: object) -> dict[int, Any]:
        return {}

    def first_hour(self, _site: str) -> int | None:
        return None


def trends(**options: Any) -> tuple[FakePue, Trends]:
    fake = FakePue()
    return fake, Trends(cast("Pue", fake), **options)


def test_few_days_are_shown_by_the_hour_without_the_empty_past() -> None:
    """Where only two days are known the trend is hourly, and begins where the ledger does."""
    _, found = trends(patience=HANGS)
    trend = found.pue("s")
    assert trend is not None
    assert trend.step_seconds == 3600.0
    assert trend.pue == [1.2, 1.2]


def test_a_stage_without_readings_is_left_out() -> None:
    """A curve nobody measured is not drawn, and not drawn at zero."""
    _, found = trends(patience=HANGS)
    trend = found.power("s")
    assert trend is not None
    assert list(trend.series) == ["it"]


def test_it_metered_at_the_pdus_is_one_curve() -> None:
    """Where IT is what the PDUs give, the curve is drawn once."""
    fake, found = trends(patience=HANGS)
    hour = SiteHour(mask=1, joules=(300_000.0,), accuracy=1.0, meters=1, silent=0)
    fake.hours.hours = cast(
        "Any", lambda *_: {n * 3_600_000: {"pdu_output": hour} for n in range(24)}
    )
    trend = found.power("s")
    assert trend is not None
    assert trend.series == {"pdu": [1000.0] * 24}


def test_a_slow_ledger_does_not_hold_up_the_page() -> None:
    """While the ledger is busy a page comes without curves, and later with them."""
    fake, found = trends(patience=0.05)
    fake.gate.clear()
    assert found.pue("s") is None
    fake.gate.set()
    wait_for(lambda: found.pue("s"), what="the trend")


def test_trends_are_kept_for_a_while() -> None:
    """Many pages in a minute read the ledger once; after it, again."""
    now = [0.0]
    fake, found = trends(patience=HANGS, lifetime=60.0, monotonic=lambda: now[0])
    for _ in range(5):
        found.pue("s")
    assert fake.asked == 1
    now[0] = 61.0
    found.pue("s")
    wait_for(lambda: fake.asked == 2, what="a second reading")


def test_a_broken_ledger_is_logged_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    """An error of the ledger leaves the page without curves."""
    fake, found = trends(patience=HANGS)
    fake.sites = cast("Any", lambda: 1 / 0)
    assert found.pue("s") is None
    assert "trends" in caplog.text
