"""Register maps and their decoding, without any connection."""

from __future__ import annotations

import math
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.facility.modbus_link import Question, check_answer
from collectors.facility.modbus_profile import Profile, Register, blocks_of, decode
from collectors.facility.profile import load_all
from collectors.strict import Problems, read

POWER = "dc_meter_power_watts"


def profile(*registers: Register, **options: object) -> Profile:
    return Profile(protocol="modbus", title="t", source="s", registers=list(registers), **options)  # type: ignore[arg-type]


def one(raw: bytes, **options: object) -> float | None:
    """What one value decodes to."""
    register = Register(**{"metric": POWER, "address": 0, "unit": "W"} | options)  # type: ignore[arg-type]
    (block,) = blocks_of(profile(register))
    ((_, value),) = decode(struct.unpack(f">{len(raw) // 2}H", raw), block)
    return value


@pytest.mark.parametrize(
    ("kind", "raw", "wanted"),
    [
        ("int16", b"\xff\xfe", -2.0), ("uint16", b"\xff\xfe", 65534.0), ("int32", b"\xff\xff\xff\xfe", -2.0),
        ("uint32", b"\x00\x01\x00\x00", 65536.0), ("int64", b"\xff" * 8, -1.0), ("uint64", b"\0" * 7 + b"\x09", 9.0),
        ("float32", struct.pack(">f", 1.5), 1.5), ("float64", struct.pack(">d", -1.5), -1.5),
    ],
)  # fmt: skip
def test_every_type_decodes(kind: str, raw: bytes, wanted: float) -> None:
    """Signed, unsigned and floating, 16 to 64 bits."""
    assert one(raw, type=kind) == wanted


@pytest.mark.parametrize(
    ("order", "raw"), [("ABCD", b"\1\2\3\4"), ("CDAB", b"\3\4\1\2"), ("BADC", b"\2\1\4\3"), ("DCBA", b"\4\3\2\1")]
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
        ("int32", b"\x7f\xff\xff\xff", [0x7FFFFFFF]), ("uint16", b"\xff\xff", [0xFFFF]), ("int16", b"\x80\x00", [0x8000]),
        ("int16", b"\xff\xff", [-1]), ("float32", struct.pack(">f", math.nan), []), ("float32", struct.pack(">f", -math.inf), []),
    ],
)  # fmt: skip
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


def test_an_energy_register_s_width_says_where_it_wraps() -> None:
    """An integer register wraps at its width, in joules; a float's is unknown unless the profile names it."""
    energy = {"metric": "dc_meter_energy_joules_total", "address": 0, "unit": "Wh"}
    for register, wanted in (
        (Register(**energy, type="uint32"), 2**32 * 3600.0),  # type: ignore[arg-type]
        (Register(**energy, type="float32"), None),  # type: ignore[arg-type]
        (Register(**energy, type="float32", wraps_at=1e8), 1e8 * 3600.0),  # type: ignore[arg-type]
    ):
        assert blocks_of(profile(register))[0].values[0].wraps_at == wanted


def at(address: int, phase: str, **options: object) -> Register:
    return Register(metric="dc_meter_voltage_volts", phase=phase, address=address, type="float32", unit="V", **options)  # type: ignore[arg-type]


def test_neighbours_are_read_together_and_strangers_apart() -> None:
    """A gap up to the limit is read along; a wider one, the block's limit or another function begins a new read."""
    registers = [at(0, "1"), at(10, "2"), at(40, "3"), at(50, "4", function="holding"), at(44, "5")]
    assert [(b.function, b.address, b.count) for b in blocks_of(profile(*registers, max_gap=8))] == [
        (3, 50, 2), (4, 0, 12), (4, 40, 6),
    ]  # fmt: skip
    assert [b.count for b in blocks_of(profile(*registers[:3], max_gap=100, max_registers=12))] == [12, 2]
    assert [b.count for b in blocks_of(profile(*registers[:3], max_gap=100, max_registers=60))] == [42]


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["uint16", "float32", "uint64"])), min_size=1, max_size=30),
       st.integers(4, 125), st.integers(0, 124))  # fmt: skip
