"""The laws that forecasts are made of, on values whose course is known exactly."""

from __future__ import annotations

import math

import pytest

from agent.targets import growth, year
from agent.targets.blend import Blend
from agent.targets.equations import backward, forward, root
from agent.targets.errors import Filter, Kind
from agent.targets.forecast import DAY, Point, trend
from agent.targets.summit import places


class Fixed:
    """One law: a centre, a spread, and the degrees of freedom."""

    def __init__(self, centre: float, spread: float, freedom: float) -> None:
        self.freedom = freedom
        self._said = centre, spread

    def at(self, ahead: float) -> tuple[float, float]:
        centre, spread = self._said
        return centre, spread * ahead


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(2, 1.8856), (5, 1.4759), (30, 1.3104), (1e6, 1.2816)]
)
def test_a_quantile_is_that_of_students_t(freedom: float, quantile: float) -> None:
    """Nine tenths of Student's t lie below the values of the printed tables, to three in 200."""
    blend = Blend([(1.0, Fixed(10.0, 2.0, freedom))])
    (found,) = blend.quantiles(1.0, [0.9])
    assert (found - 10) / 2 == pytest.approx(quantile, rel=0.015)


def test_a_blend_is_as_wide_as_its_laws_differ() -> None:
    """Two exact laws, 3 to 1: below 5 are three quarters, and the middle is the heavier one."""
    blend = Blend([(0.75, Fixed(0.0, 0.0, 9)), (0.25, Fixed(10.0, 0.0, 9))])
    assert blend.below(1.0, 5.0) == 0.75
    assert blend.quantiles(1.0, [0.1, 0.5, 0.9]) == pytest.approx([0, 0, 10], abs=1e-6)


def test_a_law_is_doubted_more_the_further_it_reaches() -> None:
    """As many days ahead as the history has double the variance; nine tenths are 1.2816 spreads."""
    for ahead, variance in ((25.0, 1.5), (50.0, 2.0), (150.0, 4.0)):
        blend = Blend([(1.0, Fixed(0.0, 1.0 / ahead, 1e6))], span=50.0)
        (found,) = blend.quantiles(ahead, [0.9])
        assert found == pytest.approx(1.2816 * math.sqrt(variance), rel=0.001)


@pytest.mark.parametrize("spread", [0.003, 0.02, 0.3])
def test_places_stand_for_a_summit_however_narrow(spread: float) -> None:
    """A normal curve's integral is √(2π) times its spread, on a grid of 0.1 from -2 to 2."""
    grid = [n / 10 for n in range(-20, 21)]
    found = places(lambda at: -(((at - 0.33) / spread) ** 2) / 2, grid)
    total = sum(width * math.exp(-(((at - 0.33) / spread) ** 2) / 2) for at, width in found.items())
    assert total == pytest.approx(math.sqrt(2 * math.pi) * spread, rel=0.03)


def test_a_root_solves_its_equations() -> None:
    """[[4, 2], [2, 5]] has the root [[2], [1, 2]]; with (8, 12) the solution is (1, 2)."""
    lower = root([[4, 2], [2, 5]])
    assert lower == [[2], [1, 2]]
    assert backward(lower, forward(lower, [8, 12])) == [1, 2]
    with pytest.raises(ValueError, match="positive"):
        root([[1, 2], [2, 1]])


def test_what_stays_is_known_by_its_changes() -> None:
    """An error that stays has the daily changes as innovations, and ends at the last value."""
    found, state = Filter(Kind(level=1.0), [-3.0, -2.0, -1.0, 0.0]).white([0.0, 2.0, 5.0, 4.0])
    assert found == pytest.approx([0, 2, 3, -1])
    assert state.level == 4


def test_what_fades_is_known_by_what_is_left_of_it() -> None:
    """With half left each day, 8, 5, 1 are new by 8, 5 - 4 and 1 - 2.5, over √(1 - 1/4)."""
    half = Kind(fades=math.log(2))
    found, state = Filter(half, [-2.0, -1.0, 0.0]).white([8.0, 5.0, 1.0])
    assert found == pytest.approx([8, 1 / math.sqrt(0.75), -1.5 / math.sqrt(0.75)])
    assert state.level == pytest.approx(1)


@pytest.mark.parametrize("lasts", [20.0, 180.0])
def test_the_covariance_of_two_years_is_that_of_their_days(lasts: float) -> None:
    """The closed form equals the sum over every pair of days, to one in a thousand."""
    for apart in (0, 100, 400):
        every = sum(
            (365 - abs(shift)) * math.exp(-abs(apart + shift) / lasts) for shift in range(-364, 365)
        )
        assert year.averaged(apart, lasts) == pytest.approx(every / 365**2, rel=2e-3)


def values(of: list[float], **how: bool) -> list[float]:
    """Return what is expected 30 to 360 days after the last of daily values."""
    found = trend([Point(day * DAY, value) for day, value in enumerate(of)], **how)
    assert found is not None
    return [found.at(found.time + ahead * DAY).expected for ahead in range(30, 361, 30)]


def test_a_build_out_that_nears_its_end_is_seen_to() -> None:
    """1000 (1 - e^(-t/100)), known for 200 days, comes to 996 after 560 days, not to 1 100."""
    found = values([1000 * (1 - math.exp(-day / 100)) for day in range(201)])
    wanted = [1000 * (1 - math.exp(-(200 + ahead) / 100)) for ahead in range(30, 361, 30)]
    assert found == pytest.approx(wanted, rel=0.002)


@pytest.mark.parametrize("known", [140, 170])
def test_a_build_out_that_has_ended_does_not_turn(known: int) -> None:
    """10 d - d² / 26 grows to 650 on day 130. What stood there for 10 or 40 days stays."""
    ended = (min(day, 130) for day in range(known))
    assert values([10 * day - day * day / 26 for day in ended]) == pytest.approx([650] * 12, abs=5)


def test_growth_by_a_share_each_day_goes_on() -> None:
    """What doubles in 200 days has grown eightfold after 600, known for 240."""
    found = values([100 * 2 ** (day / 200) for day in range(241)])
    assert found[-1] == pytest.approx(800, rel=0.005)


def test_a_step_moves_a_mean_over_twelve_months_for_twelve_months() -> None:
    """Days that got better by 0.1 a hundred days ago lower the mean by 0.0726 more, then stop.

    Of 365 days 100 have the step, so 265 / 365 of it are to come: 1.3 - 0.1 = 1.2 in the end.
    """
    mean = [1.3 - 0.1 * max(0, day - 300) / 365 for day in range(401)]
    found = values(mean, annual=True)
    assert found[2] == pytest.approx(1.3 - 0.1 * 190 / 365, abs=0.004)
    assert found[-1] == pytest.approx(1.2, abs=0.008)


def test_a_mean_over_twelve_months_that_drifts_goes_on() -> None:
    """0.03 a year for two years is 0.015 in the next half year."""
    found = values([1.3 - 0.03 * day / 365 for day in range(731)], annual=True)
    assert found[5] == pytest.approx(1.3 - 0.03 * 910 / 365, abs=0.002)


def test_every_law_is_fitted_to_what_never_changed() -> None:
    """A flat history has laws like any other, and they expect no change."""
    times = [float(day) for day in range(-40, 1)]
    for laws in (growth.candidates, year.candidates):
        low, middle, high = Blend.of(laws(times, [0.0] * 41), 40.0).quantiles(30.0, [0.1, 0.5, 0.9])
        assert max(abs(low), abs(middle), abs(high)) < 1e-6
