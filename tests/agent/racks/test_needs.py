"""Why a rack needs someone, since when, and when somebody is called."""

from __future__ import annotations

import pytest

from agent.racks.needs import NeedTimes, needs_of, standing
from collectors.catalogue.needs import GRAVITY, Need
from dashboards.alerts import ALERTS

PLACE = ("guian", "s1", "A", "A07")


@pytest.mark.parametrize(
    ("load", "inlet", "failover", "silent", "needs"),
    [
        (1.0, 27.0, 0.8, False, ()),
        (1.01, None, None, False, ("over",)),
        (None, 27.1, None, False, ("hot",)),
        (None, 32.1, None, False, ("too_hot", "hot")),
        (None, None, 0.81, False, ("failover_tight",)),
        (None, None, 1.01, False, ("failover_lost", "failover_tight")),
        (None, None, None, True, ("silent",)),
        (None, None, None, False, ()),
    ],
)
def test_limits(
    load: float | None,
    inlet: float | None,
    failover: float | None,
    silent: bool,
    needs: tuple[Need, ...],
) -> None:
    """A limit itself is kept; what is not measured needs nothing by itself."""
    assert needs_of(load, inlet, failover, silent=silent) == needs


def test_a_graver_need_does_not_hide_the_milder_one_while_it_waits() -> None:
    """Tight for an hour and lost for two minutes: it stays in the list as tight until the graver
    alert has waited its five minutes, and then it is told as lost alone.
    """
    needs: tuple[Need, ...] = ("failover_lost", "failover_tight")
    since: dict[Need, float] = {"failover_tight": 0.0, "failover_lost": 3600.0}
    soon = standing(needs, since, 3720.0)
    assert (soon.lasting, soon.pending) == (("failover_tight",), ("failover_lost",))
    later = standing(needs, since, 3900.0)
    assert (later.lasting, later.pending) == (("failover_lost",), ())


def test_a_need_without_a_beginning_counts_at_once() -> None:
    """Where nobody noted when it began, a need is told: late is no reason to be calm."""
    assert standing(("over",), {}, 0.0).lasting == ("over",)


def test_a_need_keeps_its_beginning_until_it_is_gone() -> None:
    """It begins in the round that sees it first, and anew after a round without it."""
    times = NeedTimes()
    assert [since for _, since in times.readings(PLACE, ("over",), 100.0)] == [100.0]
    assert [since for _, since in times.readings(PLACE, ("over", "hot"), 115.0)] == [100.0, 115.0]
    assert list(times.readings(PLACE, (), 130.0)) == []
    assert [since for _, since in times.readings(PLACE, ("over",), 145.0)] == [145.0]


def test_alerts_speak_of_the_same() -> None:
    """Each need is an alert, and the alert has its severity and its waiting time."""
    alerts = {alert.name: alert for alert in ALERTS}
    for gravity in GRAVITY.values():
        alert = alerts[gravity.alert]
        assert (alert.severity, alert.wait) == (gravity.severity, f"{gravity.wait_minutes}m")
