"""Numbers in registers: types, orders, sentinels, scales and bits."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.facility.modbus.numbers import Notation
from collectors.facility.modbus.plan import plan_of
from collectors.facility.modbus.register import Register
from tests.collectors.facility.modbus.maps import decoded, one, profile


@pytest.mark.parametrize(
    ("kind", "raw", "wanted"),
    [
        ("int16", b"\xff\xfe", -2.0),
        ("uint16", b"\xff\xfe", 65534.0),
        ("int32", b"\xff\xff\xff\xfe", -2.0),
        ("uint32", b"\x00\x01\x00\x00", 65536.0),
        ("int64", b"\xff" * 8, -1.0),
        ("uint64", b"\0" * 7 + b"\x09", 9.0),
        ("float32", struct.pack(">f", 1.5), 1.5),
        ("float64", struct.pack(">d", -1.5), -1.5),
        ("bcd16", b"\x12\x34", 1234.0),
        ("bcd32", b"\x00\x12\x34\x56", 123456.0),
        ("bcd48", b"\x12" * 6, 121212121212.0),
        ("mod10_32", struct.pack(">2h", 12, 3456), 123456.0),
        ("mod10_48", struct.pack(">3h", -1, -2, -3), -100020003.0),
        ("mod10_64", struct.pack(">4h", 0, 9999, 0, 1), 999900000001.0),
        ("bcd64", b"\x99" * 8, 9999999999999999.0),
    ],
)
def test_every_type_decodes(kind: str, raw: bytes, wanted: float) -> None:
    """Signed, unsigned, floating and decimal, 16 to 64 bits."""
    assert one(raw, type=kind) == wanted


@pytest.mark.parametrize(
    ("order", "raw"),
    [("ABCD", b"\1\2\3\4"), ("CDAB", b"\3\4\1\2"), ("BADC", b"\2\1\4\3"), ("DCBA", b"\4\3\2\1")],
)
def test_every_order_of_words_and_bytes_decodes(order: str, raw: bytes) -> None:
    """The four orders found in the field give the same number."""
    assert one(raw, type="uint32", order=order) == 0x01020304


def test_64_bits_in_low_word_first_order_decode() -> None:
    """The lowest word comes first."""
    assert one(struct.pack(">4H", 4, 3, 2, 1), type="uint64", order="CDAB") == 0x0001000200030004


@pytest.mark.parametrize(
    ("kind", "raw", "sentinels"),
    [
        ("int32", b"\x7f\xff\xff\xff", [0x7FFFFFFF]),
        ("uint16", b"\xff\xff", [0xFFFF]),
        ("int16", b"\x80\x00", [0x8000]),
        ("int16", b"\xff\xff", [-1]),
        ("bcd16", b"\x12\x3a", []),
        ("bcd32", b"\xff" * 4, []),
        ("mod10_32", b"\x27\x10\0\0", []),
        ("float32", struct.pack(">f", math.nan), []),
        ("float32", struct.pack(">f", -math.inf), []),
    ],
)
def test_a_sentinel_is_no_value(kind: str, raw: bytes, sentinels: list[int]) -> None:
    """Raw bit patterns that mean "no value" are absent, whichever way the manual writes them."""
    assert one(raw, type=kind, sentinels=sentinels) is None


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_is_shown_by_the_shortest_decimal_that_is_it(number: float) -> None:
    """0.97 is 0.97; and nothing is ever changed beyond what a float32 can tell apart."""
    raw = struct.pack(">f", number)
    assert struct.unpack(">f", struct.pack(">f", one(raw, type="float32"))) == (number,)
    assert one(struct.pack(">f", 0.97), type="float32") == 0.97


def test_scale_and_unit_lead_to_the_base_unit() -> None:
    """Tenths of a kilowatt are hundreds of watts."""
    assert one(b"\x00\x7b", type="uint16", unit="kW", scale=0.1) == pytest.approx(12300.0)


def test_tenths_are_the_decimals_that_were_meant() -> None:
    """Three tenths are 0.3, not 0.30000000000000004."""
    assert one(b"\0\3", type="uint16", scale=0.1) == 0.3
    celsius = Register(
        metric="dc_sensor_temperature_celsius", address=0, type="int16", unit="F", scale=0.1
    )
    assert decoded(plan_of(profile(celsius, kind="sensor")), b"\xff\x85") == [
        pytest.approx(-24.611111)
    ]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"\x7f\xff\x00\x64", None),
        (b"\x7f\xff\xff\xff", None),
        (b"\x7f\xfe\xff\xff", 0x7FFEFFFF),  # the last one that is a number
        (b"\xff\xff\xfc\x18", -1000),  # 0xFFFFFC18 = 2^32 - 1000
        (b"\x80\x00\x00\x00", -(2**31)),
    ],
)
def test_an_overflow_is_no_value(raw: bytes, wanted: int | None) -> None:
    """A positive number from the overflow on is none; negative numbers stay numbers."""
    assert Notation(type="int32", overflow=0x7FFF0000).read(raw) == wanted


@pytest.mark.parametrize(
    ("register", "wanted"),
    [(0.97, 0.97), (1.0, 1.0), (1.03, 0.97), (-0.5, -0.5), (-1.25, -0.75), (2.0, 0.0), (-2.0, 0.0)],
)
def test_a_four_quadrant_power_factor_is_unfolded(register: float, wanted: float) -> None:
    """Beyond 1 and -1 the register comes back: 1.03 is 0.97 leading."""
    raw = struct.pack(">f", register)
    assert one(raw, metric="dc_meter_power_factor_ratio", type="float32_4q", unit="ratio") == wanted


def test_bits_of_a_register_are_numbers_of_their_own() -> None:
    """A byte or a flag of a status word is taken out, and states become what the map says."""
    assert one(b"\x03\x12", type="uint16", mask=0xFF00) == 3.0
    assert one(b"\x03\x12", type="uint16", mask=0x0010) == 1.0
    words = {"metric": "dc_ups_on_battery", "unit": "", "type": "uint16"}
    loaded = [
        profile(Register(**words | {"address": 0, "map": {3: 1.0}} | more), kind="ups")
        for more in ({"otherwise": 0.0}, {})
    ]
    assert [decoded(plan_of(p), raw) for p in loaded for raw in (b"\0\3", b"\0\4")] == [
        [1.0],
        [0.0],
        [1.0],
        [None],
    ]


def test_a_sign_bit_makes_decimals_negative() -> None:
    """DL/T 645 says with the highest bit of a power's first byte that it flows back."""
    assert one(b"\x00\x80\x12\x34", type="bcd32", sign_bit=23) == -1234.0
    assert one(b"\x00\x00\x12\x34", type="bcd32", sign_bit=23) == 1234.0
