"""Readings from files are judged as the agent's own are, by what the inventory says of a meter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from agent.ledger.energy import HOUR_MS
from agent.ledger.imports.forms import ENERGY, POWER
from agent.ledger.imports.readings import lay_out_readings
from agent.ledger.imports.rows import LaidOut, Rows
from agent.ledger.meters import limits_of
from tests.support.ledger import SITE, inventory

KWH = 3.6e6
STOCK = inventory(
    f"sites: [{{site: {SITE}}}]\n"
    "meters: [{meter: rated, point: utility, rating_watts: 400000},"
    " {meter: narrow, point: utility, wrap_joules: 3600000000}, {meter: plain, point: utility}]"
)
HOURS = range(48)


def hourly(meter: str, value: Callable[[int], float], column: str = ENERGY) -> tuple[float, float]:
    """Return the kWh and the covered hours of two days of hourly readings of a meter."""
    found = laid_out(meter, {hour: value(hour) for hour in HOURS}, column)
    joules = [one if isinstance(one, float) else one.total for one in found.hours.values()]
    covered = [
        HOUR_MS if isinstance(one, float) else one.covered_ms for one in found.hours.values()
    ]
    return sum(joules) / KWH, sum(covered) / HOUR_MS


def laid_out(meter: str, values: Mapping[int, float], column: str = ENERGY) -> LaidOut:
    rows = Rows()
    for line, (hour, value) in enumerate(values.items(), 2):
        rows.add(hour * HOUR_MS, value, line)
    return lay_out_readings(rows, column, limits_of(STOCK, SITE, meter))


@pytest.mark.parametrize("meter", ["rated", "plain"])
@pytest.mark.parametrize("leap", [200_000, 5_000])
def test_a_leap_in_a_file_is_rejected(meter: str, leap: int) -> None:
    """130 kWh an hour, and a leap in one hour: 46 hours of the 47 count."""
    found = hourly(meter, lambda hour: (9000 + 130 * hour + leap * (hour > 20)) * KWH)
    assert found == pytest.approx((46 * 130, 46))


def test_a_wrap_in_a_file_counts() -> None:
    """A register of 1000 kWh wraps at the width that the inventory states; all of it counts."""
    assert hourly("narrow", lambda hour: 130 * hour % 1000 * KWH) == pytest.approx((47 * 130, 47))


@pytest.mark.parametrize("bad", [65_535e3, -1.0])
def test_a_wild_power_in_a_file_leaves_a_hole(bad: float) -> None:
    """One reading of power is refused, and so are the hours on both sides of it."""
    found = hourly("rated", lambda hour: bad if hour == 20 else 130e3, POWER)
    assert found == pytest.approx((45 * 130, 45))


@pytest.mark.parametrize("meter", ["rated", "plain"])
@pytest.mark.parametrize("bad", [0.0, 7.0, 5e9])
def test_a_glitch_in_a_file_is_left_out(meter: str, bad: float) -> None:
    """One reading is wild: the difference across it is the energy of both hours."""
    found = hourly(meter, lambda hour: (bad if hour == 20 else 9000 + 130 * hour) * KWH)
    assert found == pytest.approx((47 * 130, 47))


def test_a_year_of_monthly_readings_counts() -> None:
    """Twelve readings, a month apart, of a meter whose load doubles in summer, all count."""
    months = [0, 744, 1416, 2160, 2880, 3624, 4344, 5088, 5832, 6552, 7296, 8016]
    values, total = {}, 4e5
    for month, hour in enumerate(months):
        values[hour] = total * KWH
        after = months[month + 1] if month + 1 < len(months) else hour
        total += (after - hour) * (260 if month in (5, 6, 7) else 130)
    found = laid_out("plain", values)
    counted = sum(one if isinstance(one, float) else one.total for one in found.hours.values())
    assert counted == pytest.approx(values[8016] - values[0])
    assert not found.rejected
