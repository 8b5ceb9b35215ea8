"""Which rows of a device are polled, and the names of their series."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.facility.naming import Naming
from collectors.facility.snmp.plan import plan
from collectors.facility.snmp.point import Raw, text_of
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.rows import Rows
from collectors.strict import read
from tests.collectors.facility.snmp.planned import (
    ALL,
    BASE,
    HEAD,
    NAMING,
    OUTLET,
    PLACE,
    POWER,
    decoded,
    made,
    values,
)


def test_of_two_sources_the_first_that_has_a_value_is_used() -> None:
    """A second reading of the same series fills in where the first is absent or says that it is not
    supported.
    """
    second = (
        '  - {metric: dc_pdu_power_watts, table: rows, column: 6, unit: W, where: {row: ["1"]}}\n'
    )
    planned = made(POWER + second, {"5": {"1.1": 114}, "6": {"1.1": 1138}})
    assert [point.oid for point in planned.points] == [f"{BASE}.5.1.1"]
    planned = made(POWER + second, {"5": {"1.1": -1}, "6": {"1.1": 1138}})
    assert [point.oid for point in planned.points] == [f"{BASE}.6.1.1"]
    planned = made(POWER + second, {"6": {"1.1": 1138}})
    assert [point.oid for point in planned.points] == [f"{BASE}.6.1.1"]
    assert [wanted.column for wanted in planned.silent] == ["5"]


def test_linked_units_have_names_of_their_own() -> None:
    """A second linked unit never writes over the first.

    The operator may name it and say where it stands.
    """
    reading = (
        '  - {metric: dc_pdu_power_watts, table: rows, column: 5, unit: W, where: {row: ["1"]}}\n'
    )
    planned = made(reading, {"5": {"1.1": 1, "2.1": 2}})
    assert values(planned, {"5.1.1": 1, "5.2.1": 2})[0] == {"A07-A": 1.0, "A07-A/2": 2.0}
    profile = read("p.yaml", SnmpProfile, text=HEAD + reading)
    second = {**PLACE, "name": "A08-A", "rack": "A08"}
    naming = Naming(name="A07-A", labels=PLACE, linked={"2": second})
    planned = plan(profile, Rows(columns={f"{BASE}.5": {"1.1": 1, "2.1": 2}}), naming, ALL)
    series = planned.points[1].series
    assert (series.label("pdu"), series.label("rack"), series.label("row")) == ("A08-A", "A08", "A")


def test_rows_that_cannot_be_told_apart_are_counted_and_never_doubled() -> None:
    """Two rows of one series would be a page Prometheus refuses: the first is used, the other
    counted.
    """
    planned = made(
        "  - {metric: dc_pdu_power_watts, table: rows, column: 5, unit: W}\n",
        {"5": {"1.1": 1, "1.2": 2}},
    )
    assert values(planned, {"5.1.1": 1, "5.1.2": 2})[0] == {"A07-A": 1.0}
    assert planned.dropped == Counter(duplicate=1)


INLETS = (
    "  - {metric: dc_sensor_temperature_celsius, table: rows,"
    ' column: 6, unit: C, labels: {sensor: "{name|{row}}"}}\n'
)


def test_sensors_of_one_name_are_told_apart_by_their_index() -> None:
    """A room has two sensors that are both called `inlet`: the hot one is not lost."""
    planned = made(
        INLETS,
        {"6": {"1.1": 22, "1.2": 41, "1.3": 23}},
        {"2.1.1": b"inlet", "2.1.2": b"inlet", "2.1.3": b"outlet"},
    )
    assert planned.dropped == Counter()
    told = values(planned, {"6.1.1": 22, "6.1.2": 41, "6.1.3": 23})[0]
    assert told == {"A07-A/inlet": 22.0, "A07-A/inlet (1.2)": 41.0, "A07-A/outlet": 23.0}


def test_of_two_rows_of_one_name_the_one_with_a_value_has_the_bare_name() -> None:
    """A place without a sensor does not take the name from the sensor that is there."""
    planned = made(INLETS, {"6": {"1.1": None, "1.2": 41}}, {"2.1.1": b"inlet", "2.1.2": b"inlet"})
    assert planned.dropped == Counter()
    told = values(planned, {"6.1.1": 20, "6.1.2": 41})[0]
    assert told == {"A07-A/inlet": 41.0, "A07-A/inlet (1.1)": 20.0}


def test_a_row_that_has_the_longer_name_already_keeps_it() -> None:
    """Three rows, the last of which is called what the second would be: none is two series."""
    planned = made(
        INLETS,
        {"6": {"1.1": 22, "1.2": 41, "1.3": 23}},
        {"2.1.1": b"inlet", "2.1.2": b"inlet", "2.1.3": b"inlet (1.2)"},
    )
    told = values(planned, {"6.1.1": 22, "6.1.2": 41, "6.1.3": 23})[0]
    assert sorted(told.values()) == [22.0, 23.0, 41.0]


def test_hostile_names_cannot_forge_or_double_series() -> None:
    """Names from a device are made safe before series are told apart by them."""
    reading = (
        "  - {metric: dc_sensor_temperature_celsius, table:"
        ' rows, column: 6, unit: C, labels: {sensor: "{name}"}}\n'
    )
    names = {
        "2.1.1": b'x"} 1\ndc_pdu_power_watts{pdu="forged"} 9',
        "2.1.2": b"a\nb",
        "2.1.3": b"a b",
        "2.1.4": b"\xff\xfe\0",
        "2.1.5": b"{row}",
        "2.1.6": b"\\",
        "2.1.7": b"n" * 100_000,
    }
    planned = made(reading, {"6": {f"1.{n}": n for n in range(1, 8)}}, dict(names))
    assert planned.dropped == Counter()
    prefixes = [point.series.prefix for point in planned.points]
    assert len(set(prefixes)) == len(prefixes) == 7
    assert all("\n" not in prefix and len(prefix) < 1300 for prefix in prefixes)
    assert any('sensor="A07-A/{row}"' in prefix for prefix in prefixes)


def test_the_span_of_a_register_is_in_the_base_unit() -> None:
    """A register of 32 bits of watt-hours wraps at 2**32 times 3600 joules."""
    planned = made(
        "  - {metric: dc_pdu_energy_joules_total, table: rows, column: 5, unit: Wh, bits: 32}\n",
        {"5": {"1.1": 9}},
    )
    assert list(planned.spans.values()) == [2**32 * 3600]


def test_levels_that_are_not_wanted_are_not_polled() -> None:
    """Without the level of outlets, no outlet is asked for."""
    profile = read("p.yaml", SnmpProfile, text=HEAD + POWER + OUTLET)
    rows = Rows(columns={f"{BASE}.5": {"1.1": 1}, f"{BASE}.6": {"1.1": 5}})
    assert plan(profile, rows, NAMING, replace(ALL, levels=frozenset({"inlet"}))).oids == (
        f"{BASE}.5.1.1",
    )


def test_no_more_objects_than_the_limit_are_polled() -> None:
    """A device with more rows than its limit is polled up to it, and the rest is counted."""
    profile = read("p.yaml", SnmpProfile, text=HEAD + OUTLET)
    rows = Rows(columns={f"{BASE}.6": {f"1.{n}": n for n in range(1, 51)}})
    planned = plan(profile, rows, NAMING, replace(ALL, limit=10))
    assert len(planned.points) == 10
    assert planned.dropped == Counter(over_limit=40)


RAWS = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.binary(max_size=40),
    st.text(max_size=20),
    st.booleans(),
    st.lists(st.integers()),
)


FUZZED = (
    POWER
    + OUTLET
    + (
        "  - {metric: dc_pdu_outlet_current_amperes, table: rows, column: 5,"
        ' unit_column: unit, digits_column: digits, labels: {outlet: "{name}"}}\n'
    )
    + (
        "  - {metric: dc_sensor_temperature_celsius, table: rows, column: 6, unit_column: degrees,"
        ' scale_column: scale, text: true, valid_when: {ok: ["1"]}, labels: {sensor: "{name}"}}\n'
    )
    + (
        "  - {metric: dc_pdu_outlet_info, table: rows, column: 6, constant: 1,"
        ' match: {name: "(?P<x>.*)"}, labels: {outlet: "{row}", name: "{x}"}}\n'
    )
)


PROFILE = read("p.yaml", SnmpProfile, text=HEAD + FUZZED)


SUFFIXES = st.one_of(
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda pair: f"{pair[0]}.{pair[1]}"),
    st.sampled_from(["1", "1.2.3"]),
)


@settings(max_examples=200)
@given(
    columns=st.dictionaries(
        st.sampled_from(["5", "6"]), st.dictionaries(SUFFIXES, RAWS, max_size=5), max_size=2
    ),
    objects=st.dictionaries(
        st.tuples(st.sampled_from("2347 9".replace(" ", "")), SUFFIXES), RAWS, max_size=12
    ),
    answers=st.dictionaries(st.tuples(st.sampled_from("569"), SUFFIXES), RAWS, max_size=12),
)
def test_no_answer_whatever_raises_or_yields_nonsense(
    columns: dict[str, dict[str, Raw]],
    objects: dict[tuple[str, str], Raw],
    answers: dict[tuple[str, str], Raw],
) -> None:
    """Planning and decoding take anything a device may say, and yield finite numbers of distinct
    series only.
    """
    rows = Rows(columns={f"{BASE}.{number}": found for number, found in columns.items()})
    rows.objects = {
        f"{BASE}.{column}.{suffix}": value for (column, suffix), value in objects.items()
    }
    planned = plan(PROFILE, rows, NAMING, ALL)
    found = decoded(
        planned,
        {f"{BASE}.{column}.{suffix}": value for (column, suffix), value in answers.items()},
        Counter(),
    )
    assert all(abs(value) < float("inf") for _, value in found)
    texts = [series.prefix for series, _ in (*found, *planned.constants)]
    assert len(set(texts)) == len(texts)


def test_text_of_what_is_no_text() -> None:
    """Octets are UTF-8, or else Latin-1; nothing is an empty text."""
    assert [text_of(raw) for raw in (None, b"caf\xc3\xa9\0", b"caf\xe9", 5, "1.3.6")] == [
        "",
        "café",
        "café",
        "5",
        "1.3.6",
    ]
