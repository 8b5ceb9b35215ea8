"""Makes the program of a device of a profile and of the rows found at discovery. Pure, no I/O.

A program has the OIDs to read in every round, and for each object its exact factor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from collectors.base import Series
from collectors.facility.naming import Name, Naming
from collectors.facility.profile import metric_named
from collectors.facility.snmp.chosen import Chosen, Found, choose, tell_apart
from collectors.facility.snmp.index import indices, split_index
from collectors.facility.snmp.point import decode, make_point
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.program import Plan, Program
from collectors.facility.snmp.reading import Reading as Wanted
from collectors.facility.snmp.rows import Rows, describe_row, describing_columns, index_fits
from collectors.facility.snmp.table import STAR, Table, fill, placeholders
from collectors.judge import can_be


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is planned for a device: which parts of it are read, and within which limits.

    `limit` is the most series. `chosen_rows` is the operator's pattern for tables with a choice of
    rows. With `slow_apart`, readings that move slowly get a program of their own. `watched` are
    objects that are read as well, since they tell that rows may have changed.
    """

    levels: frozenset[str]
    limit: int = 100_000
    chosen_rows: re.Pattern[str] | None = None
    slow_apart: bool = False
    watched: tuple[str, ...] = ()


class Made(NamedTuple):
    """A program, all objects that were looked at, and the places of those that had a value."""

    program: Program
    looked_at: Sequence[Found]
    good: frozenset[int]

    def fits(self, rows: Rows) -> bool:
        """Tell whether the same objects have a value in other rows with the same indices."""
        return self.good == good_of(self.looked_at, rows)


def good_of(found: Sequence[Found], rows: Rows) -> frozenset[int]:
    """Return the places of the objects that had a value at discovery that can be."""
    values = rows.objects | {one.point.oid: one.raw(rows) for one in found}
    polled = [one.point.polled for one in found]
    decoded = decode(polled, range(len(found)), values, Counter())
    return frozenset(at for at, value in decoded if can_be((found[at].point.series, value)))


def plan(profile: SnmpProfile, rows: Rows, naming: Naming, asked: Asked) -> Plan:
    """Make the plan of a device from the rows found at discovery."""
    return Plan(program_of(profile, rows, naming, asked).program, naming)


def program_of(profile: SnmpProfile, rows: Rows, naming: Naming, asked: Asked) -> Made:
    """Make the program of a device from the rows found at discovery.

    It is good for all devices with these rows, if for each object it is the same whether it has a
    value, and if `naming` gives a series of its own to each name.
    """
    firsts = _firsts(profile, rows)
    chosen: dict[Series, Chosen] = {}
    constants: dict[Series, tuple[Name, float]] = {}
    silent = []
    dropped: Counter[str] = Counter()
    elsewhere: dict[str, Name] = {}
    looked_at: list[Found] = []
    goods: set[int] = set()
    for wanted in profile.readings:
        if wanted.where_it_is() not in asked.levels:
            continue
        answered = False
        for found in _found(profile, wanted, rows, naming, asked.chosen_rows, firsts, dropped):
            answered = True
            if wanted.constant is not None:
                constants[found.point.series] = found.name, wanted.constant
                continue
            good = found.is_good(rows)
            if good:
                goods.add(len(looked_at))
            looked_at.append(found)
            namesake = choose(chosen, elsewhere, found, wanted, good=good)
            if namesake is not None:
                tell_apart(chosen, dropped, namesake, profile, naming)
        if not answered:
            silent.append(wanted)
    metrics = {one.wanted.metric for one in chosen.values() if one.good and not one.wanted.fallback}
    kept = [
        one for one in chosen.values() if not (one.wanted.fallback and one.wanted.metric in metrics)
    ]
    dropped["over_limit"] += max(0, len(kept) - asked.limit)
    kept = kept[: asked.limit]
    slow = [one for one in kept if asked.slow_apart and one.wanted.moves_slowly()]
    if slow:
        kept = [one for one in kept if not one.wanted.moves_slowly()]
    program = _program(
        kept,
        Program(
            oids=asked.watched,
            constants=tuple(constants.values()),
            silent=tuple(silent),
            elsewhere=elsewhere,
            dropped=+dropped,
            slow=_program(slow, Program()) if slow else None,
        ),
    )
    return Made(program, looked_at, frozenset(goods))


