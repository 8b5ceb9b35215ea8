"""What the first row of a file says: its columns, their units, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agent.ledger.imports.forms import UNITS, Form
from agent.ledger.imports.refusals import Refused

_BRACKETS: Final = re.compile(r"(?P<name>.*?)\s*[\[(]\s*(?P<unit>[^\[\]()]+?)\s*[\])]")
_SPELT: Final = {unit.casefold(): unit for unit in UNITS} | {"m³": "m3"}
"""The units by how other systems spell them: `KWH`, `m³`."""
_MILLI: Final = re.compile("m(Wh?|WH|J)")
"""A thousandth of a unit; the same in small letters only is read as a million of them."""


def parted(header: str) -> tuple[str, str]:
    """Return a header without the unit in brackets at its end, and that unit.

    `Trafo 1 [kW]` is of `Trafo 1` in `kW`. Where the brackets hold no unit, or there are none, the
    header stays as it is, and the unit is empty.
    """
    match = _BRACKETS.fullmatch(header)
    unit = _SPELT.get(match["unit"].casefold(), "") if match else ""
    return (match["name"], unit) if match and unit else (header, "")


def unit_of(header: str) -> str:
    """Return the unit that a header names, or nothing; raises Refused for milliwatts and such."""
    match = _BRACKETS.fullmatch(header)
    if match and _MILLI.fullmatch(match["unit"]):
        message = f"{header!r}: {match['unit']} would be a thousandth of {match['unit'][1:]}"
        raise Refused("cells", f"{message}; state --unit")
    return parted(header)[1]


def units_of(headers: Sequence[str]) -> dict[str, str]:
    """Return the unit that each header names; none if no header does.

    Raises Refused where only some do, where they are of different quantities, or where one is so
    small that it must be another.
    """
    said = {header: unit_of(header) for header in headers}
    units = {header: unit for header, unit in said.items() if unit}
    silent = next((header for header, unit in said.items() if not unit), None)
    if units and silent is not None:
        one = next(iter(units))
        raise Refused("cells", f"{one!r} names its unit and {silent!r} does not; state --unit")
    kinds = {UNITS[unit].column: header for header, unit in units.items()}
    if len(kinds) > 1:
        one, other, *_ = kinds.values()
        message = f"{one!r} and {other!r} are different quantities; leave one out by --alias X=-"
        raise Refused("cells", message)
    return units


def wrong_header(form: Form, header: Sequence[str]) -> str:
    """Say which header was expected, and which was found."""
    if form.is_own:
        expected = "time,meter,energy_kwh, time,meter,power_w or time,meter,volume_m3"
    else:
        meter = "" if form.only else form.meter
        wanted = (*form.start, meter, form.value or "VALUE")
        expected = form.delimiter.join(part for part in wanted if part)
    found = form.delimiter.join(header) or "nothing"
    return f"expected the header {expected}, found {found}{_other_delimiter(header)}"


def has_cells(cells: Sequence[str], header: Sequence[str]) -> bool:
    """Tell whether a row has all its cells; an empty line has none. Raises Refused for others."""
    if len(cells) == len(header):
        return True
    if any(map(str.strip, cells)):
        raise Refused("cells", f"expected {len(header)} cells, found {len(cells)}")
    return False


def _other_delimiter(header: Sequence[str]) -> str:
    """Name the delimiter that a header of one cell seems to have: the end of an error line."""
    if len(header) != 1:
        return ""
    (cell,) = header
    for delimiter, said in ((";", "';'"), ("\t", "tab"), ("|", "'|'"), (",", "','")):
        if delimiter in cell:
            return f"; is it --delimiter {said}?"
    return ""
