"""From rows and answers to readings, without any connection."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.facility.naming import Naming
from collectors.facility.snmp_config import LEVELS
from collectors.facility.snmp_plan import Linked, Plan, plan
from collectors.facility.snmp_point import Raw, decode, text_of
from collectors.facility.snmp_profile import SnmpProfile
from collectors.facility.snmp_rows import Rows
from collectors.strict import read

ALL = frozenset(LEVELS)
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


def values(planned: Plan, answers: dict[str, Raw]) -> tuple[dict[str, float], Counter[str]]:
    """Decode one round; series are shown by the labels that tell them apart."""
    dropped: Counter[str] = Counter()
    found = decode(
        planned.points, {f"{BASE}.{oid}": value for oid, value in answers.items()}, dropped
    )
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
    ' {metric: dc_pdu_power_watts, table: rows, column: 5, unit: kW, scale: 0.01, missing: [-1], where: {row: ["1"]}}\n'
)
OUTLET = '  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6, unit: W, labels: {outlet: "{row}"}}\n'


def test_a_scaled_value_comes_out_in_the_base_unit() -> None:
    """114 hundredths of a kilowatt are 1140 W."""
    planned = made(POWER, {"5": {"1.1": 114, "1.2": 7}})
    assert values(planned, {"5.1.1": 114, "5.1.2": 7}) == ({"A07-A": 1140.0}, Counter())


def test_milliamperes_come_out_as_the_decimal_they_are() -> None:
    """7467 with three digits is 7.467 and not a number beside it."""
    planned = made(
        '  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6, unit_column: unit, digits_column: digits, labels: {outlet: "{row}"}}\n',
        {"6": {"1.1": 7467}},
        {"3.1.1": 3, "4.1.1": 3},
    )
    assert values(planned, {"6.1.1": 7467})[0] == {"A07-A/1": 7.467}


def test_a_sentinel_is_dropped_and_counted() -> None:
    """A raw value that means nothing yields no reading, never a zero."""
    planned = made(POWER, {"5": {"1.1": 114}})
    assert values(planned, {"5.1.1": -1}) == ({}, Counter(sentinel=1))


def test_what_is_below_the_least_is_dropped() -> None:
    """A power factor of -946, where the MIB says that below zero is none, yields no reading."""
    planned = made(
        "  - {metric: dc_pdu_power_factor_ratio, table: rows, column: 5, unit: permille, least: 0}\n",
        {"5": {"1.1": 946}},
    )
    assert values(planned, {"5.1.1": 946})[0] == {"A07-A": 0.946}
    assert values(planned, {"5.1.1": -946}) == ({}, Counter(sentinel=1))


def test_an_absent_object_is_no_reading() -> None:
    """An object that is not in the answer yields nothing, and costs its siblings nothing."""
    planned = made(OUTLET, {"6": {"1.1": 5, "1.2": 6}})
    assert values(planned, {"6.1.2": 6}) == ({"A07-A/2": 6.0}, Counter())


def test_an_answer_of_the_wrong_type_is_dropped_and_counted() -> None:
    """Octets where a number belongs yield no reading."""
    planned = made(OUTLET, {"6": {"1.1": 5}})
    for junk in (b"5", b"", "1.3.6", [], {}):
        assert values(planned, {"6.1.1": junk}) == ({}, Counter(not_a_number=1))


def test_numbers_as_text_are_read_where_the_profile_says_so() -> None:
    """With `text`, octets that hold a number are one; octets that do not are dropped."""
    planned = made(OUTLET.replace("unit: W", "unit: W, text: true"), {"6": {"1.1": b"1"}})
    assert values(planned, {"6.1.1": b" 23.5\0"})[0] == {"A07-A/1": 23.5}
    assert values(planned, {"6.1.1": b"n/a"}) == ({}, Counter(not_a_number=1))
    assert values(planned, {"6.1.1": b"inf"})[0] == {}
    assert values(planned, {"6.1.1": b"nan"})[0] == {}


def test_a_guard_is_asked_in_every_round() -> None:
    """A reading whose row says that it is not available is dropped, and comes back when it is."""
    planned = made(
        OUTLET.replace("unit: W", "unit: W, valid_when: {ok: ['1']}"),
        {"6": {"1.1": 5}},
        {"9.1.1": 1},
    )
    assert planned.oids == (f"{BASE}.6.1.1", f"{BASE}.9.1.1")
    assert values(planned, {"6.1.1": 5, "9.1.1": 2}) == ({}, Counter(invalid=1))
    assert values(planned, {"6.1.1": 5}) == ({}, Counter(invalid=1))
    assert values(planned, {"6.1.1": 5, "9.1.1": 1})[0] == {"A07-A/1": 5.0}


def test_a_device_without_the_guards_column_is_read_without_it() -> None:
    """Where the column of a guard does not exist, the reading is believed."""
    planned = made(OUTLET.replace("unit: W", "unit: W, valid_when: {ok: ['1']}"), {"6": {"1.1": 5}})
    assert values(planned, {"6.1.1": 5})[0] == {"A07-A/1": 5.0}


def test_states_are_mapped_and_unknown_ones_dropped() -> None:
    """A state becomes the value the profile gives it; one it does not know becomes none."""
    planned = made(
        "  - {metric: dc_ups_on_battery, table: rows, column: 5, map: {3: 0, 5: 1}}\n",
        {"5": {"1.1": 3}},
    )
    assert values(planned, {"5.1.1": 5})[0] == {"A07-A": 1.0}
    assert values(planned, {"5.1.1": 3})[0] == {"A07-A": 0.0}
    assert values(planned, {"5.1.1": 2}) == ({}, Counter(unknown_state=1))


def test_the_devices_own_unit_must_be_of_the_metrics_quantity() -> None:
    """A device that says watt-hours where watts belong yields no reading rather than a wrong one."""
    reading = '  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6, unit_column: unit, labels: {outlet: "{row}"}}\n'
    planned = made(
        reading,
        {"6": {"1.1": 5, "1.2": 5, "1.3": 5, "1.4": 5}},
        {"3.1.1": 3, "3.1.2": 5, "3.1.3": 99, "3.1.4": 8},
    )
    assert planned.dropped == Counter(unknown_unit=2)
    assert values(planned, {"6.1.1": 5, "6.1.2": 5, "6.1.3": 5, "6.1.4": 5})[0] == {
        "A07-A/1": 5.0,
        "A07-A/4": 5000.0,
    }


def test_digits_that_are_missing_or_absurd_drop_the_reading() -> None:
    """Without the digits a value's size is unknown: no reading, not one a thousand times too large."""
    reading = '  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6, unit: W, digits_column: digits, labels: {outlet: "{row}"}}\n'
    planned = made(reading, {"6": {"1.1": 5, "1.2": 5, "1.3": 5}}, {"4.1.2": -3, "4.1.3": b"many"})
    assert planned.points == ()
    assert planned.dropped == Counter(unknown_unit=3)


