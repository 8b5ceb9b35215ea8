"""Turns the answers of a device into readings. Pure, no I/O.

`plan` turns a profile and the rows found at discovery into a `Plan`. The plan has the OIDs to read
in every round, and for each a point with its interned series and its exact factor.
"""

from __future__ import annotations

import math
import re
from collections import ChainMap, Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from collectors.base import Reading, Series
from collectors.facility.naming import Naming
from collectors.facility.profile import metric_named
from collectors.facility.snmp.index import indices, split_index
from collectors.facility.snmp.point import Point, Raw, decode, make_point
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.reading import Reading as Wanted
from collectors.facility.snmp.rows import Rows, describe_row, describing_columns, index_fits
from collectors.facility.snmp.table import STAR, Table, fill, placeholders
from collectors.judge import Refusal, can_be, judge


@dataclass(slots=True, kw_only=True)
class Plan:
    """The objects that are read in every round, and the series that they become.

    `sums`: the points of each tuple are added up into one series. `elsewhere`: objects of the
    profile that are not read, since another object gives the same series. `yields`: the number of
    series that had a value at discovery, without constants. `spans`: the value at
    which each energy register wraps, in the metric's base unit. `silent`: readings of the profile
    that the device does not have. `watched`: the values of objects whose change means that rows may
    have changed. `dropped`: the number of rows that cannot be used, by reason. `refused`: the
    readings of the last round that were refused. `slow`: the plan of readings that move slowly,
    if they are read less often than the others.
    """

    points: tuple[Point, ...] = ()
    sums: tuple[tuple[Point, ...], ...] = ()
    oids: tuple[str, ...] = ()
    constants: tuple[Reading, ...] = ()
    spans: dict[Series, float] = field(default_factory=dict)
    silent: tuple[Wanted, ...] = ()
    elsewhere: dict[str, Series] = field(default_factory=dict)
    watched: dict[str, Raw] = field(default_factory=dict)
    yields: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    refused: tuple[Refusal, ...] = ()
    slow: Plan | None = None

    def series(self) -> Iterator[Series]:
        """Yield every series that a round may give, without the constants."""
        yield from (point.series for point in self.points)
        yield from (parts[0].series for parts in self.sums)
        if self.slow is not None:
            yield from self.slow.series()

    def decode(self, values: Mapping[str, Raw], dropped: Counter[str]) -> list[Reading]:
        """Turn the answers of one round into readings, without the constants.

        What cannot be a reading is counted in `dropped` and listed in `refused`.
        """
        sentinels: list[Refusal] = []
        readings = decode(self.points, values, dropped, sentinels)
        for parts in self.sums:
            found = decode(parts, values, dropped, sentinels)
            if len(found) == len(parts):
                readings.append((parts[0].series, math.fsum(value for _, value in found)))
        judged = judge(readings, dropped)
        self.refused = (*sentinels, *judged.refused)
        return judged.readings


_NOTHING: Final[Mapping[Series, float]] = MappingProxyType({})


class _Chosen(NamedTuple):
    """The points of a series: one, or several that are added up.

    `good` is true if it had a value at discovery.
    """

    points: list[Point]
    wanted: Wanted
    good: bool


def plan(
    profile: SnmpProfile,
    rows: Rows,
    naming: Naming,
    levels: frozenset[str],
    limit: int = 100_000,
    chosen_rows: re.Pattern[str] | None = None,
    *,
    slow_apart: bool = False,
) -> Plan:
    """Make the plan of a device from the rows found at discovery, with at most `limit` series.

    `chosen_rows` is the operator's pattern for tables with a choice of rows. With `slow_apart`,
    readings that move slowly get a plan of their own within it.
    """
    made = Plan()
    firsts = _firsts(profile, rows)
    chosen: dict[Series, _Chosen] = {}
    constants: dict[Series, float] = {}
    silent = []
    for wanted in profile.readings:
        if wanted.where_it_is() not in levels:
            continue
        answered = False
        for point, raw in _points(profile, wanted, rows, naming, chosen_rows, firsts, made.dropped):
            answered = True
            if wanted.constant is not None:
                constants[point.series] = wanted.constant
            else:
                _choose(
                    made,
                    chosen,
                    point,
                    wanted,
                    good=any(
                        map(
                            can_be,
                            decode((point,), ChainMap({point.oid: raw}, rows.objects), Counter()),
                        )
                    ),
                )
        if not answered:
            silent.append(wanted)
    metrics = {one.wanted.metric for one in chosen.values() if one.good and not one.wanted.fallback}
    kept = [
        one for one in chosen.values() if not (one.wanted.fallback and one.wanted.metric in metrics)
    ]
    made.dropped["over_limit"] += max(0, len(kept) - limit)
    kept = kept[:limit]
    slow = [one for one in kept if slow_apart and one.wanted.moves_slowly()]
    if slow:
        kept = [one for one in kept if not one.wanted.moves_slowly()]
        made.slow = Plan()
        _finish(made.slow, slow)
    _finish(made, kept, constants, silent)
    return made


