"""A small profile, its plan, and the values of a round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from collectors.base import Series
from collectors.facility.naming import Naming
from collectors.facility.snmp.detail import LEVELS
from collectors.facility.snmp.plan import Asked, plan
from collectors.facility.snmp.point import Raw, decode
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.program import Plan
from collectors.facility.snmp.rows import Rows
from collectors.strict import read

ALL = Asked(levels=frozenset(LEVELS))


PLACE = {"hub": "guian", "site": "s1", "row": "A", "rack": "A07", "feed": "A"}


NAMING = Naming(name="A07-A", labels=PLACE)


BASE = "1.3.6.1.4.1.99999.1.1"


HEAD = """\
protocol: snmp
title: a device
kind: pdu
tables:
  rows:
    oid: 1.3.6.1.4.1.99999.1.1
    index: [pdu, row]
    columns:
      name: 2
      unit: {oid: 3, map: {"3": W, "5": Wh, "8": kW}}
      digits: 4
      scale: 7
      divisor: 8
      ok: 9
      model: {oid: 1.3.6.1.4.1.99999.2.1, index: [pdu]}
      degrees: {oid: 1.3.6.1.4.1.99999.3, index: [], map: {"0": C, "1": F}}
    unit: "{pdu}"
readings:
"""


def made(
    readings: str, columns: dict[str, dict[str, Raw]], objects: dict[str, Raw] | None = None
) -> Plan:
    """Plan a profile of these readings for a device of these rows."""
    profile = read("p.yaml", SnmpProfile, text=HEAD + readings)
    rows = Rows(columns={f"{BASE}.{number}": found for number, found in columns.items()})
    rows.objects = {
        (f"{BASE}.{oid}" if not oid.startswith("1.3") else oid): value
        for oid, value in (objects or {}).items()
    }
    return plan(profile, rows, NAMING, ALL)


def decoded(
    planned: Plan, values: Mapping[str, Raw], dropped: Counter[str]
) -> list[tuple[Series, float]]:
    """Decode one round, before it is judged."""
    polled, series = zip(*planned.points, strict=True) if planned.points else ((), ())
    return decode(polled, series, values, dropped)


def values(planned: Plan, answers: dict[str, Raw]) -> tuple[dict[str, float], Counter[str]]:
    """Decode one round; series are shown by the labels that tell them apart."""
    dropped: Counter[str] = Counter()
    found = decoded(planned, {f"{BASE}.{oid}": value for oid, value in answers.items()}, dropped)
    shown = {}
    for series, value in found:
        labels = [
            text
            for name, text in zip(series.labels, series.values, strict=True)
            if name not in PLACE
        ]
        shown["/".join(labels)] = value
    return shown, dropped


POWER = (
    "  -"
    " {metric: dc_pdu_power_watts, table: rows, column: 5, unit:"
    ' kW, scale: 0.01, missing: [-1], where: {row: ["1"]}}\n'
)


OUTLET = (
    "  - {metric: dc_pdu_outlet_power_watts, table: rows,"
    ' column: 6, unit: W, labels: {outlet: "{row}"}}\n'
)