def test_scales_and_divisors_of_the_device() -> None:
    """A negative scale divides, a positive one multiplies, none leaves alone; a divisor divides."""
    reading = '  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6, unit: W, scale_column: scale, labels: {outlet: "{row}"}}\n'
    planned = made(
        reading,
        {"6": {"1.1": 500, "1.2": 500, "1.3": 500}},
        {"7.1.1": -10, "7.1.2": 10, "7.1.3": 0},
    )
    assert values(planned, {"6.1.1": 500, "6.1.2": 500, "6.1.3": 500})[0] == {
        "A07-A/1": 50.0,
        "A07-A/2": 5000.0,
        "A07-A/3": 500.0,
    }
    planned = made(
        reading.replace("scale_column: scale", "divisor_column: divisor"),
        {"6": {"1.1": 500, "1.2": 5}},
        {"8.1.1": 10, "8.1.2": 0},
    )
    assert values(planned, {"6.1.1": 500, "6.1.2": 5})[0] == {"A07-A/1": 50.0}


def test_fahrenheit_becomes_celsius() -> None:
    """A scale for all sensors that is read from the device decides between Celsius and Fahrenheit."""
    reading = '  - {metric: dc_sensor_temperature_celsius, table: rows, column: 6, unit_column: degrees, scale: 0.1, labels: {sensor: "{row}"}}\n'
    fahrenheit = made(reading, {"6": {"1.1": 770}}, {"1.3.6.1.4.1.99999.3.0": 1})
    assert values(fahrenheit, {"6.1.1": 770})[0] == {"A07-A/1": 25.0}
    celsius = made(reading, {"6": {"1.1": 250}}, {"1.3.6.1.4.1.99999.3.0": 0})
    assert values(celsius, {"6.1.1": 250})[0] == {"A07-A/1": 25.0}


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
    linked = Linked(name="A08-A", rack="A08")
    naming = Naming(
        name="A07-A",
        labels=PLACE,
        linked={"2": {**PLACE, "name": linked.name, "rack": linked.rack}},
    )
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


def test_hostile_names_cannot_forge_or_double_series() -> None:
    """Names from a device are made safe before series are told apart by them."""
    reading = '  - {metric: dc_sensor_temperature_celsius, table: rows, column: 6, unit: C, labels: {sensor: "{name}"}}\n'
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
    assert planned.dropped == Counter(duplicate=1)
    prefixes = [point.series.prefix for point in planned.points]
    assert len(set(prefixes)) == len(prefixes) == 6
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
    assert plan(profile, rows, NAMING, frozenset({"inlet"})).oids == (f"{BASE}.5.1.1",)


def test_no_more_objects_than_the_limit_are_polled() -> None:
    """A device with more rows than its limit is polled up to it, and the rest is counted."""
    profile = read("p.yaml", SnmpProfile, text=HEAD + OUTLET)
    rows = Rows(columns={f"{BASE}.6": {f"1.{n}": n for n in range(1, 51)}})
    planned = plan(profile, rows, NAMING, ALL, limit=10)
    assert len(planned.points) == 10
    assert planned.dropped == Counter(over_limit=40)


raws = st.one_of(
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
    + '  - {metric: dc_pdu_outlet_current_amperes, table: rows, column: 5, unit_column: unit, digits_column: digits, labels: {outlet: "{name}"}}\n'
    + '  - {metric: dc_sensor_temperature_celsius, table: rows, column: 6, unit_column: degrees, scale_column: scale, text: true, valid_when: {ok: ["1"]}, labels: {sensor: "{name}"}}\n'
    + '  - {metric: dc_pdu_outlet_info, table: rows, column: 6, constant: 1, match: {name: "(?P<x>.*)"}, labels: {outlet: "{row}", name: "{x}"}}\n'
)
PROFILE = read("p.yaml", SnmpProfile, text=HEAD + FUZZED)
suffixes = st.one_of(
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda pair: f"{pair[0]}.{pair[1]}"),
    st.sampled_from(["1", "1.2.3"]),
)


@settings(max_examples=200, deadline=1000)
@given(
    columns=st.dictionaries(
        st.sampled_from(["5", "6"]), st.dictionaries(suffixes, raws, max_size=5), max_size=2
    ),
    objects=st.dictionaries(
        st.tuples(st.sampled_from("2347 9".replace(" ", "")), suffixes), raws, max_size=12
    ),
    answers=st.dictionaries(st.tuples(st.sampled_from("569"), suffixes), raws, max_size=12),
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
    found = decode(
        planned.points,
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
