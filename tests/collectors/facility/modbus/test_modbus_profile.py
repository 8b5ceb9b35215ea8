"""Register maps and their decoding, without any connection."""

from __future__ import annotations

import math
import random
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.facility.modbus_frame import Framing, Question, crc16, registers_in, request
from collectors.facility.modbus_plan import Block, Plan, evaluate, numbers_in, plan_of, span_of
from collectors.facility.modbus_profile import Profile
from collectors.facility.modbus_register import Factor, Register
from collectors.facility.profile import load_all
from collectors.strict import Problems, read

POWER = "dc_meter_power_watts"
ENERGY = "dc_meter_energy_joules_total"


def profile(*registers: Register, **options: object) -> Profile:
    return Profile(protocol="modbus", title="t", source="s", registers=list(registers), **options)


def blocks_of(loaded: Profile) -> tuple[Block, ...]:
    return plan_of(loaded).blocks


def decoded(plan: Plan, memory: bytes, first: int = 0) -> list[float | None]:
    """What registers from `first` on decode to, in the order of the profile."""
    registers = struct.unpack(f">{len(memory) // 2}H", memory)
    numbers = {}
    for block in plan.blocks:
        numbers |= numbers_in(
            block, registers[block.address - first : block.address - first + block.count]
        )
    return [number for _, number in evaluate(plan.values, numbers)]


def one(raw: bytes, **options: object) -> float | None:
    """What one value decodes to."""
    register = Register(**{"metric": POWER, "address": 0, "unit": "W"} | options)
    (number,) = decoded(plan_of(profile(register)), raw)
    return number


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


MAPS = {
    name: plan_of(one, {factor: 2.0 for factor, how in one.factors.items() if how.address is None})
    for name, one in load_all("modbus", Profile)
}
FACTORS = {
    "ct": Factor(address=10),
    "digits": Factor(address=11, type="int16", exponent=True, sentinels=[0x8000]),
}


@pytest.mark.parametrize(
    ("ct", "digits", "wanted"),
    [
        (40, 0, 492.0),
        (40, -1, 49.2),
        (1, 2, 1230.0),
        (0, 0, None),
        (40, -0x8000, None),
        (40, 13, None),
    ],
)
def test_factors_that_the_device_says_are_applied(
    ct: int, digits: int, wanted: float | None
) -> None:
    """A transformer's ratio and a power of ten multiply the value.

    One that is not set leaves no value.
    """
    register = Register(
        metric=POWER, address=0, type="uint16", unit="W", scale=0.1, times=["ct", "digits"]
    )
    memory = struct.pack(">H", 123) + bytes(18) + struct.pack(">Hh", ct, digits)
    assert decoded(plan_of(profile(register, factors=FACTORS)), memory) == [wanted]


def test_a_factor_that_was_not_read_leaves_the_value_out() -> None:
    """Without its ratio a value is not a value, and nothing is made up."""
    register = Register(metric=POWER, address=0, type="uint16", unit="W", times=["ct"])
    plan = plan_of(profile(register, factors={"ct": Factor(address=100)}))
    first, _ = plan.blocks
    assert list(evaluate(plan.values, dict(numbers_in(first, [5])))) == []


def test_a_ratio_of_the_config_stands_for_the_device_s_own() -> None:
    """Where the operator states it, the register is not even read.

    Where nobody does, it is a mistake.
    """
    register = Register(metric=POWER, address=0, type="uint16", unit="W", times=["ct"])
    plan = plan_of(profile(register, factors={"ct": Factor(address=100)}), {"ct": 0.5})
    assert len(plan.blocks) == 1
    assert decoded(plan, b"\0\5") == [2.5]
    with pytest.raises(ValueError, match="missing ct"):
        plan_of(profile(register, factors={"ct": Factor()}))
    with pytest.raises(ValueError, match="no factor 'vt'; expected one of ct"):
        plan_of(profile(register, factors={"ct": Factor(address=100)}), {"vt": 2})


