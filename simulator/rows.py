"""Choose the rows of a device's tables, and the texts of their columns.

The readings of its profile find their rows by these texts. It is the inverse of
`collectors.facility.snmp.plan`: `where`, `match`, `valid_when`, templates of labels and of units.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from collectors.facility.snmp.table import STAR, placeholders
from collectors.facility.units import UNITS, quantity_of
from simulator.measures import PHASES
from simulator.samples import samples

if TYPE_CHECKING:
    from collectors.facility.snmp.reading import Reading
    from collectors.facility.snmp.table import Column, Table

_CANDIDATES: Final = 25
"""Numbers that are tried for outlets, banks and sensors."""
_STANDS_IN: Final = re.compile(r"\|(?:[^{}]|\{\w+\})*\}")
"""What stands behind a name in a template, for when the name is empty."""
# The coarsest step of a device that gives its own number of digits, in base units.
_FINENESS: Final[Mapping[str, float]] = {
    "watts": 1.0,
    "voltamperes": 1.0,
    "joules": 3.6e5,
    "volts": 0.1,
    "amperes": 0.01,
    "hertz": 0.1,
    "celsius": 0.1,
    "ratio": 0.001,
}


class Said(NamedTuple):
    """The text of a column, and the names that the profile takes from it.

    None leaves the text to the layout.
    """

    said: str | None
    names: Mapping[str, str]


def arcs_of(table: Table, parts: Mapping[str, str]) -> dict[str, str]:
    """Return the parts of an index as they stand in an OID: strings as octets."""
    if not table.has_texts():
        return dict(parts)
    found = {}
    for name, written in zip(table.parts(), table.index, strict=True):
        if name in parts:
            _, is_text, length = written.partition("$")
            octets = [str(ord(char)) for char in parts[name]]
            before = [] if length else [str(len(octets))]
            found[name] = ".".join([*before, *octets]) if is_text else parts[name]
    return found


def padded(table: Table, name: str, text: str) -> str:
    """Return a value of an index part in the part's length, if that is fixed."""
    if not table.has_texts():
        return text
    written = table.index[table.parts().index(name)]
    length = written.partition("$")[2]
    return text.rjust(int(length), "0") if length else text


def object_of(column: Column, parts: Mapping[str, str]) -> str:
    """Return where a column of a row lies, given the parts of the row's index."""
    return (
        ".".join((column.oid, *(parts[part] for part in column.index or ())))
        if column.index
        else f"{column.oid}.0"
    )


def _labelled(table: Table, reading: Reading) -> dict[str, str]:
    """Return the index parts and columns that labels are made of, each with its label."""
    return {
        name: label
        for name in (*table.parts(), *table.columns)
        for label, template in reading.labels.items()
        if name in _first_names(template)
    }


def _first_names(template: str) -> set[str]:
    """Return the names of a template without those that stand in for an empty one."""
    return placeholders(_STANDS_IN.sub("}", template))


def varying_part(table: Table, reading: Reading) -> str:
    """Return the name that counts outlets, banks, phases or sensors, or an empty text."""
    settled = {*reading.where, *reading.match, *placeholders(table.unit)}
    for name, label in reversed(_labelled(table, reading).items()):
        mapped = name in table.columns and table.column(name).map
        if name not in settled and label != "name" and not mapped:
            return name
    return ""


def rows_of(table: Table, reading: Reading, varying: str, phases: int) -> Iterator[dict[str, Said]]:
    """Yield the texts of index parts and columns of each row.

    Parts that are not named are free.
    """
    used = {name for _, name in reading.names()} | placeholders(table.unit) | table.choice_names()
    unit = _unit_parts(table)
    in_labels = _labelled(table, reading)
    choices: dict[str, list[Said]] = {}
    for name in table.parts():
        if name in reading.where:
            choices[name] = [Said(value, {name: value}) for value in reading.where[name]]
        elif name in reading.match:
            wanted = reading.match[name]
            tried = dict.fromkeys((*map(str, range(_CANDIDATES)), *samples(wanted)))
            numbers = [one for one in tried if one.isdigit() and wanted.search(one)]
            choices[name] = [Said(number, _names(name, number, reading)) for number in numbers]
        elif name in unit:
            choices[name] = [Said(unit[name], {name: unit[name]})]
        elif name in in_labels:
            numbers = _numbers(name, reading, phases) if name == varying else ["1"]
            choices[name] = [Said(number, {name: number}) for number in numbers if number.isdigit()]
    for name in sorted(used & set(table.columns)):
        choices[name] = list(_says(name, table, reading, unit, phases))
    for row in itertools.product(*choices.values()):
        yield dict(zip(choices, row, strict=True))


