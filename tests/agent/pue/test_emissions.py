"""Carbon by year, by supply and by fuel; docs/kpis.md has the cases worked out by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.agent.pue.two_meters import EMITTING, of_a_day, stock, value
from tests.support.ledger import (
    SITE,
    bench,
    day,
)


def test_carbon_by_years(tmp_path: Path) -> None:
    """Each hour counts at its local year's factor: CUE is 0.65 before the turn, 0.52 after it."""
    turn = dt.datetime(2025, 1, 1, tzinfo=day().tzinfo)
    hours = [turn + dt.timedelta(hours=h) for h in range(-12, 12)]
    with bench(tmp_path, stock(head=EMITTING), now=hours[-1].timestamp() + 3600) as b:
        b.put("main", dict.fromkeys(hours, 1300.0))
        b.put("it", dict.fromkeys(hours, 1000.0))
        before = b.between(hours[0], turn)
        after, both = (
            b.between(turn, turn + dt.timedelta(hours=12)),
            b.between(hours[0], turn + dt.timedelta(hours=12)),
        )
        carbon = b.pue.totals(SITE)["carbon"]
    assert [value(one, "cue") for one in (before, after, both)] == pytest.approx(
        [0.65, 0.52, 0.585]
    )
    assert carbon == pytest.approx(12 * 1300 * 0.5 + 12 * 1300 * 0.4)
    assert (both.carbon_basis, before.pue) == ("location", pytest.approx(1.3))


def test_carbon_of_a_supply_nobody_states_is_missing(tmp_path: Path) -> None:
    """A running generator without a factor leaves its hours uncovered; a stopped one does not."""
    with bench(
        tmp_path, stock("{meter: diesel, point: generator}", head=EMITTING), now=day(24).timestamp()
    ) as b:
        b.put("diesel", {day(h): 0.0 if h < 18 else 100.0 for h in range(24)})
        result = of_a_day(b, main=1300.0, it=1000.0)
    cue = result.factor("cue")
    assert (cue and cue.coverage, value(result, "cue")) == (0.75, pytest.approx(0.52))
    assert result.coverage == 1.0


def test_own_sun_burns_no_fuel(tmp_path: Path) -> None:
    """Own renewables have no carbon, and an office takes the carbon of its supply with it."""
    meters = (
        "{meter: sun, point: renewable}",
        "{meter: office, point: utility, behind: main, subtract: true}",
    )
    with bench(tmp_path, stock(*meters, head=EMITTING), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1000.0, sun=400.0, office=200.0, it=1000.0)
    assert (result.pue, value(result, "cue")) == (pytest.approx(1.2), pytest.approx(0.8 * 0.4))


def test_a_month_on_fuel(tmp_path: Path) -> None:
    """A month on fuel of 3714.3 kWh an hour at 0.35 is PUE 1.30, with the fuel's carbon."""
    diesel = (
        "{meter: diesel, point: generator, factor: 0.35,"
        " emissions: [{kilograms_per_kilowatt_hour: 0.267, source: IPCC 2006, basis: market}]}"
    )
    start = dt.datetime(2025, 6, 1, tzinfo=day().tzinfo)
    hours = [start + dt.timedelta(hours=h) for h in range(30 * 24)]
    with bench(tmp_path, stock(diesel, head=EMITTING), now=hours[-1].timestamp() + 3600) as b:
        for meter, kwh in (("main", 0.0), ("diesel", 1300 / 0.35), ("it", 1000.0)):
            b.put(meter, dict.fromkeys(hours, kwh))
        result = b.between(start, start + dt.timedelta(days=30))
    assert (result.pue, result.interim, result.coverage) == (pytest.approx(1.3), True, 1.0)
    assert value(result, "cue") == pytest.approx(1300 / 0.35 * 0.267 / 1000)
    assert result.carbon_basis == "location and market"
