"""PUE of a site: the ratio of two sums over the time that both boundaries cover."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS
from agent.pue.model import is_interim
from tests.support.ledger import HEAD, HOUR, SITE, T0, batch, bench, day, energy, exported, power

TWO = HEAD + (
    "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
    " {meter: it, point: it_input, accuracy_class: 1}]"
)
THREE = HEAD + (
    "meters: [{meter: main, point: utility}, {meter: a, point: it_input},"
    " {meter: b, point: it_input}, {meter: c, point: it_input}]"
)
PARTS = HEAD + "meters: [{meter: chiller, point: cooling}, {meter: it, point: it_input}]"


def test_ratio_of_sums_not_mean_of_ratios(tmp_path: Path) -> None:
    """Half the time 1000 kW of IT at 1.15 and half 200 kW at 1.60 is 1.225, not 1.375."""
    with bench(tmp_path, TWO, now=day(24).timestamp()) as b:
        b.put("it", {day(h): 1000.0 if h < 12 else 200.0 for h in range(24)})
        b.put("main", {day(h): 1150.0 if h < 12 else 320.0 for h in range(24)})
        result = b.between(day(), day(24))
    assert result.pue == pytest.approx(1.225)
    assert (result.state, result.coverage, result.category, result.interim) == (
        "valid",
        1.0,
        3,
        True,
    )
    assert (result.facility_joules / 3.6e6, result.it_joules / 3.6e6) == pytest.approx(
        (17640.0, 14400.0)
    )


def test_a_silent_it_meter_is_missing_not_zero(tmp_path: Path) -> None:
    """1440 kW over three IT meters of 400 kW is 1.20; with one silent there is no value."""
    main, one, two, three = (
        power(n, w, p)
        for n, w, p in (
            ("main", 1440e3, "utility"),
            ("a", 400e3, "it_input"),
            ("b", 400e3, "it_input"),
            ("c", 400e3, "it_input"),
        )
    )
    with bench(tmp_path, THREE) as b:
        b.run(2 * HOUR, main, one, two, three)
        assert b.pue.result(SITE, "1h").pue == pytest.approx(1.20)
        b.run(1.5 * HOUR, main, one, two)
        result = b.pue.result(SITE, "1h")
        assert (result.pue, result.state, result.coverage) == (None, "no_data", 0.0)
        day_result = b.pue.result(SITE, "1d")
    assert day_result.pue == pytest.approx(1.20)
    assert day_result.coverage == pytest.approx(2 * HOUR / 86400, abs=0.005)


def test_a_silent_cooling_meter_is_missing_not_zero(tmp_path: Path) -> None:
    """Where facility energy is the sum of its parts, a silent cooling meter must not give 1.00."""
    it, chiller = power("it", 1200e3, "it_input"), power("chiller", 240e3, "cooling")
    with bench(tmp_path, PARTS) as b:
        b.run(2 * HOUR, it, chiller)
        result = b.pue.result(SITE, "1h")
        assert (result.pue, result.facility_method) == (pytest.approx(1.20), "parts")
        b.run(1.5 * HOUR, it)
        assert b.pue.result(SITE, "1h").pue is None


def test_it_alone_is_no_facility(tmp_path: Path) -> None:
    """Without a meter of what comes in or of cooling there is no PUE at all."""
    with bench(
        tmp_path, HEAD + "meters: [{meter: it, point: it_input}, {meter: l, point: lighting}]"
    ) as b:
        b.run(2 * HOUR, power("it", 100.0, "it_input"), power("l", 1.0, "lighting"))
        result = b.pue.result(SITE, "1h")
    assert (result.pue, result.state, result.facility_method) == (None, "no_data", "")
    assert any("not metered" in note for note in result.notes)


def test_below_one_is_inconsistent(tmp_path: Path) -> None:
    """Less facility than IT energy has no value; the state says so, with both energies."""
    with bench(tmp_path, TWO) as b:
        b.run(2 * HOUR, power("main", 900.0), power("it", 1000.0, "it_input"))
        result = b.pue.result(SITE, "1h")
    assert (result.pue, result.state) == (None, "inconsistent")
    assert result.facility_joules == pytest.approx(0.9 * result.it_joules)


def test_a_pue_of_exactly_one(tmp_path: Path) -> None:
    """Facility energy that equals IT energy is PUE 1.0, which is valid."""
    with bench(tmp_path, TWO) as b:
        b.run(2.2 * HOUR, power("main", 1000.0), power("it", 1000.0, "it_input"))
        result = b.pue.result(SITE, "1h")
    assert (result.pue, result.state) == (1.0, "valid")


def test_no_it_energy_is_inconsistent(tmp_path: Path) -> None:
    """An IT meter that reads zero gives no value, not an infinite one."""
    with bench(tmp_path, TWO) as b:
        b.run(2 * HOUR, power("main", 900.0), power("it", 0.0, "it_input"))
        assert (b.pue.result(SITE, "1h").pue, b.pue.result(SITE, "1h").state) == (
            None,
            "inconsistent",
        )


def test_only_the_time_that_both_cover_counts(tmp_path: Path) -> None:
    """In an hour that the IT meter joins half way, both energies are of the second half."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR / 2, power("main", 5000.0))
        b.run(HOUR, power("main", 1300.0), power("it", 1000.0, "it_input"))
        result = b.pue.between(SITE, T0, T0 + HOUR)
    assert result.pue == pytest.approx(1.3)
    assert result.coverage == pytest.approx(0.5)
    assert (result.state, result.interim) == ("low_coverage", True)


