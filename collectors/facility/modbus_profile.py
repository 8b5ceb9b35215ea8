"""What a Modbus device profile may hold: which register holds what, and how the device may be read.

Registers are 16 bits wide. Addresses count from 0, as they stand in a request, not as in the older
notation 30001 or 40001. `docs/modbus.md` has the whole of it with examples;
`collectors.facility.modbus_plan` makes reads and readings of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from collectors.base import Metric
from collectors.facility.modbus_numbers import WIDTHS, Notation, Order, Type
from collectors.facility.naming import IDENTITY
from collectors.facility.profile import load, metric_named
from collectors.facility.units import check_unit
from collectors.strict import Parsed, Range

Function = Literal["input", "holding"]
Kind = Literal["meter", "pdu", "ups", "cooling", "sensor"]

FUNCTIONS: Final[dict[Function, int]] = {"input": 4, "holding": 3}
"""Function codes of the reads (MODBUS Application Protocol V1.1b3, 6.3 and 6.4)."""
FAMILIES: Final[dict[Kind, tuple[str, ...]]] = {
    "meter": ("meter",),
    "pdu": ("pdu", "sensor"),
    "ups": ("ups",),
    "cooling": ("cooling", "sensor"),
    "sensor": ("sensor",),
}
"""Which families of metrics a device of each kind may have: those whose labels its config can fill.
"""
_REGISTERS: Final = 1 << 16


def parse_number(text: str) -> int:
    """Parse `52` or `0x0034`, as manuals write either; raises ValueError."""
    return int(text, 0)


def parse_span(text: str) -> range:
    """Parse `0x0010-0x001F`, both ends included, or one address; raises ValueError."""
    first, _, last = text.partition("-")
    span = range(parse_number(first), parse_number(last or first) + 1)
    if not span or span.start < 0 or span.stop > _REGISTERS:
        raise ValueError(text)
    return span


Pattern = Annotated[int, Parsed(parse_number, "a whole number such as 52 or 0x0034")]
Address = Annotated[
    int, Parsed(parse_number, "a register's address such as 52 or 0x0034"), Range(0, _REGISTERS - 1)
]
Span = Annotated[range, Parsed(parse_span, "addresses such as 0x0010-0x001F")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a number stands: a function, an address, and how it is written."""

    function: int
    address: int
    notation: Notation
    words: int = field(init=False)

    def __post_init__(self) -> None:
        """Work out once how many registers it takes."""
        object.__setattr__(self, "words", self.notation.words)

    @property
    def end(self) -> int:
        """The address after its last register."""
        return self.address + self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A factor that the device itself says: a transformer's ratio, or a scale factor.

    It is `raw * scale`, or with `exponent` ten to the power of `raw + bias`, as SunSpec's scale
    factors are. Without an `address`, or where the operator knows better, the config says it
    (`ratios`).
    """

    address: Address | None = None
    type: Type = "uint16"
    scale: float = 1.0
    exponent: bool = False
    bias: int = 0
    mask: Pattern = 0
    function: Function | None = None
    order: Order | None = None
    sentinels: list[Pattern] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check what belongs together."""
        if self.exponent and self.scale != 1:
            message = "scale: a power of ten has a bias, no scale"
            raise ValueError(message)
        if self.bias and not self.exponent:
            message = "bias: goes with exponent"
            raise ValueError(message)
        _check_mask(self.type, self.mask)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One value of the map: where it stands, how it is written, and which metric it is.

    The value is `raw * scale`, times the factors named in `times`, in `unit`. `add` lists the
    addresses of further registers of the same kind that belong to it, such as a second tariff's
    energy. With `map`, raw values become those given, all others `otherwise`; `mask` takes some
    bits only. `wraps_at` is the raw value at which a counter begins again at 0: by default its
    width's for unsigned types, unknown for others; 0 says that nobody knows. `sentinels` are raw
    bit patterns that mean "no value", beside the profile's own for the type.
    """

    metric: str
    address: Address
    type: Type
    unit: str = ""
    scale: float = 1.0
    times: list[str] = field(default_factory=list)
    add: list[Address] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    phase: str = field(default="", metadata={"help": "short for labels: {phase: …}"})
    function: Function | None = None
    order: Order | None = None
    mask: Pattern = 0
    sign_bit: Annotated[int, Range(0, 63)] | None = None
    map: dict[int, float] = field(default_factory=dict)
    otherwise: float | None = None
    wraps_at: float | None = None
    sentinels: list[Pattern] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the metric, its unit and its labels, and what its type can do."""
        try:
            metric = metric_named(self.metric)
        except ValueError as error:
            message = f"metric: {error}"
            raise ValueError(message) from None
        self._check_labels(metric)
        if bool(self.unit) == bool(self.map):
            message = "unit: expected a unit, or a map of raw values"
            raise ValueError(message)
        if self.unit:
            check_unit(self.metric, self.unit)
        if self.scale == 0:
            message = "scale: expected a number other than 0"
            raise ValueError(message)
        if self.wraps_at is not None and metric.type != "counter":
            message = f"wraps_at: {self.metric} is no counter"
            raise ValueError(message)
        _check_mask(self.type, self.mask)
        if self.sign_bit is not None and (
            self.type.startswith(("int", "float")) or self.sign_bit >= 16 * WIDTHS[self.type]
        ):
            message = f"sign_bit: {self.type} has a sign of its own, or not so many bits"
            raise ValueError(message)

    def _check_labels(self, metric: Metric) -> None:
        wanted = {name for name in metric.labels if name not in IDENTITY}
        given = set(self.all_labels())
        if self.phase and "phase" not in wanted:
            message = f"phase: {self.metric} has no phase"
            raise ValueError(message)
        # A transmitter that is all sensor is named by the config alone; the profile checks that.
        if given - wanted or wanted - given - {"sensor"}:
            message = f"labels: {self.metric} needs {', '.join(sorted(wanted)) or 'no labels'}"
            raise ValueError(message)

    def all_labels(self) -> dict[str, str]:
        """Return the labels, the phase among them."""
        return self.labels | ({"phase": self.phase} if self.phase else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The register map of a device and how it may be read.

    `max_registers` is the most one read may ask for (at most 125 by the standard; many devices take
    less), `max_gap` how many registers nobody wants are read along rather than asking twice,
    `unreadable` addresses no read may touch. `order` says how wider values lie. `sentinels` are "no
    value" by type, as raw bit patterns. With `sunspec`, the device is asked where it keeps one of
    these models, and addresses count from the model's beginning.
    """

    protocol: Literal["modbus"]
    title: str
    kind: Kind = "meter"
    source: str
    registers: list[Register]
    factors: dict[str, Factor] = field(default_factory=dict)
    function: Function = "input"
    order: Order = "ABCD"
    max_registers: Annotated[int, Range(1, 125)] = 60
    max_gap: Annotated[int, Range(0, 124)] = 16
    unreadable: list[Span] = field(default_factory=list)
    sentinels: dict[Type, list[Pattern]] = field(default_factory=dict)
    sunspec: list[Annotated[int, Range(1, 65534)]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check that there is something to read, that nothing is read twice, and that it can be."""
        if not self.registers:
            message = "registers: a profile without registers reads nothing"
            raise ValueError(message)
        for at, cell in self._named_cells():
            if cell.end > _REGISTERS:
                message = f"{at}: ends beyond address 65535"
                raise ValueError(message)
            if cell.notation.words > self.max_registers:
                message = "max_registers: smaller than one of the values"
                raise ValueError(message)
            if any(span.start < cell.end and cell.address < span.stop for span in self.unreadable):
                message = f"{at}: is among the addresses said to be unreadable"
                raise ValueError(message)
        seen: set[tuple[str, str]] = set()
        for number, register in enumerate(self.registers):
            self._check_register(f"registers[{number}]", register, seen)
        unused = set(self.factors) - {
            name for register in self.registers for name in register.times
        }
        if unused:
            message = f"factors: no register names {', '.join(sorted(unused))}"
            raise ValueError(message)
        if self.sunspec and self.function != "holding":
            message = "function: SunSpec devices have holding registers"
            raise ValueError(message)

    def _check_register(self, at: str, register: Register, seen: set[tuple[str, str]]) -> None:
        family = metric_named(register.metric).subsystem
        labels = register.all_labels()
        if family not in FAMILIES[self.kind]:
            message = f"{at}.metric: {register.metric} is not a metric of a {self.kind}"
            raise ValueError(message)
        if family == "sensor" and ("sensor" in labels) != (self.kind != "sensor"):
            message = (
                f"{at}.labels: the sensor of a {self.kind} is named by"
                f" {'its config' if self.kind == 'sensor' else 'a label'}"
            )
            raise ValueError(message)
        for name in register.times:
            if name not in self.factors:
                message = (
                    f"{at}.times: no factor {name!r}; expected one of"
                    f" {', '.join(self.factors) or '(none)'}"
                )
                raise ValueError(message)
        key = (
            register.metric,
            ",".join(f"{name}={value}" for name, value in sorted(labels.items())),
        )
        if key in seen:
            message = f"{at}: {' '.join(key).strip()} is there twice"
            raise ValueError(message)
        seen.add(key)

    def _named_cells(self) -> Iterator[tuple[str, Cell]]:
        for number, register in enumerate(self.registers):
            yield from ((f"registers[{number}]", cell) for cell in self.cells_of(register))
        for name, factor in self.factors.items():
            yield from ((f"factors.{name}", cell) for cell in self.cells_of(factor))

    def cells_of(self, what: Register | Factor) -> Iterator[Cell]:
        """Yield the cells of a value or a factor: none, one, or several that are added."""
        patterns = (*what.sentinels, *self.sentinels.get(what.type, ()))
        bits = 16 * WIDTHS[what.type]
        notation = Notation(
            type=what.type,
            order=what.order or self.order,
            mask=what.mask,
            sentinels=frozenset(pattern & ((1 << bits) - 1) for pattern in patterns),
            sign_bit=what.sign_bit if isinstance(what, Register) else None,
        )
        function = FUNCTIONS[what.function or self.function]
        for address in self._addresses(what):
            yield Cell(function=function, address=address, notation=notation)

    @staticmethod
    def _addresses(what: Register | Factor) -> Sequence[int]:
        if isinstance(what, Register):
            return (what.address, *what.add)
        return () if what.address is None else (what.address,)


def _check_mask(type: Type, mask: int) -> None:
    if mask and (not type.startswith("uint") or not 0 < mask < 1 << 16 * WIDTHS[type]):
        message = f"mask: expected some bits of an unsigned type, not {mask:#x} of {type}"
        raise ValueError(message)
    if mask and not re.fullmatch("0b1+0*", bin(mask)):
        message = f"mask: expected neighbouring bits such as 0x00F0, got {mask:#x}"
        raise ValueError(message)


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Load a Modbus profile by its name; raises ConfigError or Problems."""
    return load(name, "modbus", Profile, folder)
