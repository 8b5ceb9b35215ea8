"""The rows of a device's tables: the objects to read at discovery, and the names of each row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from collectors.facility.snmp.index import Index, split_index
from collectors.facility.snmp.point import Raw, text_of
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.reading import Reading as Wanted
from collectors.facility.snmp.table import Choice, Column, Table, placeholders


@dataclass(slots=True)
class Rows:
    """The values read at discovery: `columns` by OID and row index, single objects by OID."""

    columns: dict[str, dict[str, Raw]] = field(default_factory=dict)
    objects: dict[str, Raw] = field(default_factory=dict)


def columns_to_walk(profile: SnmpProfile, levels: frozenset[str]) -> list[str]:
    """Return the columns to walk at discovery, each once."""
    return list(
        dict.fromkeys(
            profile.column_oid(wanted)
            for wanted in profile.readings
            if wanted.table and wanted.where_it_is() in levels
        )
    )


def objects_to_get(profile: SnmpProfile, rows: Rows, levels: frozenset[str]) -> list[str]:
    """Return the scalars and the single objects that describe the found rows, each once."""
    wanted: dict[str, None] = {}
    for reading in profile.readings:
        if reading.where_it_is() not in levels:
            continue
        if reading.oid:
            wanted[reading.oid] = None
            continue
        table = profile.tables[reading.table]
        columns = list(describing_columns(table, reading).values())
        for row in rows.columns.get(profile.column_oid(reading), ()):
            index = split_index(table, row)
            if index is not None and index_fits(reading, index):
                wanted.update(dict.fromkeys(map(index.object, columns)))
    return list(wanted)


def index_fits(reading: Wanted, index: Index) -> bool:
    """Tell whether the parts of a row's index have the values that the reading asks for."""
    return all(
        index.shown[name] in values for name, values in reading.where.items() if name in index.shown
    )


def describing_columns(table: Table, wanted: Wanted) -> dict[str, Column]:
    """Return the columns that say what a row of a reading is, by name; the same for every row."""
    names = {name for _, name in wanted.names()} | placeholders(table.unit) | table.choice_names()
    return {name: table.column(name) for name in sorted(names & table.columns.keys())}


def describe_row(
    table: Table,
    wanted: Wanted,
    columns: Mapping[str, Column],
    index: Index,
    rows: Rows,
    chosen: re.Pattern[str] | None,
) -> tuple[dict[str, str] | None, tuple[tuple[str, frozenset[str]], ...]]:
    """Return the names of a row and its guards; None instead of names for an unwanted row.

    `columns` are its `describing_columns`.
    """
    names = dict(index.shown)
    guards = []
    for name, column in columns.items():
        if name in index.shown:
            continue
        oid = index.object(column)
        said = text_of(rows.objects.get(oid))
        names[name] = column.map.get(said, said)
        if name in wanted.valid_when and oid in rows.objects:
            guards.append((oid, frozenset(wanted.valid_when[name])))
    for name, values in wanted.where.items():
        if names[name] not in values:
            return None, ()
    if table.choice and not _is_chosen(table.choice, names, chosen):
        return None, ()
    for name, pattern in wanted.match.items():
        found = pattern.search(names[name])
        if found is None:
            return None, ()
        names |= {group: text or "" for group, text in found.groupdict().items()}
    return names, tuple(guards)


def _is_chosen(choice: Choice, names: Mapping[str, str], chosen: re.Pattern[str] | None) -> bool:
    if chosen is not None:
        return any(chosen.search(names[name]) for name in choice.by)
    return all(names[name] in values for name, values in choice.default.items())