def _choose(
    made: Plan,
    chosen: dict[Series, _Chosen],
    point: Point,
    wanted: Wanted,
    *,
    good: bool,
) -> None:
    """Decide about a point: it replaces the earlier point of its series, is added to it, or goes.

    A point replaces an earlier one only if it had a value at discovery and the earlier one had not.
    """
    held = chosen.get(point.series)
    if held is None or (good and not held.good):
        if held is not None and held.wanted is not wanted:
            made.elsewhere |= {before.oid: before.series for before in held.points}
        chosen[point.series] = _Chosen([point], wanted, good)
    elif held.wanted is not wanted:
        made.elsewhere[point.oid] = point.series
    elif not wanted.sum:
        made.dropped["duplicate"] += 1  # two rows of one column with the same labels
    elif (
        good or not held.good
    ):  # a phase without a value, as one that is not wired, does not belong to the sum
        held.points.append(point)


def _finish(
    made: Plan,
    kept: list[_Chosen],
    constants: Mapping[Series, float] = _NOTHING,
    silent: Sequence[Wanted] = (),
) -> None:
    made.points = tuple(one.points[0] for one in kept if not one.wanted.sum)
    made.sums = tuple(tuple(one.points) for one in kept if one.wanted.sum)
    oids: dict[str, None] = {}
    for point in (point for one in kept for point in one.points):
        # A guard is next to the object that it guards, so that one request reads both at the same
        # moment.
        oids[point.oid] = None
        oids.update(dict.fromkeys(oid for oid, _ in (point.rule.guards if point.rule else ())))
    made.oids = tuple(oids)
    made.constants = tuple(constants.items())
    made.silent = tuple(silent)
    made.yields = sum(one.good for one in kept) + (made.slow.yields if made.slow else 0)
    made.spans = {
        point.series: 2**one.wanted.bits * point.multiplier / point.divisor
        for one in kept
        for point in one.points
        if one.wanted.bits is not None
    }
    if made.slow is not None:
        made.spans |= made.slow.spans
    made.dropped += Counter()  # leaves only what was dropped


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


def _points(
    profile: SnmpProfile,
    wanted: Wanted,
    rows: Rows,
    naming: Naming,
    chosen: re.Pattern[str] | None,
    firsts: Mapping[tuple[str, str], str],
    dropped: Counter[str],
) -> Iterator[tuple[Point, Raw]]:
    """Yield a point for every row that fits a reading, with its value at discovery."""
    metric = metric_named(wanted.metric)
    if wanted.oid:
        raw = rows.objects.get(wanted.oid)
        if raw is not None:
            yield (
                make_point(wanted, wanted.oid, naming.series(metric, "", wanted.labels), {}, ()),
                raw,
            )
        return
    table = profile.tables[wanted.table]
    column = profile.column_oid(wanted)
    columns = describing_columns(table, wanted)
    for row, raw in rows.columns.get(column, {}).items():
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
        series = naming.series(
            metric, unit, {label: fill(text, names) for label, text in wanted.labels.items()}
        )
        try:
            yield make_point(wanted, f"{column}.{row}", series, names, guards), raw
        except ValueError:
            dropped["unknown_unit"] += 1