def test_registers_that_belong_together_are_added() -> None:
    """The energies of two tariffs are one energy, and there is none while one of them is missing."""
    energy = Register(metric=ENERGY, address=0, add=[4], type="float64", unit="Wh", wraps_at=1e12)
    plan = plan_of(profile(energy))
    assert decoded(plan, struct.pack(">2d", 1500.0, 500.5)) == [2000.5 * 3600]
    assert decoded(plan, struct.pack(">2d", 1500.0, math.nan)) == [None]
    assert span_of(plan.values[0], {}) == 1e12 * 3600


def test_an_energy_register_s_width_says_where_it_wraps() -> None:
    """An unsigned register wraps at its width, in joules.

    Others only where the profile says so, and with a ratio once it is known.
    """
    energy = {"metric": ENERGY, "address": 0, "unit": "Wh"}
    for register, wanted in (
        (Register(**energy, type="uint32"), 2**32 * 3600.0),
        (Register(**energy, type="uint32", wraps_at=0), None),
        (Register(**energy, type="bcd32", scale=0.01), 10**6 * 3600.0),
        (Register(**energy, type="float32"), None),
        (Register(**energy, type="int64"), None),
        (Register(**energy, type="float32", wraps_at=1e8), 1e8 * 3600.0),
    ):
        assert span_of(plan_of(profile(register)).values[0], {}) == wanted
    plan = plan_of(
        profile(Register(**energy, type="uint32", times=["ct"]), factors={"ct": Factor(address=9)})
    )
    assert span_of(plan.values[0], {}) is None
    assert span_of(plan.values[0], {0: 40}) == 40 * 2**32 * 3600.0


def at(address: int, phase: str, **options: object) -> Register:
    return Register(
        metric="dc_meter_voltage_volts",
        phase=phase,
        address=address,
        type="float32",
        unit="V",
        **options,
    )


def test_neighbours_are_read_together_and_strangers_apart() -> None:
    """A gap up to the limit is read along.

    A wider one, the block's limit or another function begins a new read.
    """
    registers = [at(0, "1"), at(10, "2"), at(40, "3"), at(50, "4", function="holding"), at(44, "5")]
    assert [
        (b.function, b.address, b.count) for b in blocks_of(profile(*registers, max_gap=8))
    ] == [
        (3, 50, 2),
        (4, 0, 12),
        (4, 40, 6),
    ]
    assert [b.count for b in blocks_of(profile(*registers[:3], max_gap=100, max_registers=12))] == [
        12,
        2,
    ]
    assert [b.count for b in blocks_of(profile(*registers[:3], max_gap=100, max_registers=60))] == [
        42
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from(["uint16", "float32", "uint64"])),
        min_size=1,
        max_size=30,
    ),
    st.integers(4, 125),
    st.integers(0, 124),
)
def test_every_value_lies_in_exactly_one_block_and_no_block_is_too_large(
    places: list[tuple[int, str]], most: int, gap: int
) -> None:
    """Whatever the map, grouping loses nothing and asks for no more than the meter takes."""
    registers = [
        Register(
            metric="dc_meter_voltage_volts", phase=str(n), address=address, type=kind, unit="V"
        )
        for n, (address, kind) in enumerate(places)
    ]
    blocks = blocks_of(profile(*registers, max_registers=most, max_gap=gap))
    found = sorted(cell.address for block in blocks for _, cell in block.cells)
    assert found == sorted(register.address for register in registers)
    assert all(block.count <= most for block in blocks)
    assert all(
        cell.end <= block.address + block.count for block in blocks for _, cell in block.cells
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from(["uint16", "float32", "uint64"])),
        min_size=1,
        max_size=30,
    )
)
def test_halves_bring_the_same_and_end_at_single_values(places: list[tuple[int, str]]) -> None:
    """Whatever a device refuses, splitting it loses nothing and comes to an end."""
    registers = [
        Register(
            metric="dc_meter_voltage_volts", phase=str(n), address=address, type=kind, unit="V"
        )
        for n, (address, kind) in enumerate(places)
    ]
    todo, single = list(blocks_of(profile(*registers, max_gap=124, max_registers=125))), []
    while todo:
        block = todo.pop()
        halves = block.halves()
        todo += halves
        assert {n for half in halves for n, _ in half.cells} == (
            {n for n, _ in block.cells} if halves else set()
        )
        assert all(half.count < block.count for half in halves)
        single += [] if halves else [block]
    assert sorted(n for block in single for n, _ in block.cells) == list(range(len(places)))


