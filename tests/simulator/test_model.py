"""The simulated site's power: exact in energy, plausible in size, the same for the same seed."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.model import Model
from simulator.site import RATED_WATTS, build_site, row_name
from simulator.waves import Curve, Wave, Waves, total

DAY = 86400.0
NOON = dt.datetime(2026, 7, 15, 12, tzinfo=dt.UTC).timestamp()


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(build_site("guian", 24))


def numeric(power: object, since: float, until: float, steps: int = 20_000) -> float:
    """The integral by the midpoint rule."""
    width = (until - since) / steps
    return sum(power.power(since + (n + 0.5) * width) for n in range(steps)) * width


def test_the_energy_of_waves_is_the_integral_of_their_power() -> None:
    """A closed form, checked against the midpoint rule."""
    waves = Waves(100.0, (Wave(30.0, 0.01, 1.0), Wave(5.0, 0.3, -2.0)))
    assert waves.energy(1000.0, 4600.0) == pytest.approx(numeric(waves, 1000.0, 4600.0), rel=1e-6)


@given(st.floats(1.6e9, 1.8e9), st.floats(-2e5, 2e5), st.floats(-2e5, 2e5))
def test_the_energy_of_a_curve_adds_up_in_any_order(at: float, one: float, two: float) -> None:
    """Asked forwards or backwards from anywhere, the parts make the whole."""
    curve = Curve(lambda time: 100.0 + (time % 7000.0) / 100.0, step=600.0)
    first, second = at + one, at + two
    assert curve.energy(at, first) + curve.energy(first, second) == pytest.approx(
        curve.energy(at, second), abs=1.0
    )


def test_the_energy_of_a_curve_is_the_integral_of_its_power() -> None:
    """Linear between its steps, so that trapezoids are exact."""
    curve = Curve(lambda time: (time % 5000.0) / 10.0, step=600.0)
    assert curve.energy(1e6 + 7, 1e6 + 20011) == pytest.approx(
        numeric(curve, 1e6 + 7, 1e6 + 20011), rel=1e-6
    )


def test_waves_of_one_frequency_become_one(model: Model) -> None:
    """A hall's load costs no more to compute than a few racks' and is their sum."""
    loads = [rack.load for rack in model.site.racks]
    assert len(total(loads).terms) <= 13
    assert total(loads).power(NOON) == pytest.approx(
        sum(load.power(NOON) for load in loads), rel=1e-9
    )


def test_what_comes_in_is_what_is_used(model: Model) -> None:
    """Utility and solar energy equal the racks, all other meters and the losses, all positive."""
    since, until = NOON, NOON + DAY
    by_name = {meter.name: meter.power.energy(since, until) for meter in model.meters}
    ups = by_name["ups-a"] + by_name["ups-b"]
    it = model.it.energy(since, until)
    assert it == pytest.approx(
        sum(p.power.energy(since, until) for _, p in model.site.pdus()), rel=1e-9
    )
    assert 1.005 < ups / it < 1.02
    rest = by_name["cooling-1"] + by_name["cooling-2"] + by_name["lighting-1"]
    incoming = by_name["utility-1"] + by_name["solar-1"]
    assert incoming == pytest.approx(model.facility.energy(since, until), rel=1e-12)
    losses = incoming - ups - rest
    assert 0.02 < losses / ups < 0.06
    assert losses == pytest.approx(
        sum(one.losses.energy(since, until) for one in model.ups), rel=1e-9
    )


def test_coolers_remove_the_heat_of_everything_electrical(model: Model) -> None:
    """Row by row, no joule more or less than UPSs take in."""
    since, until = NOON, NOON + DAY
    taken_in = sum(
        one.output.energy(since, until) + one.losses.energy(since, until) for one in model.ups
    )
    assert sum(one.heat.energy(since, until) for one in model.coolers) == pytest.approx(
        taken_in, rel=1e-9
    )


def test_the_sun_shines_by_day_and_never_more_than_the_site_uses(model: Model) -> None:
    """Solar power is 0 at night, highest at noon, a few percent a year, and never fed back."""
    (solar,) = (meter.power for meter in model.meters if meter.point == "renewable")
    (utility,) = (meter.power for meter in model.meters if meter.point == "utility")
    midnight = dt.datetime(2026, 7, 15, 16, 30, tzinfo=dt.UTC).timestamp()
    assert solar.power(midnight) == 0.0
    hours = [solar.energy(midnight + n * 3600, midnight + (n + 1) * 3600) for n in range(24)]
    assert 10 <= hours.index(max(hours)) <= 14
    year = 365 * DAY
    assert 0.02 < solar.energy(NOON, NOON + year) / model.facility.energy(NOON, NOON + year) < 0.08
    assert min(utility.power(NOON + n * 1800) for n in range(2000)) > 0


def test_pue_is_that_of_a_good_site_in_a_mild_climate_and_changes_with_day_and_season(
    model: Model,
) -> None:
    """Between 1.14 and 1.29; higher in summer than in winter, in the afternoon than before dawn."""
    hours = {
        (month, hour): model.pue(at, at + 3600.0)
        for month, hour in itertools.product((1, 4, 7, 11), range(0, 24, 3))
        for at in (dt.datetime(2026, month, 20, hour, tzinfo=dt.UTC).timestamp(),)
    }
    assert 1.14 < min(hours.values()) < max(hours.values()) < 1.29
    assert hours[7, 9] > hours[7, 21]  # 17:00 and 05:00 at the site
    assert min(v for (month, _), v in hours.items() if month == 7) > max(
        v for (month, _), v in hours.items() if month == 1
    )


def test_the_same_seed_gives_the_same_site_and_another_another() -> None:
    """Runs can be repeated."""
    assert build_site("guian", 5, seed=3) == build_site("guian", 5, seed=3)
    assert build_site("guian", 5, seed=3) != build_site("guian", 5, seed=4)
    assert build_site("guian", 9, seed=3).racks[:5] == build_site("guian", 5, seed=3).racks


def test_racks_differ_as_they_do_in_life() -> None:
    """Some racks are empty, some nearly full, some warm, and none draws negative power."""
    racks = build_site("guian", 240).racks
    loads = [rack.load.level for rack in racks]
    assert min(loads) < 100.0
    assert max(loads) > 0.8 * RATED_WATTS
    assert any(rack.inlet_celsius.level > 27.0 for rack in racks)
    assert all(sum(node.units for node in rack.nodes) <= 42 for rack in racks)
    assert all(rack.load.level > sum(w.amplitude for w in rack.load.terms) for rack in racks)


@pytest.mark.parametrize("hub", ["guian", "kunming"])
def test_everything_says_that_it_is_simulated(hub: str) -> None:
    """Nobody can take a simulated site for a real one."""
    site = build_site(hub, 1)
    assert site.key.endswith("-simulated")
    assert site.name.startswith("Simulated")
    assert all(node.node.startswith("sim-") for rack in site.racks for node in rack.nodes)


def test_rows_are_counted_as_columns_of_a_sheet() -> None:
    """There are more rows than letters."""
    assert [row_name(n) for n in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
