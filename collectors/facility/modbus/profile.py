"""The model of a Modbus device profile: the meaning of each register, and limits of the reads.

A register has 16 bits. Addresses count from 0, as in a request, and not from 30001 or 40001 as in
the older notation. `docs/modbus.md` describes profiles with examples.
`collectors.facility.modbus.plan` turns a profile into reads and readings.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from collectors.facility.custom_metric import CustomMetric
from collectors.facility.masks import Pattern
from collectors.facility.modbus.numbers import WIDTHS, Notation, Order, Type, extremes
from collectors.facility.modbus.register import (
    ADDRESS_COUNT,
    FUNCTIONS,
    Address,
    Cell,
    Factor,
    Function,
    Model,
    Register,
    Span,
)
from collectors.facility.profile import load, metric_named
from collectors.strict import Range, Regex

Kind = Literal["meter", "pdu", "ups", "cooling", "ats", "dcplant", "generator", "sensor"]
FAMILIES: Final[dict[Kind, tuple[str, ...]]] = {
    "meter": ("meter",),
    "pdu": ("pdu", "sensor"),
    "ups": ("ups",),
    "cooling": ("cooling", "sensor"),
    "ats": ("ats", "sensor"),
    "dcplant": ("dcplant", "sensor"),
    "generator": ("generator", "sensor"),
    "sensor": ("sensor",),
}
"""The families of metrics that each kind of device may have: those whose labels its config gives.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelText:
    """The registers in which a maker's devices have their model as text, and a pattern for it."""

    address: Address
    function: Function = "holding"
    count: Annotated[int, Range(1, 125)]
    text: Regex

    def fits(self, registers: Sequence[int]) -> bool:
        """Tell whether registers hold this model; false for none."""
        octets = struct.pack(f">{len(registers)}H", *registers)
        return bool(self.text.search(octets.decode("ascii", "replace").strip("\0 ")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a device is recognised.

    `identification` fits what it says of itself (function 43), or its registers hold one of
    `texts`. A number is in the profile's `model`.
    """

    identification: Regex | None = None
    texts: list[ModelText] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The register map of a device, and the limits of its reads.

    `max_registers` is the most registers of one read. The standard allows 125; many devices allow
    fewer. `max_gap` is the most unused registers that a read may contain to save a second read.
    `unreadable` are addresses that no read may contain. `order` is the order of words and bytes in
    a number with several registers. `sentinels` are raw bit patterns for "no value", by type.
    `overflows` are the raw numbers from which on a positive number is "no value", by type. With
    `sunspec`, the agent finds one of these models in the device, and addresses count from its
    start.
    """

    protocol: Literal["modbus"]
    title: str
    kind: Kind = "meter"
    source: str
    match: Match | None = field(
        default=None, metadata={"help": "how `devices identify` recognises the device"}
    )
    registers: list[Register]
    metrics: dict[str, CustomMetric] = field(
        default_factory=dict, metadata={"help": "metrics of the profile's own, dc_custom_..."}
    )
    factors: dict[str, Factor] = field(default_factory=dict)
    function: Function = "input"
    order: Order = "ABCD"
    max_registers: Annotated[int, Range(1, 125)] = 60
    max_gap: Annotated[int, Range(0, 124)] = 16
    unreadable: list[Span] = field(default_factory=list)
    sentinels: dict[Type, list[Pattern]] = field(default_factory=dict)
    overflows: dict[Type, Pattern] = field(default_factory=dict)
    sunspec: list[Annotated[int, Range(1, 65534)]] = field(default_factory=list)
    model: Model | None = field(
        default=None, metadata={"help": "the register in which a device says what it is"}
    )

    def __post_init__(self) -> None:
        """Check that there are registers, that none is given twice, and that all can be read."""
        if not self.registers:
            message = "registers: a profile without registers reads nothing"
            raise ValueError(message)
        for at, cell in self._named_cells():
            if cell.end > ADDRESS_COUNT:
                message = f"{at}: ends beyond address 65535"
                raise ValueError(message)
            if cell.notation.words > self.max_registers:
                message = "max_registers: smaller than one of the values"
                raise ValueError(message)
            if any(span.start < cell.end and cell.address < span.stop for span in self.unreadable):
                message = f"{at}: is one of the unreadable addresses"
                raise ValueError(message)
        seen: set[tuple[str, str]] = set()
        for number, register in enumerate(self.registers):
            self._check_register(f"registers[{number}]", register, seen)
        unused = set(self.factors) - {
            name for register in self.registers for name in register.times
        }
        if unused:
            message = f"factors: no register uses {', '.join(sorted(unused))}"
            raise ValueError(message)
        if self.sunspec and self.function != "holding":
            message = "function: a SunSpec device needs holding"
            raise ValueError(message)

    def _check_register(self, at: str, register: Register, seen: set[tuple[str, str]]) -> None:
        family = metric_named(register.metric).subsystem
        labels = register.all_labels()
        if family not in (*FAMILIES[self.kind], "custom"):
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
            message = f"{at}: {' '.join(key).strip()} is given twice"
            raise ValueError(message)
        seen.add(key)

    @property
    def model_function(self) -> int:
        """The function code that `model` is read with."""
        return FUNCTIONS[(self.model and self.model.function) or self.function]

    def _named_cells(self) -> Iterator[tuple[str, Cell]]:
        for number, register in enumerate(self.registers):
            yield from ((f"registers[{number}]", cell) for cell in self.cells_of(register))
        for name, factor in self.factors.items():
            yield from ((f"factors.{name}", cell) for cell in self.cells_of(factor))

    def cells_of(self, what: Register | Factor) -> Iterator[Cell]:
        """Yield the cells of a value or a factor: none, one, or several whose numbers are added."""
        patterns = (*what.sentinels, *self.sentinels.get(what.type, ()))
        if isinstance(what, Register) and what.has_extremes():
            patterns = (*patterns, *extremes(what.type))
        bits = 16 * WIDTHS[what.type]
        notation = Notation(
            type=what.type,
            order=what.order or self.order,
            mask=what.mask,
            sentinels=frozenset(pattern & ((1 << bits) - 1) for pattern in patterns),
            overflow=self.overflows.get(what.type),
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


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Load a Modbus profile by its name; raises ConfigError or Problems."""
    return load(name, "modbus", Profile, folder)