def test_no_read_touches_what_a_device_does_not_let_be_read() -> None:
    """Addresses that are said to be unreadable are never read along, however small the gap."""
    registers = [at(0, "1"), at(4, "2"), at(8, "3")]
    assert [b.count for b in blocks_of(profile(*registers))] == [10]
    assert [
        (b.address, b.count) for b in blocks_of(profile(*registers, unreadable=[range(6, 7)]))
    ] == [(0, 6), (8, 2)]
    with pytest.raises(ValueError, match=r"registers\[1\]: is one of the unreadable addresses"):
        profile(*registers, unreadable=[range(5, 6)])


@settings(deadline=None, max_examples=60)  # a busy machine
@given(st.sampled_from(sorted(MAPS)), st.data())
def test_any_registers_decode_to_finite_numbers_or_a_bad_reply(
    name: str, data: st.DataObject
) -> None:
    """Whatever stands in the registers, nothing but BadReply is raised and nothing but a number or
    None comes out.
    """
    plan = MAPS[name]
    numbers: dict[int, float | None] = {}
    for block in plan.blocks:
        registers = data.draw(
            st.lists(st.integers(-1, 2**16), min_size=block.count - 1, max_size=block.count + 1)
        )
        try:
            numbers |= numbers_in(block, registers)
        except BadReply:
            assert len(registers) != block.count or any(not 0 <= r < 1 << 16 for r in registers)
    for _, value in evaluate(plan.values, numbers):
        assert value is None or math.isfinite(value)


QUESTION = Question(unit=1, function=4, address=0, count=2)
GOOD = {"tcp": b"\0\7\0\0\0\7\1\4\4\0\1\0\2", "rtu": b"\1\4\4\0\1\0\2\x2b\x85"}
FRAMINGS = pytest.mark.parametrize("framing", ["tcp", "rtu"])


@FRAMINGS
@given(data=st.binary(max_size=600))
def test_any_bytes_are_looked_at_without_any_other_error(framing: Framing, data: bytes) -> None:
    """Garbage is a BadReply or the beginning of an answer, never anything else."""
    try:
        found = registers_in(framing, data, QUESTION, 7)
    except BadReply:
        assert not GOOD[framing].startswith(data)
    else:
        assert found is None or len(found) == 2


@FRAMINGS
def test_a_good_answer_passes_at_every_length_it_arrives_in(framing: Framing) -> None:
    """The beginning of a good answer is never refused, the whole is taken, and any changed byte of
    its head is refused.
    """
    good = GOOD[framing]
    for length in range(len(good)):
        assert registers_in(framing, good[:length], QUESTION, 7) is None
    assert registers_in(framing, good, QUESTION, 7) == (1, 2)
    for place in range(2, 9) if framing == "tcp" else range(len(good)):
        spoilt = bytearray(good)
        spoilt[place] ^= 0x55
        with pytest.raises(BadReply):
            registers_in(framing, bytes(spoilt), QUESTION, 7)


