"""Beside a generator or solar cells a healthy meter is not called dead: by hand, 130 kW for 100."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from collectors.base import Reading
from tests.agent.pue.test_at_rest import (
    DIES,
    IT,
    KWH,
    LEFT,
    MAIN,
    SECOND,
    figures,
    it,
    live,
    stock,
    until,
)
from tests.agent.pue.test_rest_beside_sun import SUN, counted, throughout
from tests.support.ledger import SITE, T0, bench, energy, exported

GENERATOR = "{meter: diesel, point: generator}"


@pytest.mark.parametrize("wobble", [0.0, 4.0])
@pytest.mark.parametrize("back", [300])
def test_a_generator_that_is_tested_widens_no_uncertainty(
    tmp_path: Path, wobble: float, back: int
) -> None:
    """Its register stood still for four hours, and its power said 0: nothing is in doubt there."""
    text = stock(MAIN, "{meter: diesel, point: generator}", IT)
    text = text.replace("{meter", "{accuracy_class: 0.2, meter")
    kw = [130 + wobble * math.sin(m / 97) for m in range(361)]
    gen = [kw[m] if 240 <= m < back else 0.0 for m in range(361)]
    main = [a - b for a, b in zip(kw, gen, strict=True)]
    with bench(tmp_path, text) as b:
        live(
            b,
            counted("main", "utility", main),
            counted("diesel", "generator", gen),
            counted("it", "it_input", [one / 1.3 for one in kw]),
            minutes=360,
        )
        r = b.pue.between(SITE, T0, T0 + 6 * 3600)
        assert r.coverage == 1.0
        assert r.pue == pytest.approx(1.3, abs=0.003)
        assert (r.uncertainty or 0) < 0.03


def test_of_two_feeds_and_a_generator_the_dead_one_is_named(tmp_path: Path) -> None:
    """65 of 130 kW are left for 100 of IT. The feed that gives them is well."""
    with bench(tmp_path, stock(MAIN, SECOND, GENERATOR, IT)) as b:
        live(
            b,
            throughout("main", 65, "utility"),
            until("second", 65, DIES),
            until("diesel", 0, 0, "generator"),
            it,
        )
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "second", "utility"): True}


@pytest.mark.parametrize("other", [GENERATOR, SUN])
@pytest.mark.parametrize("read", ["gap", 15, 60])
def test_a_load_that_is_read_too_seldom_to_show_how_it_goes(
    tmp_path: Path, other: str, read: int | str
) -> None:
    """IT goes from 60 to 140 kW each twenty minutes; its register is not read for two of six hours,
    or each 15 or 60 minutes. What is spread evenly there contradicts no supply: 1.3 times as much.
    """
    kw = [60.0 if m // 20 % 2 else 140.0 for m in range(361)]
    kwh = [sum(kw[:m]) / 60 for m in range(361)]
    name, point = ("diesel", "generator") if other == GENERATOR else ("pv", "renewable")

    def seldom(minute: int) -> list[Reading]:
        is_read = not 120 < minute < 240 if read == "gap" else minute % int(read) == 0
        return [energy("it", (500 + kwh[minute]) * KWH, "it_input")] if is_read else []

    with bench(tmp_path, stock(MAIN, other, IT)) as b:
        live(
            b,
            lambda m: [energy("main", (1000 + 1.3 * kwh[m]) * KWH, "utility")],
            until(name, 0, 0, point),
            seldom,
            minutes=360,
        )
        r = b.pue.between(SITE, T0, T0 + 6 * 3600)
        assert (r.pue, r.coverage) == (pytest.approx(1.3, abs=0.003), 1.0)
        assert b.pue.resting() == {}


def test_a_utility_that_rests_at_noon_may_rest(tmp_path: Path) -> None:
    """For three days the sun takes all over at noon. On the fourth, cooling stops as it does so.

    130 kW, of which the sun gives 112: when 25 kW of cooling stop, 105 are needed, and 7 are sold.
    """

    def sunny(minute: int) -> float:
        day, hour = divmod(minute / 60, 24)
        if not 10 <= hour < 14:
            return 0.0
        return 112.0 if day >= 3 else 150.0

    minutes = 96 * 60
    need = [105.0 if 83 * 60 + 30 <= m < 85 * 60 + 30 else 130.0 for m in range(minutes)]
    sun = [sunny(m) for m in range(minutes)]
    kwh: dict[str, list[float]] = {"main": [0.0], "pv": [0.0], "sold": [0.0]}
    for needed, given in zip(need, sun, strict=True):
        flows = {"main": max(0.0, needed - given), "pv": given, "sold": max(0.0, given - needed)}
        for key, kw in flows.items():
            kwh[key].append(kwh[key][-1] + kw / 60)

    def told(minute: int) -> list[Reading]:
        return [
            energy("main", (1000 + kwh["main"][minute]) * KWH, "utility"),
            exported("main", kwh["sold"][minute] * KWH),
            energy("pv", (1000 + kwh["pv"][minute]) * KWH, "renewable"),
        ]

    with bench(tmp_path, stock(MAIN, SUN, IT)) as b:
        live(b, lambda m: told(m) if m % 5 == 0 else [], it, minutes=minutes)
        r = b.pue.between(SITE, T0, T0 + 96 * 3600)
        assert r.coverage == 1.0
        assert r.pue == pytest.approx(sum(need) / 100 / minutes, rel=0.003)
        assert b.pue.resting() == {}
