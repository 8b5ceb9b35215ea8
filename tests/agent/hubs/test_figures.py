"""Figures with their units, periods, deadlines, and the day from which a fact is known."""

from __future__ import annotations

import datetime as dt

import pytest

from agent.hubs.loader import load_registry
from agent.hubs.model import parse_deadline, parse_period
from agent.hubs.units import UNITS, show
from tests.agent.hubs.packaged import FACTS


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (27584, "racks", "27 584 racks", "27 584 架"),
        (1, "racks", "1 rack", "1 架"),
        (2e18, "PFLOPS", "2 000 PFLOPS", "2 000 PFLOPS"),
        (0.010, "ms", "10 ms", "10 ms"),
        (0.0104, "ms", "10.4 ms", "10.4 ms"),
        (4e11, "Gbit/s", "400 Gbit/s", "400 Gbit/s"),
        (1.2, "ratio", "1.2", "1.2"),
        (0.5, "%", "50 %", "50 %"),
        (2e9, "billion yuan", "2 billion yuan", "20 亿元"),
        (1e11, "billion yuan", "100 billion yuan", "1 000 亿元"),
        (1, "yes", "yes", "是"),
        (0, "yes", "no", "否"),
        (-0.00001, "ratio", "0", "0"),
    ],
)
def test_display(value: float, unit: str, en: str, zh: str) -> None:
    """Base units are shown in the unit people read, with grouped digits, in both languages."""
    assert (show(value, unit, "en"), show(value, unit, "zh")) == (en, zh)


def test_units_have_a_base() -> None:
    """Every unit leads to a base unit that is a unit itself."""
    assert all(unit.base in UNITS for unit in UNITS.values())


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-05-14", dt.date(2024, 5, 14), dt.date(2024, 5, 14)),
        ("2024-02", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ("2024-12", dt.date(2024, 12, 1), dt.date(2024, 12, 31)),
        ("2023", dt.date(2023, 1, 1), dt.date(2023, 12, 31)),
        ("end of 2023", dt.date(2023, 12, 31), dt.date(2023, 12, 31)),
    ],
)
def test_periods(text: str, first: dt.date, last: dt.date) -> None:
    """A day, a month, a year and the end of one are read as the days they span."""
    assert parse_period(text)[1:] == (first, last)


@pytest.mark.parametrize("text", ["2027-06-14/2027-03-01", "2027", "soon", "", "2024-02-30"])
def test_deadline_refused(text: str) -> None:
    """A deadline is a day or two in order; nothing vaguer."""
    with pytest.raises(ValueError, match=r".*"):
        parse_deadline(text)


def test_december_ends_in_the_hubs_own_time() -> None:
    """By 31 December includes that day, as it is in the hub's zone."""
    (fact,) = [f for f in FACTS if f.id == "guian-chips-200000"]
    assert fact.due is not None
    assert dt.datetime.fromtimestamp(fact.due[1], dt.UTC) == dt.datetime(
        2024, 12, 31, 16, tzinfo=dt.UTC
    )


@pytest.mark.parametrize(
    ("fact", "day"),
    [
        ("guizhou-400g-channel", "2024-06-14"),  # of the year 2023, published a year later
        ("liangya-compute", "2024-10-28"),  # said on 24 October, published on the 28th
        ("guian-chips-in-use", "2024-03-06"),
    ],
)
def test_a_fact_is_known_from_its_publication(fact: str, day: str) -> None:
    """Nobody knew a figure before it was published, whatever period it speaks of."""
    known = {one.id: one for one in load_registry().facts()}
    assert f"{known[fact].known_since}" == day


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (1, "racks", "1 rack", "1 架"),
        (1.5, "racks", "1.5 racks", "1.5 架"),
        (0, "racks", "0 racks", "0 架"),
        (1, "companies", "1 company", "1 家企业"),
        (10.6, "companies", "11 companies", "11 家企业"),
        (2e9, "billion yuan", "2 billion yuan", "20 亿元"),
        (0.0086, "ms", "8.6 ms", "8.6 ms"),
        (0.123456, "ratio", "0.1235", "0.1235"),
        (12.3456, "s", "12.3 s", "12.3 s"),
        (0.97, "%", "97 %", "97 %"),
        (0, "yes", "no", "否"),
        (1, "yes", "yes", "是"),
    ],
)
def test_a_figure_and_its_unit(value: float, unit: str, en: str, zh: str) -> None:
    """A figure is written with the right form of its unit, four digits below ten and one above."""
    assert (show(value, unit, "en"), show(value, unit, "zh")) == (en, zh)
