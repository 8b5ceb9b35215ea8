"""Which object of a device gives each series, where several would. Pure, no I/O."""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from collectors.base import Series
from collectors.facility.naming import Name, Naming
from collectors.facility.snmp.point import Point, Raw, decode
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.reading import Reading as Wanted
from collectors.facility.snmp.rows import Rows
from collectors.facility.snmp.table import Table, placeholders
from collectors.judge import can_be


class Found(NamedTuple):
    """An object that fits a reading: its point, its name, where its value at discovery is.

    `column` is empty for a scalar, whose `row` is its OID.
    """

    point: Point
    name: Name
    column: str
    row: str

    def raw(self, rows: Rows) -> Raw:
        """Return its value at discovery; None where there is none."""
        if not self.column:
            return rows.objects.get(self.row)
        return rows.columns.get(self.column, _NO_ROWS).get(self.row)

    def is_good(self, rows: Rows) -> bool:
        """Tell whether it had a value at discovery that can be."""
        polled, series = self.point
        own = {polled.oid: self.raw(rows)}
        values = own if polled.rule is None else ChainMap(own, rows.objects)  # it may ask for more
        return any(map(can_be, decode((polled,), (series,), values, Counter())))


_NO_ROWS: Final[Mapping[str, Raw]] = {}


class Chosen(NamedTuple):
    """The points of a series: one, or several that are added up.

    `found` is the first of them. `good` is true if it had a value at discovery.
    """

    points: list[Point]
    found: Found
    wanted: Wanted
    good: bool

    @property
    def name(self) -> Name:
        """The name of the series."""
        return self.found.name


def choose(
    chosen: dict[Series, Chosen],
    elsewhere: dict[str, Name],
    found: Found,
    wanted: Wanted,
    *,
    good: bool,
) -> Chosen | None:
    """Decide about a point: it replaces the earlier one of its series, is added to it, or goes.

    A point replaces an earlier one only if it had a value at discovery and the earlier one had not.
    Returns what is left of two rows of one column that have the same labels.
    """
    point = found.point
    held = chosen.get(point.series)
    mine = Chosen([point], found, wanted, good)
    if held is None or (good and not held.good):
        chosen[point.series] = mine
        if held is not None and held.wanted is wanted and not wanted.sum:
            return held
        if held is not None and held.wanted is not wanted:
            elsewhere |= {before.oid: held.name for before in held.points}
    elif held.wanted is not wanted:
        elsewhere[point.oid] = found.name
    elif not wanted.sum:
        return mine
    elif good or not held.good:
        # A phase without a value, as one that is not wired, does not belong to the sum.
        held.points.append(point)
    return None


def tell_apart(
    chosen: dict[Series, Chosen],
    dropped: Counter[str],
    one: Chosen,
    profile: SnmpProfile,
    naming: Naming,
) -> None:
    """Take a row that is named as another row of its column by its index as well; else drop it."""
    metric, unit, labels = one.name
    table = profile.tables.get(one.wanted.table)
    longer = table and _with_index(one.wanted, table, labels, one.found.row)
    name: Name = (metric, unit, longer or labels)
    series = naming.series(*name)
    if series in chosen:
        dropped["duplicate"] += 1
        return
    point = one.found.point._replace(series=series)
    found = one.found._replace(point=point, name=name)
    chosen[series] = one._replace(points=[point], found=found)


def _with_index(
    wanted: Wanted, table: Table, labels: Mapping[str, str], row: str
) -> Mapping[str, str] | None:
    """Return the labels of a row with its index behind the name that the device gives it.

    Devices name several rows alike, such as two sensors that are both called `inlet`. None where
    no label has a name that the device gives.
    """
    own = set(table.parts())
    named = next((label for label, text in wanted.labels.items() if placeholders(text) - own), None)
    if named is None:
        return None
    return {**labels, named: f"{labels[named]} ({row})"}