def test_a_facility_meter_that_joins_half_way(tmp_path: Path) -> None:
    """IT energy from before the facility's meter was heard does not count."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR / 2, power("it", 9000.0, "it_input"))
        b.run(HOUR, power("main", 1300.0), power("it", 1000.0, "it_input"))
        result = b.pue.between(SITE, T0, T0 + HOUR)
    assert (result.pue, result.coverage) == (pytest.approx(1.3), pytest.approx(0.5))


def test_first_minutes_have_a_value(tmp_path: Path) -> None:
    """Before any cell is whole, the time that all meters share gives a value."""
    with bench(tmp_path, TWO, now=T0 + 100) as b:
        b.run(60, power("main", 1e9), interval=15)
        b.run(120, power("main", 1400.0), power("it", 1000.0, "it_input"), interval=15)
        result = b.pue.result(SITE, "1h")
    assert result.pue == pytest.approx(1.4)
    assert (result.state, result.coverage) == ("low_coverage", pytest.approx(105 / 3600))


def test_renewables_of_the_first_minutes(tmp_path: Path) -> None:
    """In the first minutes REF counts what was used here: (400 - 200) / 1200."""
    text = HEAD + (
        "meters: [{meter: main, point: utility}, {meter: sun, point: renewable},"
        " {meter: it, point: it_input}]"
    )
    with bench(tmp_path, text, now=T0 + 100) as b:
        for second in range(0, 181, 15):
            b.clock.now = T0 + 100 + second
            bought, sold = energy("main", 1000.0 * second), exported("main", 200.0 * second)
            sun, it = power("sun", 400.0, "renewable"), power("it", 1000.0, "it_input")
            b.book.accept(batch(b.clock.now, bought, sold, sun, it, interval=15))
        b.book.flush()
        b.pue.refresh()
        result = b.pue.result(SITE, "1h")
    assert result.pue == pytest.approx(1.2)
    assert result.renewable_ratio == pytest.approx(1 / 6)


def test_uncertainty_comes_from_the_classes(tmp_path: Path) -> None:
    """Class 0.5 and class 1: 2 x sqrt((0.5 % / sqrt 3)^2 + (1 % / sqrt 3)^2)."""
    with bench(tmp_path, TWO) as b:
        b.run(2 * HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        assert b.pue.result(SITE, "1h").uncertainty == pytest.approx(
            2 * (0.005**2 + 0.01**2) ** 0.5 / 3**0.5
        )


@pytest.mark.parametrize(
    ("days", "coverage", "interim"),
    [(365, 0.9, False), (365, 0.89, True), (366, 1.0, False), (364.99, 1.0, True)],
)
def test_what_is_interim(days: float, coverage: float, interim: bool) -> None:
    """Twelve months with nine tenths of their time covered are not interim."""
    assert is_interim(days * 86400, coverage) == interim


def test_power_trend(tmp_path: Path) -> None:
    """The trend is the mean power of each five minutes; None where it is not covered."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        b.run(HOUR, power("main", 1500.0))
        trend = b.pue.power_trend(SITE, 2)
    assert (trend[3].facility_watts, trend[3].it_watts) == (
        pytest.approx(1500.0),
        pytest.approx(1000.0),
    )
    assert (trend[-1].facility_watts, trend[-1].it_watts) == (pytest.approx(1500.0), None)


def test_hours_are_whole_hours() -> None:
    """The tests' zero is a whole hour."""
    assert T0 * 1000 % HOUR_MS == 0
