"""Turns a register map into reads, and registers into readings. Pure, no I/O.

`plan_of` groups a profile's registers into as few reads as its limits allow. `numbers_in` extracts
the numbers from the registers of one read. `evaluate` turns all numbers of a round into values in
base units. Both of these raise only `BadReply`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply, Metric
from collectors.facility.modbus.numbers import modulus
from collectors.facility.profile import metric_named
from collectors.facility.units import UNITS, exact

if TYPE_CHECKING:
    from collectors.facility.modbus.profile import Kind, Profile
    from collectors.facility.modbus.register import Cell, Factor, Model, Register

_MAX_DIGITS: Final = 12  # a greater power of ten is not a valid scale factor

Numbers = dict[int, float | None]
"""The numbers of a round by the number of the cell; None if the device reports no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One read: a function code, an address, a count, and the cells in it."""

    function: int
    address: int
    count: int
    cells: tuple[tuple[int, Cell], ...]

    @classmethod
    def around(cls, cells: Sequence[tuple[int, Cell]]) -> Block:
        """Return the smallest read that contains these cells."""
        first = min(cell.address for _, cell in cells)
        end = max(cell.end for _, cell in cells)
        return cls(
            function=cells[0][1].function, address=first, count=end - first, cells=tuple(cells)
        )

    def halves(self) -> tuple[Block, ...]:
        """Return two smaller reads of the same cells, split at the widest gap.

        Empty if it cannot be split.
        """
        best, end = (0, 0, 0), 0
        for number, (_, cell) in enumerate(self.cells):
            if number and cell.address >= end:
                # Among equal gaps the middle one is taken. So a refused register is found with the
                # fewest reads.
                best = max(
                    best, (cell.address - end + 1, -abs(2 * number - len(self.cells)), number)
                )
            end = max(end, cell.end)
        at = best[2]
        return (Block.around(self.cells[:at]), Block.around(self.cells[at:])) if at else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a factor is calculated: from a cell of the device, or given by the config (`fixed`)."""

    cell: int | None
    scale: Fraction
    exponent: bool
    bias: int
    fixed: Fraction | None

    def value(self, numbers: Mapping[int, float | None]) -> Fraction | None:
        """Return the factor, or None if the device has no valid factor.

        Raises KeyError if its cell was not read.
        """
        if self.fixed is not None:
            return self.fixed
        assert self.cell is not None
        raw = numbers[self.cell]
        if raw is None:
            return None
        if self.exponent:
            digits = int(raw) + self.bias
            return Fraction(10) ** digits if abs(digits) <= _MAX_DIGITS else None
        # A ratio of 0 was never set in the device, so it is not a factor.
        return exact(raw) * self.scale if raw > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """How cells become one reading: `(raw * multiplier * factors + offset) / divisor`.

    The division comes last, so that 123 tenths are exactly 12.3.
    """

    metric: Metric
    labels: Mapping[str, str]
    cells: tuple[int, ...]
    times: tuple[Scale, ...]
    multiplier: int
    offset: int
    divisor: int
    mapped: Mapping[float, float]
    otherwise: float | None
    wraps_at: float | None
    """The raw value at which a counter wraps to 0; None if it does not wrap or this is unknown."""

    @property
    def phase(self) -> str:
        """Its phase, or an empty text."""
        return self.labels.get("phase", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All reads of a device in a round, and the values made from them.

    With `sunspec`, addresses count from the start of one of these models in the device.
    `model_function` is the function code that `model` is read with.
    """

    kind: Kind
    sunspec: tuple[int, ...]
    model: Model | None
    model_function: int
    blocks: tuple[Block, ...]
    values: tuple[Value, ...]


def plan_of(profile: Profile, ratios: Mapping[str, float] | None = None) -> Plan:
    """Make the plan of a profile; `ratios` replace the factors of the same names.

    Raises ValueError for a missing or unknown ratio.
    """
    ratios = ratios or {}
    for name in ratios:
        if name not in profile.factors:
            message = (
                f"no factor {name!r}; expected one of {', '.join(profile.factors) or '(none)'}"
            )
            raise ValueError(message)
    cells: list[Cell] = []

    def numbered(what: Register | Factor) -> tuple[int, ...]:
        begin = len(cells)
        cells.extend(profile.cells_of(what))
        return tuple(range(begin, len(cells)))

    scales: dict[str, Scale] = {}
    for name, factor in profile.factors.items():
        fixed = exact(ratios[name]) if name in ratios else None
        if fixed is None and factor.address is None:
            message = f"missing {name}: this device does not report it"
            raise ValueError(message)
        cell = numbered(factor)[0] if fixed is None else None
        scales[name] = Scale(
            cell=cell,
            scale=exact(factor.scale),
            exponent=factor.exponent,
            bias=factor.bias,
            fixed=fixed,
        )
    values = tuple(_value(register, numbered(register), scales) for register in profile.registers)
    blocks = tuple(_blocks(profile, cells))
    return Plan(
        kind=profile.kind,
        sunspec=tuple(profile.sunspec),
        model=profile.model,
        model_function=profile.model_function,
        blocks=blocks,
        values=values,
    )


def _value(register: Register, cells: tuple[int, ...], scales: Mapping[str, Scale]) -> Value:
    metric = metric_named(register.metric)
    factor, shift = exact(register.scale), Fraction(0)
    if register.unit:
        unit = UNITS[register.unit]
        factor, shift = factor * exact(unit.factor), exact(unit.offset)
    divisor = math.lcm(factor.denominator, shift.denominator)
    wraps_at = register.wraps_at
    if wraps_at is None and metric.type == "counter" and not (register.mask or register.add):
        wraps_at = modulus(register.type)
    return Value(
        metric=metric,
        labels=register.all_labels(),
        cells=cells,
        times=tuple(scales[name] for name in register.times),
        multiplier=int(factor * divisor),
        offset=int(shift * divisor),
        divisor=divisor,
        mapped={float(raw): number for raw, number in register.map.items()},
        otherwise=register.otherwise,
        wraps_at=wraps_at or None,
    )


def _blocks(profile: Profile, cells: Sequence[Cell]) -> Iterator[Block]:
    """Group cells into as few reads as the profile's limits allow."""
    group: list[tuple[int, Cell]] = []
    first = end = 0
    for number, cell in sorted(
        enumerate(cells), key=lambda item: (item[1].function, item[1].address, item[1].end)
    ):
        fits = (
            group
            and cell.function == group[0][1].function
            and cell.address - end <= profile.max_gap
            and max(cell.end, end) - first <= profile.max_registers
            and not any(
                span.start < cell.address and end <= span.start for span in profile.unreadable
            )
        )
        if fits:
            group.append((number, cell))
            end = max(end, cell.end)
            continue
        if group:
            yield Block.around(group)
        group, first, end = [(number, cell)], cell.address, cell.end
    yield Block.around(group)


def numbers_in(block: Block, registers: Sequence[int]) -> Iterator[tuple[int, float | None]]:
    """Yield the number of each cell of a block; None if the device reports no value.

    Raises BadReply.
    """
    if len(registers) != block.count:
        raise BadReply(
            f"asked for {block.count} registers at {block.address}, got {len(registers)}"
        )
    try:
        raw = struct.pack(f">{block.count}H", *registers)
    except struct.error:
        raise BadReply(f"a register at {block.address} is not 16 bits wide") from None
    for number, cell in block.cells:
        start = 2 * (cell.address - block.address)
        yield number, cell.notation.read(raw[start : start + 2 * cell.words])


def evaluate(
    values: Sequence[Value], numbers: Mapping[int, float | None]
) -> Iterator[tuple[int, float | None]]:
    """Yield the index and the number, in base units, of every value that a round has read.

    The number is None if the device reports no value.
    """
    for place, value in enumerate(values):
        try:
            parts = [numbers[cell] for cell in value.cells]
            factors = [scale.value(numbers) for scale in value.times]
        except KeyError:  # not read in this round
            continue
        yield place, _evaluated(value, parts, factors)


def _evaluated(
    value: Value, parts: Sequence[float | None], factors: Sequence[Fraction | None]
) -> float | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    raw = sum(known)
    if value.mapped:
        return value.mapped.get(raw, value.otherwise)
    multiplier, offset, divisor = value.multiplier, value.offset, value.divisor
    for factor in factors:
        if factor is None:
            return None
        multiplier *= factor.numerator
        offset *= factor.denominator
        divisor *= factor.denominator
    try:
        number = (raw * multiplier + offset) / divisor
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def span_of(value: Value, numbers: Mapping[int, float | None]) -> float | None:
    """Return the value at which a counter wraps to 0, in its base unit.

    None if it does not wrap or this is not known yet.
    """
    if value.wraps_at is None:
        return None
    try:
        factors = [scale.value(numbers) for scale in value.times]
    except KeyError:
        return None
    return _evaluated(value, [value.wraps_at], factors)