def test_every_value_lies_in_exactly_one_block_and_no_block_is_too_large(
    places: list[tuple[int, str]], most: int, gap: int
) -> None:
    """Whatever the map, grouping loses nothing and asks for no more than the meter takes."""
    registers = [
        Register(metric="dc_meter_voltage_volts", phase=str(n), address=address, type=kind, unit="V")  # type: ignore[arg-type]
        for n, (address, kind) in enumerate(places)
    ]
    blocks = blocks_of(profile(*registers, max_registers=most, max_gap=gap))
    found = {v.phase: b.address + v.start for b in blocks for v in b.values}
    assert found == {register.phase: register.address for register in registers}
    assert all(block.count <= most for block in blocks)
    assert all(value.end <= block.count for block in blocks for value in block.values)


@given(st.lists(st.integers(-5, 2**17), max_size=70))
def test_any_registers_decode_to_finite_numbers_or_a_bad_reply(registers: list[int]) -> None:
    """Whatever stands in the registers, nothing but BadReply is raised and nothing but a number or None comes out."""
    for block in blocks_of(dict(load_all("modbus", Profile))["eastron-sdm630"]):
        try:
            for _, value in decode(registers, block):
                assert value is None or math.isfinite(value)
        except BadReply:
            assert len(registers) != block.count or any(not 0 <= r < 1 << 16 for r in registers)


QUESTION = Question(unit=1, function=4, address=0, count=2)
GOOD = b"\0\7\0\0\0\7\1\4\4\0\1\0\2"


@given(st.binary(max_size=600))
def test_any_bytes_are_checked_without_any_other_error(data: bytes) -> None:
    """Garbage is a BadReply or the beginning of an answer, never anything else."""
    try:
        check_answer(data, QUESTION, 7)
    except BadReply:
        assert not GOOD.startswith(data)


def test_a_good_answer_passes_at_every_length_it_arrives_in() -> None:
    """The beginning of a good answer is never refused, and any changed byte of its header is."""
    for length in range(len(GOOD) + 1):
        check_answer(GOOD[:length], QUESTION, 7)
    check_answer(GOOD[:1] + b"\3" + GOOD[2:] + GOOD, QUESTION, 7)  # a late answer before it
    for place in (2, 3, 4, 5, 6, 7, 8):
        spoilt = bytearray(GOOD)
        spoilt[place] ^= 0x55
        with pytest.raises(BadReply):
            check_answer(bytes(spoilt), QUESTION, 7)


def test_random_mutations_of_frames_raise_nothing_but_bad_reply() -> None:
    """Flipped bits in a run of frames never escape as another error."""
    rng = random.Random(1)  # noqa: S311 - repeatable
    for _ in range(2000):
        data = bytearray(GOOD * 3)
        for _ in range(rng.randrange(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            check_answer(bytes(data), QUESTION, 7)
        except BadReply:
            continue


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{metric: dc_meter_powr_watts, address: 0, type: int16, unit: W}", "did you mean dc_meter_power_watts"),
        ("{metric: dc_meter_power_watts, address: 0, type: int16, unit: V}", "expected one of mW, W, kW"),
        ("{metric: dc_meter_power_watts, address: 70000, type: int16, unit: W}", "expected a register's address such as"),
        ("{metric: dc_meter_power_watts, address: 0x00G, type: int16, unit: W}", "expected a register's address"),
        ("{metric: dc_meter_power_watts, address: 0, type: int17, unit: W}", "one of int16"),
        ("{metric: dc_meter_voltage_volts, address: 0, type: int16, unit: V}", "phase: missing"),
        ("{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, phase: '1'}", "has no phase"),
        ("{metric: dc_pdu_up, address: 0, type: int16, unit: flag}", "is not a meter's metric"),
    ],
)
def test_a_mistake_in_a_profile_is_one_line_with_its_line_number(line: str, message: str) -> None:
    """Whoever writes a profile is told what is wrong, and where."""
    text = f"protocol: modbus\ntitle: t\nsource: s\nregisters:\n  - {line}\n"
    with pytest.raises(Problems, match=message) as caught:
        read(Path("p.yaml"), Profile, text=text)
    assert caught.value.errors[0].line == 5


def test_every_packaged_profile_loads_and_reads_power_and_energy() -> None:
    """A packaged meter is worth its name: it yields power and energy."""
    profiles = dict(load_all("modbus", Profile))
    assert "eastron-sdm630" in profiles
    for loaded in profiles.values():
        assert {POWER, "dc_meter_energy_joules_total"} <= {register.metric for register in loaded.registers}
        assert blocks_of(loaded)
