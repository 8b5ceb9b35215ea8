"""A dead supply beside solar cells, energy that is sold, or a battery: by hand, 130 kW for 100."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import Reading
from tests.agent.pue.test_at_rest import (
    ALL,
    DIES,
    HOURS,
    IT,
    KWH,
    LEFT,
    MAIN,
    Told,
    after,
    figures,
    it,
    live,
    ran,
    result,
    stock,
    until,
)
from tests.support.ledger import SITE, T0, bench, energy, exported, power

SUN = "{meter: pv, point: renewable}"


def with_battery(*meters: str) -> str:
    return stock(*meters).replace("timezone", "battery: true, timezone")


def sells(kw: float) -> Told:
    """Sell by the main meter, throughout."""
    return lambda m: [exported("main", kw * m / 60 * KWH)]


def throughout(name: str, kw: float, point: str) -> Told:
    """Draw power, or give it, throughout."""
    return until(name, kw, 999, point)


def test_a_battery_may_carry_a_site_that_states_one(tmp_path: Path) -> None:
    """It gives from minute 100 on, so all counts: 216.7 of 500 kWh, which is no PUE."""
    with bench(tmp_path, with_battery(MAIN, IT)) as b:
        live(b, until("main", 130, DIES), it)
        assert (result(b).facility_joules, result(b).coverage) == (
            pytest.approx(130 * KWH * 100 / 60, rel=0.01),
            1.0,
        )
        assert b.pue.resting() == {}


@pytest.mark.parametrize("sold", [0.0, 2.0])
def test_what_was_sold_is_no_excuse(tmp_path: Path, sold: float) -> None:
    """132 kW come in, of which 2 are sold; then only 2 are sold, and none come in."""
    with bench(tmp_path, stock(MAIN, IT)) as b:
        live(b, until("main", 130 + sold, DIES), sells(sold), it)
        assert result(b).coverage == pytest.approx(DIES / 60 / HOURS)
        assert b.pue.resting() == {(SITE, "main", "utility"): True}


def test_a_supply_that_dies_beside_the_sun(tmp_path: Path) -> None:
    """The sun gives 10 of 130 kW: it cannot carry IT, and it does not rest itself."""
    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, until("main", 120, DIES), throughout("pv", 10, "renewable"), it)
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "main", "utility"): True}


def test_a_supply_that_dies_at_night(tmp_path: Path) -> None:
    """The solar meter stands at 0 throughout, and is right. The utility's is not."""
    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, until("main", 130, DIES), until("pv", 0, 0, "renewable"), it)
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "main", "utility"): True}


def test_the_utility_rests_while_the_sun_shines(tmp_path: Path) -> None:
    """At minute 100 the sun takes all of the 130 kW over, and sells 70 kW more."""

    def left(minute: int) -> list[Reading]:
        return [exported("main", 70 * max(0, minute - DIES) / 60 * KWH)]

    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, until("main", 130, DIES), left, after("pv", 200, DIES, "renewable"), it)
        assert figures(b) == ALL
        assert b.pue.resting() == {}


@pytest.mark.parametrize("dies", [DIES, 20])
def test_what_is_sold_does_not_carry_it(tmp_path: Path, dies: int) -> None:
    """200 kW come in and 70 leave: 130. Without the utility's 90 kW, 40 are left for 100 of IT.

    Of the first twenty minutes alone, nobody could tell that it fell.
    """
    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, until("main", 90, dies), sells(70), throughout("pv", 110, "renewable"), it)
        assert figures(b) == (pytest.approx(1.3), pytest.approx(dies / 300))
        assert b.pue.resting() == {(SITE, "main", "utility"): True}


@pytest.mark.parametrize("lasts", [4, 7])
def test_a_supply_that_is_dead_for_minutes_beside_the_sun(tmp_path: Path, lasts: int) -> None:
    """10 kW of the sun and less than half a cell of the utility's 120 are not the 100 of IT."""

    def fails(minute: int) -> list[Reading]:
        ran_for = minute - min(lasts, max(0, minute - DIES))
        return ran("main", 120, ran_for, now=not DIES < minute <= DIES + lasts)(minute)

    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, fails, throughout("pv", 10, "renewable"), it)
        assert result(b).pue == pytest.approx(1.3, abs=0.004)
        cells = 1 if lasts == 4 else 2
        assert result(b).coverage == pytest.approx(1 - cells / 60)


def test_solar_cells_that_die_by_day(tmp_path: Path) -> None:
    """They carried 52 of 130 kW, and the utility's 78 stay as they were: 78 are not IT's 100."""
    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, throughout("main", 78, "utility"), until("pv", 52, DIES, "renewable"), it)
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "pv", "renewable"): True}


def test_solar_cells_that_die_by_day_while_the_utility_carries_it(tmp_path: Path) -> None:
    """10 of 130 kW are found nowhere else: 120 / 100 would be too good."""
    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, throughout("main", 120, "utility"), until("pv", 10, DIES, "renewable"), it)
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "pv", "renewable"): True}


def test_a_cloud(tmp_path: Path) -> None:
    """The sun's 10 kW are gone at once, and the utility takes them over."""

    def takes_over(minute: int) -> list[Reading]:
        kwh = 120 * minute / 60 + 10 * max(0, minute - DIES) / 60
        return [energy("main", (1000 + kwh) * KWH, "utility")]

    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, takes_over, until("pv", 10, DIES, "renewable"), it)
        assert figures(b) == ALL


def test_a_battery_that_sells_at_night_is_seen_by_what_it_sells(tmp_path: Path) -> None:
    """By day 200 kW of sun, 80 of them stored; at night 80 kW come in, 40 leave, 80 are IT's."""

    def night(minute: int) -> list[Reading]:
        hours = max(0, minute - DIES) / 60
        return [
            energy("main", (1000 + 80 * hours) * KWH, "utility"),
            exported("main", 40 * hours * KWH),
        ]

    def steady(minute: int) -> list[Reading]:
        return [energy("it", (500 + 80 * minute / 60) * KWH, "it_input")]

    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, night, until("pv", 200, DIES, "renewable"), steady)
        assert result(b).coverage == 1.0
        facility = 200 * DIES / 60 + 40 * (300 - DIES) / 60
        assert result(b).pue == pytest.approx(facility / 400, rel=0.005)
        assert result(b).uncertainty is not None
        assert result(b).uncertainty > 0.1  # nobody knows that a battery gave


FAC = [130.0] * 361
UP = [min(115.0, 115 * m / 180) for m in range(361)]


def counted(name: str, point: str, kw: list[float], dead: range = range(0)) -> Told:
    kwh = [0.0]
    for m in range(360):
        kwh.append(kwh[-1] + (0 if m in dead else kw[m] / 60))

    def told(m: int) -> list[Reading]:
        return [
            energy(name, (1000 + kwh[m]) * KWH, point),
            power(name, 0 if m in dead else 1000 * kw[m], point),
        ]

    return told


def test_a_dead_utility_that_the_sun_had_brought_low(tmp_path: Path) -> None:
    """The sun rises to 115 kW in three hours, and the utility falls to 15; it dies in hour four.

    115 / 100 would be too good.
    """
    main = [a - b for a, b in zip(FAC, UP, strict=True)]
    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(
            b,
            counted("main", "utility", main, range(240, 361)),
            counted("pv", "renewable", UP),
            it,
            minutes=360,
        )
        r = b.pue.between(SITE, T0, T0 + 6 * 3600)
        assert (r.pue, r.coverage) == (pytest.approx(1.3, abs=0.003), pytest.approx(240 / 360))
        assert b.pue.resting() == {(SITE, "main", "utility"): True}
