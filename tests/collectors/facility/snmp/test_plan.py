"""From rows and answers to readings, without any connection."""

from __future__ import annotations

from collections import Counter

from tests.collectors.facility.snmp.planned import BASE, OUTLET, POWER, made, values


def test_a_scaled_value_comes_out_in_the_base_unit() -> None:
    """114 hundredths of a kilowatt are 1140 W."""
    planned = made(POWER, {"5": {"1.1": 114, "1.2": 7}})
    assert values(planned, {"5.1.1": 114, "5.1.2": 7}) == ({"A07-A": 1140.0}, Counter())


def test_milliamperes_come_out_as_the_decimal_they_are() -> None:
    """7467 with three digits is 7.467 and not a number beside it."""
    planned = made(
        (
            "  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6,"
            ' unit_column: unit, digits_column: digits, labels: {outlet: "{row}"}}\n'
        ),
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
        (
            "  - {metric: dc_pdu_power_factor_ratio, table:"
            " rows, column: 5, unit: permille, least: 0}\n"
        ),
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
    for junk in (b"", b"n/a", b"5 A", b"0x5", b"1,5", b"5.", b"\xff5", "1.3.6", [], {}):
        assert values(planned, {"6.1.1": junk}) == ({}, Counter(not_a_number=1))


def test_octets_of_digits_are_a_number() -> None:
    """Some cards send every INTEGER as a text; where the integer counts tenths, a decimal point
    leaves open what is counted.
    """
    planned = made(OUTLET, {"6": {"1.1": b"5"}})
    for said, watts in {b"5": 5.0, b" 5\0": 5.0, b"-7": -7.0, b"23.5": 23.5}.items():
        assert values(planned, {"6.1.1": said}) == ({"A07-A/1": watts}, Counter())
    assert values(planned, {"6.1.1": b"2147483647"}) == ({}, Counter(sentinel=1))
    tenths = made(OUTLET.replace("unit: W", "unit: W, scale: 0.1"), {"6": {"1.1": b"235"}})
    assert values(tenths, {"6.1.1": b"235"}) == ({"A07-A/1": 23.5}, Counter())
    assert values(tenths, {"6.1.1": b"23.5"}) == ({}, Counter(not_a_number=1))
    milliwatts = made(OUTLET.replace("unit: W", "unit: mW"), {"6": {"1.1": b"23500"}})
    assert values(milliwatts, {"6.1.1": b"23500"}) == ({"A07-A/1": 23.5}, Counter())
    assert values(milliwatts, {"6.1.1": b"23.5"}) == ({}, Counter(not_a_number=1))


def test_an_opaque_float_is_a_number() -> None:
    """Net-SNMP wraps a float (0x42c80000 is 100) and a double (0x4059... is 100) in an Opaque."""
    planned = made(OUTLET, {"6": {"1.1": bytes.fromhex("9f780442c80000")}})
    double = bytes.fromhex("9f79084059000000000000")
    for said in (bytes.fromhex("9f780442c80000"), double):
        assert values(planned, {"6.1.1": said}) == ({"A07-A/1": 100.0}, Counter())
    for junk in (double[:-1], double[:3], bytes.fromhex("9f780842c80000"), b"\x9f\x78"):
        assert values(planned, {"6.1.1": junk}) == ({}, Counter(not_a_number=1))
    nan = bytes.fromhex("9f78047fc00000")
    assert values(planned, {"6.1.1": nan})[0] == {}


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
    for said in (1, b"1"):  # an integer, or its text
        assert values(planned, {"6.1.1": 5, "9.1.1": said})[0] == {"A07-A/1": 5.0}


def test_a_device_without_the_guards_column_is_read_without_it() -> None:
    """Where the column of a guard does not exist, the reading is accepted."""
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


def test_a_state_that_is_a_sentinel_is_dropped() -> None:
    """Where the profile lists a number as missing, it is no state, though it is mapped."""
    planned = made(
        "  - {metric: dc_ups_on_battery, table: rows, column: 5, map: {3: 0, 5: 1},"
        " missing: [5]}\n",
        {"5": {"1.1": 3}},
    )
    assert values(planned, {"5.1.1": 5}) == ({}, Counter(sentinel=1))
    assert values(planned, {"5.1.1": 3})[0] == {"A07-A": 0.0}


def test_the_devices_own_unit_must_be_of_the_metrics_quantity() -> None:
    """A device that says watt-hours where watts belong yields no reading rather than a wrong
    one.
    """
    reading = (
        "  - {metric: dc_pdu_outlet_power_watts, table: rows,"
        ' column: 6, unit_column: unit, labels: {outlet: "{row}"}}\n'
    )
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


def test_a_temperature_whose_unit_the_device_does_not_say_is_celsius_if_it_clearly_is() -> None:
    """Rooms have up to 50 °C and at least 50 °F; with tenths,
    235 is 23.5 °C and 725 may be 72.5 °F.
    """
    planned = made(
        "  - {metric: dc_sensor_temperature_celsius, table: rows, column: 6, unit_column: unit,"
        ' scale: 0.1, labels: {sensor: "{row}"}}\n',
        {"6": {"1.1": 235, "1.2": 725, "1.3": 235}},
        {"3.1.3": 99},
    )
    assert planned.dropped == Counter(unknown_unit=1)
    told, dropped = values(planned, {"6.1.1": 235, "6.1.2": 725})
    assert list(told.values()) == [23.5]
    assert dropped == Counter(sentinel=1)


def test_digits_that_are_missing_or_absurd_drop_the_reading() -> None:
    """Without the digits a value's size is unknown: no reading,
    not one a thousand times too large.
    """
    reading = (
        "  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6,"
        ' unit: W, digits_column: digits, labels: {outlet: "{row}"}}\n'
    )
    planned = made(reading, {"6": {"1.1": 5, "1.2": 5, "1.3": 5}}, {"4.1.2": -3, "4.1.3": b"many"})
    assert planned.points == ()
    assert planned.dropped == Counter(unknown_unit=3)


def test_scales_and_divisors_of_the_device() -> None:
    """A negative scale divides, a positive one multiplies, none leaves alone; a divisor divides."""
    reading = (
        "  - {metric: dc_pdu_outlet_power_watts, table: rows, column:"
        ' 6, unit: W, scale_column: scale, labels: {outlet: "{row}"}}\n'
    )
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
    """A scale for all sensors that is read from the device decides between Celsius and
    Fahrenheit.
    """
    reading = (
        "  - {metric: dc_sensor_temperature_celsius, table: rows, column:"
        ' 6, unit_column: degrees, scale: 0.1, labels: {sensor: "{row}"}}\n'
    )
    fahrenheit = made(reading, {"6": {"1.1": 770}}, {"1.3.6.1.4.1.99999.3.0": 1})
    assert values(fahrenheit, {"6.1.1": 770})[0] == {"A07-A/1": 25.0}
    celsius = made(reading, {"6": {"1.1": 250}}, {"1.3.6.1.4.1.99999.3.0": 0})
    assert values(celsius, {"6.1.1": 250})[0] == {"A07-A/1": 25.0}