def _unit_parts(table: Table) -> dict[str, str]:
    """Return the values of the parts of a table's unit for the device itself."""
    names = placeholders(table.unit)
    if table.first_unit in ("", STAR):
        return dict.fromkeys(names, "1")
    return _backwards(table.unit, table.first_unit) or dict.fromkeys(names, "1")


def _numbers(name: str, reading: Reading, phases: int) -> list[str]:
    """Return the values a label's name may have; for a phase, one of the device's phases."""
    template = reading.labels.get("phase", "")
    found = (
        [_backwards(template, phase) for phase in PHASES[phases]]
        if name in placeholders(template)
        else []
    )
    # Without phases, as for outputs of a DC system, they are counted like all others.
    return [names[name] for names in found if names] or list(map(str, range(1, _CANDIDATES)))


def _backwards(template: str, text: str) -> dict[str, str]:
    """Return the values of a template's names in a text that was made from it.

    Empty if it was not.
    """
    found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(template)), text)
    return found.groupdict() if found else {}


def _says(
    name: str, table: Table, reading: Reading, unit: Mapping[str, str], phases: int
) -> Iterator[Said]:
    """Yield the texts of a column with which the reading accepts its row.

    None leaves the text to the layout.
    """
    column = table.column(name)
    if name in reading.match:
        texts = (*dict.fromkeys(column.map.values()), *samples(reading.match[name]))
        units = _units(table, reading) if name == reading.unit_column else texts
        wanted = [text for text in texts if reading.match[name].search(text) and text in units]
    else:
        chosen = table.choice.default.get(name) if table.choice else None
        wanted = (
            reading.where.get(name)
            or reading.valid_when.get(name, [])[:1]
            or chosen
            or ([unit[name]] if name in unit else [])
        )
        wanted = wanted or _wanted_words(name, table, reading, phases)
        if not wanted:
            yield Said(None, {})
    for text in wanted:
        said = next((said for said, meant in column.map.items() if meant == text), None)
        if said is not None or text not in column.map:
            yield Said(text if said is None else said, _names(name, text, reading))


def _names(name: str, text: str, reading: Reading) -> dict[str, str]:
    """Return a column's text by the column's name, with the groups of its expression."""
    found = reading.match[name].search(text) if name in reading.match else None
    return {name: text, **(found.groupdict("") if found else {})}


def _wanted_words(name: str, table: Table, reading: Reading, phases: int) -> list[str]:
    """Return the meanings wanted of a column with a unit, digits, a scale or a label's value.

    Empty if any text is good.
    """
    if name == reading.unit_column:
        return _units(table, reading)
    if name in (reading.digits_column, reading.divisor_column, reading.scale_column):
        digits = dict.fromkeys((_digits(table, reading), 0, 1, 2, 3))
        if name == reading.digits_column:
            return [str(number) for number in digits]
        return [
            str(-(10**number) if number and name == reading.scale_column else 10**number)
            for number in digits
        ]
    labelled = [
        label for label, template in reading.labels.items() if name in _first_names(template)
    ]
    words = list(dict.fromkeys(table.column(name).map.values()))
    if words and labelled:
        return words
    return _numbers(name, reading, phases) if labelled and "name" not in labelled else []


def _units(table: Table, reading: Reading) -> list[str]:
    """Return the units that a device may name for a reading, the most likely one first."""
    quantity = quantity_of(reading.metric)
    known = (
        *reading.where.get(reading.unit_column, ()),
        *table.column(reading.unit_column).map.values(),
        *UNITS,
    )
    return [
        word for word in dict.fromkeys(known) if word in UNITS and UNITS[word].quantity == quantity
    ]


def _digits(table: Table, reading: Reading) -> int:
    """Return the decimals that make a reading fine enough in its unit."""
    unit = UNITS[reading.unit or _units(table, reading)[0]]
    fineness = _FINENESS.get(unit.quantity, 1.0)
    return min(max(0, math.ceil(math.log10(abs(reading.scale) * unit.factor / fineness))), 3)
