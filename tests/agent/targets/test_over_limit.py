"""A value that is beyond its limit now is "over limit", and its figure shows by how much."""

from __future__ import annotations

import datetime as dt

import pytest

from agent.hubs.loader import load_registry
from agent.hubs.units import show
from agent.targets.forecast import DAY, Point
from agent.targets.model import Evidence
from agent.targets.scoreboard import scoreboard
from agent.targets.table import render
from agent.targets.views import HubView, TargetView
from agent.web.views.promises import headline

REGISTRY = load_registry()
NOW = dt.datetime.fromisoformat("2026-11-22T12:00+08:00").timestamp()


def _round_trip(seconds: float) -> tuple[HubView, TargetView]:
    """Return the promise of 10 ms to Guangzhou, where so long is measured and always was."""
    history = tuple(Point(NOW - days * DAY, seconds) for days in (60, 40, 20))
    evidence = [Evidence(value=seconds, time=NOW, history=history)]
    measured = {("guizhou", "round_trip_guangzhou", "hub"): evidence}
    hub = next(hub for hub in scoreboard(REGISTRY, measured, NOW) if hub.hub == "guizhou")
    return hub, next(row for row in hub.targets if row.kpi == "round_trip_guangzhou")


def test_a_value_beyond_its_limit_is_over_limit() -> None:
    """The key of the state stays `at_risk`; people are told that the limit is passed."""
    hub, row = _round_trip(0.0100369)
    assert row.state == "at_risk"
    assert (row.state_name.en, row.state_name.zh) == ("over limit", "已超限")
    assert "1 over limit" in render([hub], "en", 100)
    assert "1 项已超限" in render([hub], "zh", 100)
    [at_risk] = [one for one in headline([hub]).promises.tally if one.state == "at_risk"]
    assert (at_risk.count, at_risk.over_limit) == (1, 1)


def test_a_value_within_its_limit_is_not_over_limit() -> None:
    """What keeps its limit is met, and the line of promises has none over its limit."""
    hub, row = _round_trip(0.0099)
    assert (row.state, row.state_name.en) == ("met", "met")
    assert [one.over_limit for one in headline([hub]).promises.tally] == [0] * 6


@pytest.mark.parametrize(
    ("hub", "kpi", "value", "en", "zh"),
    [
        # At most 10 ms are stated: 15 ms or more exceed them by 5 ms or more.
        ("guizhou", "round_trip_guangzhou", 0.015, "at least 5 ms over the limit", "至少超出 5 ms"),
        ("guizhou", "round_trip_guangzhou", 0.008, "at most 2 ms to spare", "余量至多 2 ms"),
        # At least 27 584 racks are stated: of 27 500 or more at most 84 are missing.
        ("kunming", "racks_in_service", 27_500, "at most 84 racks short", "差距：至多 84 架"),
        ("kunming", "racks_in_service", 27_600, "at least 16 racks to spare", "余量至少 16 架"),
    ],
)
def test_the_distance_of_a_lower_bound_is_a_bound(
    hub: str, kpi: str, value: float, en: str, zh: str
) -> None:
    """Where only a part is counted, more can only add: the distance says which way it may err."""
    evidence = {(hub, kpi, "hub"): [Evidence(value=value, time=NOW, at_least=True)]}
    (found,) = scoreboard(REGISTRY, evidence, NOW, [hub])
    row = next(row for row in found.targets if row.kpi == kpi)
    assert (row.display["en"].distance, row.display["zh"].distance) == (en, zh)


def test_a_goal_that_is_not_reached_yet_is_at_risk() -> None:
    """200 of 27 584 racks by a trend that is too slow: that is short of a goal,
    not over a limit.
    """
    measured = {("kunming", "racks_in_service", "hub"): [Evidence(value=200.0, time=NOW)]}
    hub = next(hub for hub in scoreboard(REGISTRY, measured, NOW) if hub.hub == "kunming")
    row = next(row for row in hub.targets if row.kpi == "racks_in_service")
    assert row.state_name.en != "over limit"


@pytest.mark.parametrize(
    ("value", "limit", "unit", "shown"),
    [
        (0.0100369, 0.010, "ms", "10.04 ms"),  # 10.0 and 10 would read the same
        (0.010, 0.010, "ms", "10 ms"),
        (0.0152, 0.016, "ms", "15.2 ms"),
        (0.60004, 0.6, "%", "60.004 %"),
        (1.20001, 1.2, "ratio", "1.20001"),
        (1.25, 1.2, "ratio", "1.25"),
        (0.010 + 1e-15, 0.010, "ms", "10 ms"),  # the float's own noise
    ],
)
def test_a_value_has_the_digits_that_tell_it_from_its_limit(
    value: float, limit: float, unit: str, shown: str
) -> None:
    """A figure beside its limit reads the same only where it is the same."""
    assert show(value, unit, "en", beside=limit) == shown


def test_the_row_says_by_how_much() -> None:
    """10.0369 ms of at most 10 ms: 0.0369 ms over, and the value is no longer written 10 ms."""
    _, row = _round_trip(0.0100369)
    said = row.display["en"]
    assert (said.value, said.limit) == ("10.04 ms", "≤ 10 ms")
    assert "0.0369 ms" in said.distance