def test_late_answers_are_passed_over_but_not_without_end() -> None:
    """The right answer is found behind late ones.

    A device that sends nothing else is not answering.
    """
    good = GOOD["tcp"]
    late = good[:1] + b"\3" + good[2:]
    assert registers_in("tcp", late * 3 + good, QUESTION, 7) == (1, 2)
    assert registers_in("tcp", late * 3, QUESTION, 7) is None
    with pytest.raises(BadReply, match="bytes without an answer"):
        registers_in("tcp", late * 700, QUESTION, 7)


@pytest.mark.parametrize("unit", [0, 255])
def test_a_device_addressed_itself_may_call_itself_what_it_likes(unit: int) -> None:
    """Units 0 and 255 mean the TCP device itself; some answer with a unit of their own."""
    question = Question(unit=unit, function=4, address=0, count=2)
    assert registers_in("tcp", GOOD["tcp"], question, 7) == (1, 2)
    with pytest.raises(BadReply, match="asked unit"):
        registers_in("rtu", GOOD["rtu"], question, 7)


def test_a_checksum_is_that_of_the_standard() -> None:
    """The example of MODBUS over Serial Line V1.02, 6.2.2: 02 07 has the checksum 41 12."""
    assert crc16(b"\2\7").to_bytes(2, "little") == b"\x41\x12"
    assert request("rtu", QUESTION, 0)[:6] == b"\1\4\0\0\0\2"


@FRAMINGS
def test_random_mutations_of_frames_raise_nothing_but_bad_reply(framing: Framing) -> None:
    """Flipped bits in a run of frames never escape as another error."""
    rng = random.Random(1)
    for _ in range(2000):
        data = bytearray(GOOD[framing] * 3)
        for _ in range(rng.randrange(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        with suppress(BadReply):
            registers_in(framing, bytes(data), QUESTION, 7)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "{metric: dc_meter_powr_watts, address: 0, type: int16, unit: W}",
            "did you mean dc_meter_power_watts",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: V}",
            "expected one of mW, W, kW",
        ),
        (
            "{metric: dc_meter_power_watts, address: 70000, type: int16, unit: W}",
            "expected a register's address such as",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0x00G, type: int16, unit: W}",
            "expected a register's address",
        ),
        ("{metric: dc_meter_power_watts, address: 0, type: int17, unit: W}", "one of int16"),
        ("{metric: dc_meter_voltage_volts, address: 0, type: int16, unit: V}", "needs phase"),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, phase: '1'}",
            "has no phase",
        ),
        ("{metric: dc_meter_power_watts, address: 0, type: int16}", "a unit, or a map"),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, mask: 0x0F}",
            "some bits of an unsigned type",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: uint16, unit: W, mask: 0x0F0F}",
            "neighbouring bits",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: bcd16, unit: W, sign_bit: 16}",
            "does not have so many bits",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, times: [ct]}",
            "no factor 'ct'",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, wraps_at: 5}",
            "is not a counter",
        ),
        (
            "{metric: dc_meter_power_watts, address: 65535, type: int32, unit: W}",
            "ends beyond address 65535",
        ),
        ("{metric: dc_pdu_up, address: 0, type: int16, unit: flag}", "is not a metric of a meter"),
    ],
)
def test_a_mistake_in_a_profile_is_one_line_with_its_line_number(line: str, message: str) -> None:
    """Whoever writes a profile is told what is wrong, and where."""
    text = f"protocol: modbus\ntitle: t\nsource: s\nregisters:\n  - {line}\n"
    with pytest.raises(Problems, match=message) as caught:
        read(Path("p.yaml"), Profile, text=text)
    assert caught.value.errors[0].line == 5


def test_every_packaged_meter_reads_power_and_energy() -> None:
    """A packaged meter is worth its name: it yields power and energy."""
    profiles = dict(load_all("modbus", Profile))
    assert "eastron-sdm630" in profiles
    for loaded in profiles.values():
        if loaded.kind == "meter":
            assert {POWER, ENERGY} <= {register.metric for register in loaded.registers}
        assert loaded.source
