"""Register maps of Modbus meters: which register holds what. A new meter is one YAML file of this shape.

Registers are 16 bits wide. Addresses count from 0, as they stand in a request, not as in the older notation 30001 or 40001.
Decoding is pure: registers to numbers in base units; it raises only `BadReply`.
"""

from __future__ import annotations

import contextlib
import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final, Literal

from collectors.base import BadReply
from collectors.facility.profile import load, metric_named
from collectors.facility.units import UNITS, quantity_of
from collectors.strict import Parsed, Range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from collectors.base import Metric

Kind = Literal["input", "holding"]
Type = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]

FUNCTIONS: Final[dict[Kind, int]] = {"input": 4, "holding": 3}
"""Function codes of the reads (MODBUS Application Protocol V1.1b3, 6.3 and 6.4)."""

_FORMATS: Final[dict[Type, str]] = {
    "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "uint64": ">Q", "float32": ">f", "float64": ">d",
}  # fmt: skip


_SINGLE: Final = _FORMATS["float32"]


def parse_number(text: str) -> int:
    """Parse `52` or `0x0034`, as manuals write either; raises ValueError."""
    return int(text, 0)


Number = Annotated[int, Parsed(parse_number, "a whole number such as 52 or 0x0034")]
Address = Annotated[int, Parsed(parse_number, "a register's address such as 52 or 0x0034"), Range(0, 65535)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One value of the map: where it stands, how it is written, and which metric it is.

    `wraps_at` is the raw value at which an energy register begins again at 0: by default its width's for integers, never for
    floats. `sentinels` are raw bit patterns that mean "no value", beside the profile's own for the type.
    """

    metric: str
    address: Address
    type: Type
    unit: str
    scale: float = 1.0
    phase: str = ""
    function: Kind | None = None
    order: Order | None = None
    wraps_at: float | None = None
    sentinels: list[Number] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the metric, its unit and its phase."""
        try:
            metric = metric_named(self.metric)
        except ValueError as error:
            raise ValueError(f"metric: {error}") from None
        if "meter" not in metric.labels:
            raise ValueError(f"metric: {self.metric} is not a meter's metric (dc_meter_…)")
        if ("phase" in metric.labels) != bool(self.phase):
            raise ValueError(f"phase: {'missing; the metric is one of a phase' if not self.phase else 'the metric has no phase'}")
        wanted = quantity_of(self.metric)
        if self.unit not in UNITS or UNITS[self.unit].quantity != wanted:
            fitting = ", ".join(name for name, unit in UNITS.items() if unit.quantity == wanted)
            raise ValueError(f"unit: {self.metric} is in {wanted}; expected one of {fitting}, got {self.unit!r}")

    @property
    def width(self) -> int:
        """How many registers it takes."""
        return struct.calcsize(_FORMATS[self.type]) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The register map of one meter and how it may be read.

    `max_registers` is the most one read may ask for (at most 125 by the standard; many meters take less), `max_gap` how many
    registers nobody wants are read along rather than asking twice. `order` says how wider values lie: ABCD (high word first),
    CDAB (low word first), BADC and DCBA (bytes swapped as well). `sentinels` are "no value" by type, as raw bit patterns.
    """

    protocol: Literal["modbus"]
    title: str
    source: str
    registers: list[Register]
    function: Kind = "input"
    order: Order = "ABCD"
    max_registers: Annotated[int, Range(1, 125)] = 60
    max_gap: Annotated[int, Range(0, 124)] = 16
    sentinels: dict[Type, list[Number]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that there is something to read, each value once, and that the widest fits one read."""
        if not self.registers:
            raise ValueError("registers: a profile without registers reads nothing")
        if max(register.width for register in self.registers) > self.max_registers:
            raise ValueError("max_registers: smaller than one of the values")
        seen: set[tuple[str, str]] = set()
        for register in self.registers:
            if (register.metric, register.phase) in seen:
                raise ValueError(f"registers: {register.metric} {register.phase} is there twice".replace("  ", " "))
            seen.add((register.metric, register.phase))
            if register.address + register.width > 1 << 16:
                raise ValueError(f"registers: {register.metric} ends beyond address 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """How one value of a block becomes a reading, worked out once when the profile is loaded."""

    metric: Metric
    phase: str
    start: int
    end: int
    format: str
    swap_words: bool
    swap_bytes: bool
    sentinels: frozenset[int]
    factor: float
    offset: float
    wraps_at: float | None
    """In base units: where an energy register begins again at 0; None where it does not or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One read: a function code, an address, a count, and the values that lie in it."""

    function: int
    address: int
    count: int
    values: tuple[Value, ...]


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Load a Modbus profile by its name; raises ConfigError or Problems."""
    return load(name, "modbus", Profile, folder)


def blocks_of(profile: Profile) -> tuple[Block, ...]:
    """Group a profile's values into as few reads as its limits allow."""
    groups: list[list[Register]] = []
    last: tuple[int, int, int] | None = None  # function, first address, end of the group at hand
    for register in sorted(profile.registers, key=lambda r: (_function(profile, r), r.address)):
        function, end = _function(profile, register), register.address + register.width
        if (
            last is not None
            and last[0] == function
            and register.address - last[2] <= profile.max_gap
            and end - last[1] <= profile.max_registers
        ):
            groups[-1].append(register)
            last = (function, last[1], max(end, last[2]))
        else:
            groups.append([register])
            last = (function, register.address, end)
    return tuple(_block(profile, group) for group in groups)


def _function(profile: Profile, register: Register) -> int:
    return FUNCTIONS[register.function or profile.function]


def _block(profile: Profile, group: Sequence[Register]) -> Block:
    first = group[0].address
    end = max(register.address + register.width for register in group)
    values = tuple(_value(profile, register, register.address - first) for register in group)
    return Block(function=_function(profile, group[0]), address=first, count=end - first, values=values)


def _value(profile: Profile, register: Register, start: int) -> Value:
    unit = UNITS[register.unit]
    order = register.order or profile.order
    bits = 16 * register.width
    factor = register.scale * unit.factor
    wraps_at = register.wraps_at
    if wraps_at is None and register.type.startswith("uint"):
        wraps_at = float(1 << bits)
    patterns = (*register.sentinels, *profile.sentinels.get(register.type, ()))
    return Value(
        metric=metric_named(register.metric), phase=register.phase, start=start, end=start + register.width,
        format=_FORMATS[register.type], swap_words=order in ("CDAB", "DCBA"), swap_bytes=order in ("BADC", "DCBA"),
        sentinels=frozenset(pattern & ((1 << bits) - 1) for pattern in patterns),
        factor=factor, offset=unit.offset, wraps_at=None if wraps_at is None else wraps_at * factor,
    )  # fmt: skip


def decode(registers: Sequence[int], block: Block) -> Iterator[tuple[Value, float | None]]:
    """Yield every value of a block in its base unit, None where the meter says it has none; raises BadReply.

    NaN, the infinities and the profile's sentinels are no value.
    """
    if len(registers) != block.count:
        raise BadReply(f"asked for {block.count} registers at {block.address}, got {len(registers)}")
    try:
        raw = struct.pack(f">{block.count}H", *registers)
    except struct.error:
        raise BadReply(f"a register at {block.address} is not 16 bits wide") from None
    for value in block.values:
        yield value, _decode_value(raw[2 * value.start : 2 * value.end], value)


def _decode_value(raw: bytes, value: Value) -> float | None:
    if value.swap_words:
        raw = b"".join(raw[i : i + 2] for i in range(len(raw) - 2, -1, -2))
    if value.swap_bytes:
        raw = b"".join(raw[i : i + 2][::-1] for i in range(0, len(raw), 2))
    if int.from_bytes(raw, "big") in value.sentinels:
        return None
    number = struct.unpack(value.format, raw)[0]
    if not math.isfinite(number):
        return None
    if value.format == _SINGLE:
        number = shortest(number, raw)
    number = number * value.factor + value.offset
    return number if math.isfinite(number) else None


def shortest(number: float, raw: bytes) -> float:
    """Return the shortest decimal that is this float32 (`raw`): the 0.97 the meter meant, not 0.9700000286102295."""
    for digits in range(6, 9):  # nine digits tell any two float32 apart, fewer most of them
        short = float(f"{number:.{digits}g}")
        with contextlib.suppress(OverflowError):  # the largest, rounded up
            if struct.pack(_SINGLE, short) == raw:
                return short
    return number
