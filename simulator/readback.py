"""Check a draft of a device's objects by the collector's own plan, without a network.

Profiles are written for the answers of real devices. If all readings of one are laid out together,
two of them may find each other's rows. `misread` returns the reading to leave out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from collectors.base import Series
from collectors.facility.naming import Naming
from collectors.facility.snmp.detail import LEVELS
from collectors.facility.snmp.plan import Asked, plan
from collectors.facility.snmp.program import Plan
from collectors.facility.snmp.reading import Reading
from collectors.facility.snmp.rows import Rows, columns_to_walk, objects_to_get
from collectors.labels import IDENTITY
from simulator.draft import Draft
from simulator.measures import State, measure

REFERENCE: Final = State(
    {
        "watts": 4321.0,
        "joules": 1.234567e10,
        "volts": 231.4,
        "amperes": 19.16,
        "voltamperes": 4434.0,
        "power_factor": 0.97,
        "celsius": 24.3,
        "humidity": 0.46,
        "load": 0.43,
        "runtime": 1830.0,
        "heat": 31_415.0,
        "supply": 20.4,
        "return": 31.9,
        "input_watts": 4567.0,
        "input_amperes": 20.2,
        "input_joules": 2.5e10,
        "vars": 995.0,
        "flow": 0.437,
    }
)
"""A state in which all quantities are different."""
_NAMING: Final = Naming(name="sim", labels={})
_LEVELS: Final = frozenset(LEVELS)


def misread(draft: Draft) -> Reading | None:
    """Return the latest reading whose rows give another value than the laid-out one."""
    tree = draft.objects.raw(REFERENCE)
    made = plan(draft.profile, _discovered(draft, tree), _NAMING, Asked(levels=_LEVELS))
    found = dict(made.decode(tree, Counter())) | dict(made.constants)
    sources = _sources(made)
    for (metric, labels), oid in draft.series.items():
        series = _NAMING.series(metric, "", dict(labels))
        oids = sources.get(series, [oid])
        if series not in found or not _right(series, found[series], draft, oids):
            return draft.latest([oid, *oids])
        del found[series]
    for series, value in found.items():  # series that no row was laid out for
        oids = sources.get(series, [])
        if oids and not _right(series, value, draft, oids):
            return draft.latest(oids)
    return None


def _right(series: Series, value: float, draft: Draft, oids: Sequence[str]) -> bool:
    """Return whether a value is the measured one, within the steps of its registers."""
    labels = {
        name: text
        for name, text in zip(series.labels, series.values, strict=True)
        if name not in IDENTITY
    }
    cell = draft.objects.shown.get(oids[0])
    if cell is None or isinstance(cell, bytes):
        return True
    wanted = measure(series.metric, labels, draft.phases).of(REFERENCE)
    return value == wanted if cell.states else abs(value - wanted) <= cell.step * len(oids)


def _discovered(draft: Draft, tree: Mapping[str, object]) -> Rows:
    """Return the rows that a discovery would read."""
    rows = Rows()
    for column in columns_to_walk(draft.profile, _LEVELS):
        prefix = f"{column}."
        rows.columns[column] = {
            oid[len(prefix) :]: raw for oid, raw in tree.items() if oid.startswith(prefix)
        }
    rows.objects = {
        oid: tree[oid] for oid in objects_to_get(draft.profile, rows, _LEVELS) if oid in tree
    }
    return rows


def _sources(made: Plan) -> dict[Series, list[str]]:
    """Return the objects that each series comes from."""
    found: dict[Series, list[str]] = {}
    for point in (*made.points, *(point for parts in made.sums for point in parts)):
        found.setdefault(point.series, []).append(point.oid)
    return found
