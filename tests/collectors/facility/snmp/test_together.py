"""Profiles put together, rows the operator chooses, index parts that only some devices have, totals
that stand back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from collectors.facility.naming import Naming
from collectors.facility.profile import load_all
from collectors.facility.snmp.detail import LEVELS
from collectors.facility.snmp.index import split_index
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.plan import Asked, plan
from collectors.facility.snmp.point import Raw
from collectors.facility.snmp.profile import SnmpProfile, together
from collectors.facility.snmp.program import Plan
from collectors.facility.snmp.rows import Rows, columns_to_walk, objects_to_get
from collectors.facility.snmp.table import Table
from collectors.strict import Problems, read

BASE = "1.3.6.1.4.1.99999"
ALL = frozenset(LEVELS)
NAMING = Naming(name="x", labels={"hub": "guian", "site": "s1"})
UPS = f"""\
protocol: snmp
title: a UPS
kind: ups
tables:
  phase: {{oid: {BASE}.1, index: [input, "module?", phase],
          columns: {{type: {{oid: {BASE}.9, index: [input]}}}}}}
readings:
  - {{metric: dc_ups_output_power_watts, oid: {BASE}.3.0, unit: W, missing: [-1],
     labels: {{phase: ""}}, fallback: true}}
  - {{metric: dc_ups_output_power_watts, table: phase, column: 5, unit: W, missing: [-1],
     where: {{type: ["2"]}}, labels: {{phase: "L{{phase}}"}}}}
"""
PORTS = f"""\
protocol: snmp
title: ports
kind: device
watch: [{BASE}.7.0]
tables:
  port: {{oid: {BASE}.2, index: [port], columns: {{name: 1, alias: 2, type: 3}},
         choice: {{by: [name, alias], default: {{type: ["6"]}}}}}}
readings:
  - {{metric: dc_link_up, table: port, column: 8, map: {{1: 1, 2: 0}},
     labels: {{interface: "{{name}}"}}}}
"""


def profile(text: str) -> SnmpProfile:
    """Read a profile."""
    return read("p.yaml", SnmpProfile, text=text)


def planned(one: SnmpProfile, objects: Mapping[str, Raw], chosen: str | None = None) -> Plan:
    """Plan a device that has these objects, by what discovery would ask for."""
    rows = Rows()
    for column in columns_to_walk(one, ALL):
        rows.columns[column] = {
            oid.removeprefix(f"{column}."): raw
            for oid, raw in objects.items()
            if oid.startswith(f"{column}.")
        }
    rows.objects = {oid: objects[oid] for oid in objects_to_get(one, rows, ALL) if oid in objects}
    pattern = re.compile(chosen) if chosen else None
    return plan(one, rows, NAMING, Asked(levels=ALL, chosen_rows=pattern))


def phases(made: Plan) -> list[str]:
    """Return the phases of a plan's readings."""
    return [point.series.label("phase") for point in made.points]


@pytest.mark.parametrize("row", ["1.1", "1.4.1"])
def test_a_part_of_the_index_that_only_some_devices_have(row: str) -> None:
    """A row is found with the part and without it, and so is the column of the table that fewer
    parts find.
    """
    made = planned(profile(UPS), {f"{BASE}.1.5.{row}": 900, f"{BASE}.9.1": 2, f"{BASE}.3.0": 900})
    assert [(point.oid, point.series.label("phase")) for point in made.points] == [
        (f"{BASE}.1.5.{row}", "L1")
    ]


def test_an_index_of_another_length_is_no_row() -> None:
    """A row with fewer or more parts than the profile knows is none."""
    table = Table(oid=f"{BASE}.1", index=["input", "module?", "phase"])
    with_it, without = split_index(table, "1.2.3"), split_index(table, "1.3")
    assert with_it is not None
    assert without is not None
    assert with_it.shown == {"input": "1", "module": "2", "phase": "3"}
    assert without.shown == {"input": "1", "module": "", "phase": "3"}
    assert split_index(table, "1") is None
    assert split_index(table, "1.2.3.4") is None


@pytest.mark.parametrize(
    ("total", "phase", "shown"),
    [(900, 900, ["L1"]), (900, -1, ["L1", ""]), (900, None, [""]), (None, 900, ["L1"])],
)
def test_a_total_is_never_shown_beside_its_phases(
    total: int | None, phase: int | None, shown: list[str]
) -> None:
    """A reading marked as fallback is used where no other of its metric has a value.

    What has none yields no reading anyway.
    """
    objects = {f"{BASE}.3.0": total, f"{BASE}.1.5.1.1": phase, f"{BASE}.9.1": 2}
    made = planned(profile(UPS), {oid: raw for oid, raw in objects.items() if raw is not None})
    assert sorted(phases(made)) == sorted(shown)


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [(None, ["eth0"]), ("^lo$", ["lo"]), ("uplink", ["lo"]), (".", ["eth0", "lo"]), ("^none$", [])],
)
def test_the_operator_chooses_rows(chosen: str | None, shown: list[str]) -> None:
    """Without a pattern the profile's default holds.

    With one, rows whose name or alias it fits, whatever else they are.
    """
    objects: dict[str, Raw] = {}
    for port, (name, alias, kind) in {
        "1": (b"eth0", b"", 6),
        "2": (b"lo", b"an uplink", 24),
    }.items():
        objects |= {
            f"{BASE}.2.1.{port}": name,
            f"{BASE}.2.2.{port}": alias,
            f"{BASE}.2.3.{port}": kind,
            f"{BASE}.2.8.{port}": 1,
        }
    made = planned(profile(PORTS), objects, chosen)
    assert [point.series.label("interface") for point in made.points] == shown


def test_profiles_put_together_keep_what_the_first_is() -> None:
    """Tables of the same name stay apart, the kind is the first one's, and what is watched is
    watched for both.
    """
    both = together([profile(UPS), profile(PORTS), profile(PORTS)])
    assert (both.kind, both.title, both.watch) == ("ups", "a UPS", [f"{BASE}.7.0"] * 2)
    made = planned(
        both, {f"{BASE}.3.0": 5, f"{BASE}.2.1.1": b"eth0", f"{BASE}.2.3.1": 6, f"{BASE}.2.8.1": 1}
    )
    assert [point.series.metric.full_name for point in made.points] == [
        "dc_ups_output_power_watts",
        "dc_link_up",
    ]


def test_every_profile_that_is_named_by_another_is_there() -> None:
    """Packaged profiles put together load, and are the same object for every device."""
    library = Library()
    for name, one in load_all("snmp", SnmpProfile):
        assert len(library.named(name).readings) >= len(one.readings)
        assert library.named(name, ["if-mib"]) is library.named(name, ["if-mib"])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("by: [name, alias]", "by: [name, nick]", "choice: no index part or column 'nick'"),
        ('type: ["6"]', 'kind: ["6"]', "choice: no index part or column 'kind'"),
        ("index: [port]", 'index: ["port?", port]', "named twice"),
        ("kind: device", "kind: devize", "did you mean device?"),
    ],
)
def test_mistakes_are_told(before: str, after: str, said: str) -> None:
    """A choice by columns that are not there, and an index that names a part twice, are one line
    each.
    """
    assert before in PORTS
    with pytest.raises(Problems, match=re.escape(said)):
        profile(PORTS.replace(before, after))
