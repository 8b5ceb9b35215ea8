"""The declared boundary of a site: what would count twice is refused, with line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.inventory.load import load_inventory
from agent.inventory.model import Inventory
from collectors.strict import Problems

HEAD = (
    "sites: [{site: a}]\nmeters:\n- {meter: main, point: utility}\n"
    "- {meter: ups, point: ups_output}\n"
)


def read(text: str) -> Inventory:
    return load_inventory(Path("inventory.yaml"), "guian", timezone="Asia/Shanghai", text=text)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "{meter: hall, point: utility, behind: main}",
            "main counts the same energy at utility already",
        ),
        (
            "{meter: hall, point: utility, behind: mian}",
            "unknown meter 'mian' at site a; did you mean main?",
        ),
        (
            "{meter: cold, point: cooling, factor: 0.4, behind: main}",
            "counts as bought energy beside main",
        ),
        (
            "{meter: sun, point: renewable, behind: ups}",
            "cannot be behind ups, a meter of ups_output",
        ),
        (
            "{meter: ups-2, point: ups_output, behind: ups}",
            "ups counts the same energy at ups_output already",
        ),
        (
            "{meter: office, point: cooling, behind: main, subtract: true}",
            "no meter upstream of it counts at cooling",
        ),
        ("{meter: hall, point: cooling, behind: hall}", "a meter cannot be behind itself"),
        ("{meter: office, point: utility, subtract: true}", "also needs `behind`"),
    ],
)
def test_energy_that_would_count_twice_is_refused(line: str, told: str) -> None:
    """A meter whose energy would count twice is refused, with file, line and key."""
    with pytest.raises(Problems) as caught:
        read(f"{HEAD}- {line}\n")
    (error,) = caught.value.errors
    assert told in str(error)
    assert (error.file, error.line) == ("inventory.yaml", 5)
    assert "behind" in str(error)


def test_twice_through_a_third_meter() -> None:
    """It is found however many meters lie between, in whatever order the file lists them."""
    text = (
        f"{HEAD}- {{meter: deep, point: utility, behind: mid}}\n"
        f"- {{meter: mid, point: ups_input, behind: main}}\n"
    )
    with pytest.raises(Problems, match="deep: what comes in at utility cannot be behind mid"):
        read(text)
    with pytest.raises(Problems, match="deep: main counts the same energy"):
        read(text.replace("point: ups_input", "point: utility, subtract: true"))


def test_a_circle_is_told_once_of_each_meter() -> None:
    """Meters behind each other are told as a circle, and reading comes to an end."""
    with pytest.raises(Problems) as caught:
        read(
            f"{HEAD}- {{meter: b, point: cooling, behind: c}}\n"
            f"- {{meter: c, point: lighting, behind: b}}\n"
        )
    assert len(caught.value.errors) == 2
    assert "circle" in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "{meter: office, point: utility, behind: main, subtract: true}",
        "{meter: chiller, point: cooling, behind: main}",
        "{meter: fans, point: cooling, behind: ups}",
        "{meter: sun, point: renewable, behind: main}",
        "{meter: racks, point: pdu_output, behind: ups}",
    ],
)
def test_what_counts_once_is_taken(line: str) -> None:
    """Meters behind one another at points of their own are as they should be."""
    assert len(read(f"{HEAD}- {line}\n").meters) == 3


@pytest.mark.parametrize(
    ("emissions", "told"),
    [
        (
            "[{kilograms_per_kilowatt_hour: 0.5, source: x, first_year: 2025, last_year: 2024}]",
            "2024 is before first_year",
        ),
        (
            (
                "[{kilograms_per_kilowatt_hour: 0.5, source: x},"
                " {kilograms_per_kilowatt_hour: 0.6, source: y, first_year: 2025}]"
            ),
            "two figures for 2025",
        ),
        ("[{kilograms_per_kilowatt_hour: 0.5}]", "source"),
        ("[{kilograms_per_kilowatt_hour: 0.5, source: ''}]", "source: must not be empty"),
    ],
)
def test_an_emission_factor_has_its_years_and_its_source(emissions: str, told: str) -> None:
    """Two figures for a year, years that run backwards and a figure without source are refused."""
    with pytest.raises(Problems, match=told):
        read(f"sites: [{{site: a, emissions: {emissions}}}]\n")
