"""Writes a draft of a profile for a device that no profile fits. Pure, no I/O.

The draft loads as it stands. What looks like an electrical or climate reading is read as a
sensor's; every other column is a comment with its values. A person with the maker's MIB gives each
its metric.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby

from collectors.facility.snmp.makers import maker_name
from collectors.facility.snmp.recognise import is_private, maker_of
from collectors.facility.snmp.survey import SOFTWARE, Column, Survey, Table, readings
from collectors.facility.snmp.table import STAR, parse_oid

_HEAD = """\
# DRAFT, made from the answers of one device. Nothing in it comes from the maker's MIB: each unit
# and scale is a guess. Compare every value with the device's own display, and give each reading its
# metric (docs/profiles.md, docs/metrics.md): of a rack PDU's phases, for example,
# `metric: dc_pdu_phase_voltage_volts` with `labels: {{phase: "L{{i1}}"}}` in place of a sensor's.
# sysDescr: {description}
protocol: snmp
title: {title}
# pdu, ups, cooling, ats, dcplant, generator, meter, or device for any other.
kind: device
source: a draft from one device
match:
"""


def write(found: Survey) -> str:
    """Return the draft as YAML; empty if nothing of the device looks like a reading."""
    chosen = [
        (table, one) for table, one in readings(found) if one.guess is not None and one.guess.sure
    ] or list(readings(found))
    if not chosen:
        return ""
    chosen = [pair for pair in chosen if not _is_limit(*pair)] or chosen
    return "".join((*_head(found, chosen), *_tables(chosen), *_readings(found, chosen)))


def _head(found: Survey, chosen: list[tuple[Table | None, Column]]) -> Iterator[str]:
    identity = found.identity
    maker = next((one for one in found.makers if one not in SOFTWARE), "")
    title = maker_name(maker) or f"device of enterprise {maker}"
    yield _HEAD.format(
        description=_line(identity.description), title=json.dumps(f"{title} (draft)")
    )
    own = maker_of(identity.object_id)
    if is_private(identity.object_id) and own not in SOFTWARE and _is_oid(identity.object_id):
        yield f"  sys_object_id: [{identity.object_id}]\n"
    yield "  # an object that only this table has\n"
    table, column = chosen[0]
    yield f"  probe: {f'{table.oid}.{column.number}' if table else column.number}\n"


def _tables(chosen: list[tuple[Table | None, Column]]) -> Iterator[str]:
    tables = list(dict.fromkeys(table.oid for table, _ in chosen if table))
    if tables:
        yield "tables:\n"
    for table, _ in groupby((table for table, _ in chosen if table), key=lambda one: one):
        yield f"  {_name(table, tables)}:\n    oid: {table.oid}\n"
        yield f"    index: [{', '.join(f'i{n}' for n in range(1, table.parts + 1))}]\n"
        naming = _naming(table)
        if naming:
            yield f"    columns:\n      name: {naming.number} # {_samples(naming)}\n"


def _readings(found: Survey, chosen: list[tuple[Table | None, Column]]) -> Iterator[str]:
    yield "readings:\n"
    tables = list(dict.fromkeys(table.oid for table, _ in chosen if table))
    active = {(table.oid if table else "", one.number) for table, one in chosen}
    for table in found.tables:
        known = table.oid in tables
        yield f"  # {table.oid}: {max(one.rows for one in table.columns)} rows\n"
        for one in table.columns:
            if known and (table.oid, one.number) in active:
                yield _reading(table, one, _name(table, tables))
            else:
                look = " (limits by their look)" if _is_limit(table, one) else _question(one)
                yield f"  # column {one.number}: {one.rows} x {_samples(one)}{look}\n"
    for one in found.scalars:
        if ("", one.number) in active:
            yield _reading(None, one, "")
        else:
            yield f"  # {one.number}: {_samples(one)}{_question(one)}\n"


def _reading(table: Table | None, one: Column, name: str) -> str:
    guess = one.guess
    assert guess is not None
    row = " ".join(f"{{i{n}}}" for n in range(1, table.parts + 1)) if table else ""
    place = f"{name}.{one.number} {row}" if table else one.number
    if table and _naming(table):
        place = f"{{name}} {name}.{one.number} {row}"
    keys = [f"metric: {guess.metric}"]
    keys += [f"table: {name}", f'column: "{one.number}"'] if table else [f"oid: {one.number}"]
    keys += [f"unit: {guess.unit}"]
    keys += [f"scale: {guess.scale}"] if guess.scale != "1" else []
    keys += ["text: true"] if guess.text else []
    keys += [f"labels: {{sensor: {json.dumps(place)}}}"]
    return f"  # guessed: {guess.what}; values: {_samples(one)}\n  - {{{', '.join(keys)}}}\n"


def _question(column: Column) -> str:
    return f" - {column.question}" if column.question else ""


def _is_limit(table: Table | None, column: Column) -> bool:
    """Tell whether a column looks like the limits of alarms, and not like readings.

    Limits stand beside each other and are alike in every row: warning and critical, low and high.
    A voltage of three phases may be alike as well, but has no such neighbour.
    """
    if table is None or not _is_alike(column):
        return False
    alike = (one for one in table.columns if one is not column and _is_alike(one))
    return any(one.guess is not None and one.guess.what == _what(column) for one in alike)


def _is_alike(column: Column) -> bool:
    """Tell whether all rows have one number; 0 is a row that is not in use."""
    return column.rows > 1 and len({one for one in column.samples if one != "0"}) == 1


def _what(column: Column) -> str:
    return column.guess.what if column.guess is not None else ""


def _is_oid(text: str) -> bool:
    try:
        return parse_oid(text) == text and STAR not in text
    except ValueError:
        return False


def _naming(table: Table) -> Column | None:
    return next((one for one in table.columns if one.names), None)


def _name(table: Table, tables: list[str]) -> str:
    return f"t{tables.index(table.oid) + 1}"


def _samples(column: Column) -> str:
    return ", ".join(_line(sample) or '""' for sample in column.samples)


def _line(text: str) -> str:
    """Return a device's words as a part of one comment."""
    return re.sub(r"\s+", " ", "".join(char if char.isprintable() else " " for char in text))[:60]
