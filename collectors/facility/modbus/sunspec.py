"""Finds the models of a SunSpec device. Pure.

A device's register map begins with `SunS` at one of three addresses. Then come models, each with
its number and its length. The last one has the number 0xFFFF. Source: SunSpec Device Information
Model Specification.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from typing import Final

from collectors.base import BadReply
from collectors.facility.modbus.frame import ExceptionAnswer

BASES: Final = (40000, 50000, 0)
MARK: Final = (0x5375, 0x6E53)  # SunS
LAST: Final = 0xFFFF
_MOST_MODELS: Final = 100
_END: Final = 1 << 16


def find_model(models: Collection[int]) -> Generator[tuple[int, int], Sequence[int], int]:
    """Yield each read of holding registers as (address, count), and return the model's start.

    The caller sends the registers back, or throws an ExceptionAnswer in. Raises BadReply if the
    device has none of the models.
    """
    base = yield from _find_mark()
    address = base + len(MARK)
    seen: list[str] = []
    while len(seen) < _MOST_MODELS and address + 2 <= _END:
        model, length = yield address, 2
        if model in models:
            return address
        if model == LAST:
            break
        seen.append(str(model))
        address += 2 + length
    wanted = ", ".join(map(str, models))
    raise BadReply(f"no SunSpec model {wanted}; the device has {', '.join(seen) or 'none'}")


def _find_mark() -> Generator[tuple[int, int], Sequence[int], int]:
    for base in BASES:
        try:
            registers = yield base, len(MARK)
        except ExceptionAnswer:
            continue
        if tuple(registers) == MARK:
            return base
    raise BadReply(f"not a SunSpec device: no SunS at {', '.join(map(str, BASES))}")
