"""How numbers, units and times are written."""

from __future__ import annotations

import pytest

from agent.messages.catalogue import words
from agent.web.format import (
    MINUS,
    MISSING,
    THIN,
    clock,
    common,
    natural,
    number,
    offset,
    percent,
    quantity,
    short,
    span,
    zone,
)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1_440_000.0, "W", "1.44 MW"),
        (999_700.0, "W", "1.00 MW"),
        (0.0, "W", "0 W"),
        (512.0, "W", "512 W"),
        (None, "W", MISSING),
        (0.0102, "s", "10.2 ms"),
        (4.0e11, "bit/s", "400 Gbit/s"),
        (0.0, "bit/s", "0 bit/s"),
        (2e18, "FLOPS", f"2{THIN}000 PFLOPS"),
        (3.6e9, "J", "1.00 MWh"),
    ],
)
def test_quantity_is_scaled_to_a_readable_unit(value: float | None, unit: str, shown: str) -> None:
    """A base-unit value is written in the unit a reader expects.

    A missing one is a dash and never a zero.
    """
    assert quantity(value, unit) == shown.replace(" ", THIN)


def test_number_groups_digits_and_has_a_true_minus() -> None:
    """Digits are grouped by narrow spaces, and a rounded zero has no sign."""
    assert number(27584) == f"27{THIN}584"
    assert number(-12.5, 1) == f"{MINUS}12.5"
    assert number(-0.001, 1) == "0.0"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(0.999, "99 %"), (1.0, "100 %"), (0.0001, "< 1 %"), (0.0, "0 %"), (1.07, "107 %")],
)
def test_percent_never_rounds_up_to_all_nor_down_to_nothing(ratio: float, shown: str) -> None:
    """What is not quite all is not shown as 100 %, and a little is not shown as none."""
    assert percent(ratio) == shown.replace(" ", THIN)


def test_a_column_has_one_unit_and_equal_decimals() -> None:
    """Values of a column can be compared by eye."""
    write, unit = common([151_300.0, 900.0, None], "W")
    assert (write(151_300.0), write(900.0), unit) == ("151.3", "0.9", "kW")


def test_a_small_value_beside_a_large_one_is_not_zero() -> None:
    """840 W beside 1.5 MW is less than 0.01 MW; 6 kW is 0.01 MW, and only zero is 0.00."""
    write, unit = common([1.5e6, 840.0], "W")
    assert (write(840.0), write(6000.0), unit) == (f"<{THIN}0.01", "0.01", "MW")
    assert (write(-840.0), write(0.0)) == (f">{THIN}{MINUS}0.01", "0.00")
    write, unit = common([0.5], "W")
    assert (write(0.5), unit) == (f"<{THIN}1", "W"), "an exact half is rounded to zero"


def test_axis_labels_have_no_trailing_zeros() -> None:
    """A round value on an axis is written short."""
    assert short(50_000.0, "W") == f"50{THIN}kW"


def test_rows_are_sorted_as_people_count() -> None:
    """A2 comes before A10."""
    assert sorted(["A10", "A2", "B1", "A1", ""], key=natural) == ["", "A1", "A2", "A10", "B1"]


def test_times_are_in_the_hubs_zone() -> None:
    """A moment is shown by the hub's clock, with the date only when it is not today's."""
    shanghai = zone("Asia/Shanghai")
    assert clock(0.0, 60.0, shanghai) == "08:00:00"
    assert clock(0.0, 86400.0, shanghai) == "1970-01-01 08:00"
    assert offset(shanghai, 0.0) == "UTC+08:00"
    assert zone("No/Such_Zone").utcoffset(None) is not None


def test_span_takes_the_largest_fitting_unit() -> None:
    """How long something lasts is told in one unit."""
    w = words("en")
    assert [span(value, w) for value in (5, 130, 3 * 3600, 3 * 86400)] == [
        f"5{THIN}s",
        f"2{THIN}min",
        f"3{THIN}h",
        f"3{THIN}d",
    ]