def constants_of(
    profile: SnmpProfile, rows: Rows, naming: Naming, asked: Asked
) -> tuple[tuple[Name, float], ...]:
    """Return the readings of a device that are not polled, as its program has them.

    They have the texts that an operator gave its rows, so no other device has the same.
    """
    found: dict[Series, tuple[Name, float]] = {}
    firsts = _firsts(profile, rows)
    for wanted in profile.readings:
        if wanted.constant is not None and wanted.where_it_is() in asked.levels:
            for one in _found(profile, wanted, rows, naming, asked.chosen_rows, firsts, Counter()):
                found[one.point.series] = one.name, wanted.constant
    return tuple(found.values())


def _program(kept: Sequence[Chosen], rest: Program) -> Program:
    """Return a program of what is kept; `rest` has what else it is to have, and more OIDs."""
    single = [one for one in kept if not one.wanted.sum]
    added = [one for one in kept if one.wanted.sum]
    oids: dict[str, None] = {}
    for point in (point for one in kept for point in one.points):
        # A guard is next to the object that it guards, so that one request reads both at the same
        # moment.
        oids[point.oid] = None
        rule = point.polled.rule
        oids.update(dict.fromkeys(oid for oid, _ in (rule.guards if rule else ())))
    return replace(
        rest,
        points=tuple(one.points[0].polled for one in single),
        sums=tuple(tuple(point.polled for point in one.points) for one in added),
        names=tuple(one.name for one in (*single, *added)),
        oids=(*oids, *rest.oids),
        yields=sum(one.good for one in kept) + (rest.slow.yields if rest.slow else 0),
        spans=tuple(
            (place, 2**one.wanted.bits * point.polled.multiplier / point.polled.divisor)
            for place, one in enumerate(single)
            for point in one.points
            if one.wanted.bits is not None
        ),
    )


def _firsts(profile: SnmpProfile, rows: Rows) -> dict[tuple[str, str], str]:
    """Return the unit that is the device itself, by the template and the first unit of a table.

    Some devices do not count their units from one.
    """
    found: dict[tuple[str, str], str] = {}
    # Two profiles of one device may have a table of the same column: each has its own units.
    for column, name in dict.fromkeys(
        (profile.column_oid(one), one.table) for one in profile.readings if one.table
    ):
        table = profile.tables[name]
        if not table.first_unit or not placeholders(table.unit) <= set(table.parts()):
            continue
        for index in indices(table, rows.columns.get(column, {})):
            unit = fill(table.unit, index.shown)
            if table.first_unit in (unit, STAR):
                found.setdefault((table.unit, table.first_unit), unit)
                break
    return found


def _is_device(table: Table, unit: str, firsts: Mapping[tuple[str, str], str]) -> bool:
    """Tell whether a unit of a table is the device itself."""
    first = firsts.get((table.unit, table.first_unit))
    return set(unit.split(".")) == {"1"} if first is None else unit == first


def _found(
    profile: SnmpProfile,
    wanted: Wanted,
    rows: Rows,
    naming: Naming,
    chosen: re.Pattern[str] | None,
    firsts: Mapping[tuple[str, str], str],
    dropped: Counter[str],
) -> Iterator[Found]:
    """Yield an object for every row that fits a reading."""
    metric = metric_named(wanted.metric)
    if wanted.oid:
        if rows.objects.get(wanted.oid) is not None:
            name: Name = (metric, "", wanted.labels)
            point = make_point(wanted, wanted.oid, naming.series(*name), {}, ())
            yield Found(point, name, "", wanted.oid)
        return
    table = profile.tables[wanted.table]
    column = profile.column_oid(wanted)
    columns = describing_columns(table, wanted)
    for row in rows.columns.get(column, {}):
        index = split_index(table, row)
        if index is None:
            dropped["unknown_index"] += 1
            continue
        if not index_fits(wanted, index):
            continue
        names, guards = describe_row(table, wanted, columns, index, rows, chosen)
        if names is None:
            continue
        unit = fill(table.unit, names)
        if _is_device(table, unit, firsts):
            unit = ""
        name = (metric, unit, {label: fill(text, names) for label, text in wanted.labels.items()})
        try:
            point = make_point(wanted, f"{column}.{row}", naming.series(*name), names, guards)
        except ValueError:
            dropped["unknown_unit"] += 1
        else:
            yield Found(point, name, column, row)
