"""The units that a file's header names, in a file that has a column for each meter."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Form, Meters
from agent.ledger.imports.sheet import Sheet
from collectors.strict import Problems
from tests.agent.commands.ledger_site import ZONE

KNOWN = Meters(frozenset(["u", "i"]), frozenset(["w"]))


def sheet(header: str, *rows: str, form: Form | None = None) -> Sheet:
    """Read a file."""
    return read_csv([header, *rows], "f.csv", ZONE, KNOWN, form)


def values(found: Sheet) -> Mapping[str, list[float]]:
    """Return the values of each meter, in joules or watts."""
    return {meter: list(rows.values) for meter, rows in found.rows.items()}


def test_each_column_has_the_unit_of_its_header() -> None:
    """0.130 MWh are 468 MJ, and 100 kWh are 360 MJ."""
    found = sheet("time,u [MWh],i (kWh)", "2026-02-01T00:00,0.130,100")
    assert found.column == "energy_kwh"
    assert values(found) == {"u": [pytest.approx(468e6)], "i": [360e6]}


def test_a_header_in_kilowatts_is_power() -> None:
    """130 kW four times an hour are not 520 kWh."""
    found = sheet("time,u [kW],i [KW]", "2026-02-01T00:00,130,100")
    assert found.column == "power_w"
    assert values(found) == {"u": [130e3], "i": [100e3]}


def test_an_alias_may_name_the_header_with_its_unit_or_without() -> None:
    """Both are what people see in the file."""
    for theirs in ("Trafo 1", "Trafo 1 [MWh]"):
        found = sheet("time,Trafo 1 [MWh]", "2026-02-01T00:00,1", form=Form(aliases={theirs: "u"}))
        assert values(found) == {"u": [3.6e9]}


def test_the_option_is_stronger_than_the_header() -> None:
    """Whoever states a unit knows better what the file holds."""
    assert values(sheet("time,u [MWh]", "2026-02-01T00:00,1", form=Form(unit="kWh"))) == {
        "u": [3.6e6]
    }


def test_brackets_without_a_unit_are_part_of_a_name() -> None:
    """`u (north)` names no unit, and is not a meter."""
    with pytest.raises(Problems, match="expected the header"):
        sheet("time,u (north)", "2026-02-01T00:00,1")
    found = sheet("time,u (north)", "2026-02-01T00:00,1", form=Form(aliases={"u (north)": "u"}))
    assert values(found) == {"u": [3.6e6]}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("time,u [MWh],i", r"f\.csv:1: 'u \[MWh\]' names its unit and 'i' does not; state --unit"),
        ("time,u [kWh],i [kW]", "are different quantities"),
    ],
)
def test_headers_at_odds_are_refused(header: str, message: str) -> None:
    """A unit that is guessed is a figure that is a thousand times too large."""
    with pytest.raises(Problems, match=message):
        sheet(header, "2026-02-01T00:00,1,1")


def test_a_column_that_is_left_out_needs_no_unit() -> None:
    """A comment beside the meters, or their power beside their energy."""
    aliases = {"note": "-", "i [kW]": "-"}
    found = sheet("time,u [MWh],note,i [kW]", "2026-02-01T00:00,1,x,2", form=Form(aliases=aliases))
    assert values(found) == {"u": [3.6e9]}


def test_the_value_of_a_long_file_has_the_unit_of_its_header() -> None:
    """The column is named by --value-column, and its header says the unit."""
    found = sheet("time,meter,Use [GJ]", "2026-02-01T00:00,u,2", form=Form(value="Use [GJ]"))
    assert values(found) == {"u": [2e9]}


@pytest.mark.parametrize("unit", ["mW", "mWh", "mWH", "mJ"])
def test_milliwatts_are_no_megawatts(unit: str) -> None:
    """By SI's prefixes a small m is a thousandth and a large one a million: 1e9 lies between."""
    message = rf"f\.csv:1: 'u \[{unit}\]': {unit} would be a thousandth of {unit[1:]}; state --unit"
    row = "2026-02-01T00:00,1"
    with pytest.raises(Problems, match=message):
        sheet(f"time,u [{unit}]", row)
    with pytest.raises(Problems, match=message):
        sheet(f"time,u [{unit}]", row, form=Form(value=f"u [{unit}]", only="u"))
    assert values(sheet(f"time,u [{unit}]", row, form=Form(unit="kWh"))) == {"u": [3.6e6]}


@pytest.mark.parametrize("unit", ["mwh", "MWH", "Mwh", "MWh"])
def test_megawatt_hours_in_any_other_letters(unit: str) -> None:
    """A system that writes all in small letters says nothing by the size of its m: 1 MWh is 3.6
    GJ.
    """
    assert values(sheet(f"time,u [{unit}]", "2026-02-01T00:00,1")) == {"u": [3.6e9]}
