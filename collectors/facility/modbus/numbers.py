"""Reading and writing of numbers in Modbus registers: types, and orders of words and bytes. Pure.

A register has 16 bits. A wider number takes several registers, by default with the high word first.
Reading gives None for NaN, infinities and invalid decimal digits. The simulator writes numbers with
the same code that the collector reads them with.
"""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from collectors.facility.masks import masked

Type = Literal[
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float32",
    "float64",
    "float32_4q",
    "bcd16",
    "bcd32",
    "bcd48",
    "bcd64",
    "mod10_32",
    "mod10_48",
    "mod10_64",
]
"""`float32_4q` is Schneider's four-quadrant power factor. `bcd…` is packed decimal. `mod10_…` has
four decimal digits in each register."""
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
"""High word first; low word first; and the same two with the bytes of each word swapped."""

_FORMATS: Final[dict[Type, str]] = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "int64": ">q",
    "uint64": ">Q",
    "float32": ">f",
    "float32_4q": ">f",
    "float64": ">d",
}
_SINGLE: Final = struct.Struct(">f")
_MOD10: Final = 10_000  # the modulus of one register of the mod10 types; each has its own sign

WIDTHS: Final[dict[Type, int]] = {
    **{name: struct.calcsize(code) // 2 for name, code in _FORMATS.items()},
    "bcd16": 1,
    "bcd32": 2,
    "bcd48": 3,
    "bcd64": 4,
    "mod10_32": 2,
    "mod10_48": 3,
    "mod10_64": 4,
}
"""The number of registers that a number of each type takes."""

_SIGNED: Final[tuple[Type, ...]] = ("int16", "int32", "int64")
_UNSIGNED: Final[tuple[Type, ...]] = ("uint16", "uint32", "uint64")


def extremes(type: Type) -> frozenset[int]:
    """Return the bit patterns of the greatest and, if signed, the least number of a type.

    Devices send them for "no value". Empty for types that are not binary integers.
    """
    top = 1 << 16 * WIDTHS[type] - 1
    if type in _SIGNED:
        return frozenset((top - 1, top))
    return frozenset((2 * top - 1,)) if type in _UNSIGNED else frozenset()


def modulus(type: Type) -> int | None:
    """Return the raw value at which a counter of this type wraps to 0.

    None for signed and floating-point types: counters of these types do not wrap.
    """
    if type.startswith("uint"):
        return 1 << 16 * WIDTHS[type]
    if type.startswith(("bcd", "mod10")):
        return int(10 ** (4 * WIDTHS[type]))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How one number is written in its registers.

    `sentinels` are bit patterns that mean "no value", and so does each positive number from
    `overflow` on. `mask` selects some bits of an integer as a
    number. If the bit `sign_bit`, counted from the lowest one, is set, the rest is negative.
    """

    type: Type
    order: Order = "ABCD"
    sentinels: frozenset[int] = frozenset()
    overflow: int | None = None
    mask: int = 0
    sign_bit: int | None = None

    @property
    def words(self) -> int:
        """The number of registers that the number takes."""
        return WIDTHS[self.type]

    def read(self, raw: bytes) -> float | None:
        """Return the number in these `2 * words` bytes, or None if they hold no valid number.

        Integers stay integers.
        """
        if self.order != "ABCD":
            raw = self._arranged(raw)
        if not (self.sentinels or self.overflow or self.mask or self.sign_bit is not None):
            return _READERS[self.type](raw)
        pattern = int.from_bytes(raw, "big")
        if pattern in self.sentinels:
            return None
        if self.overflow and self.overflow <= pattern < 1 << (16 * self.words - 1):
            return None
        if self.mask:
            return masked(pattern, self.mask)
        if self.sign_bit is None:
            return _READERS[self.type](raw)
        negative = pattern >> self.sign_bit & 1
        number = _READERS[self.type]((pattern & ~(1 << self.sign_bit)).to_bytes(len(raw), "big"))
        return -number if number is not None and negative else number

    def write(self, number: float | None) -> bytes:
        """Return the bytes of a number, or those that mean "no value" for None.

        A counter beyond its width wraps.
        """
        if number is None:
            return self._arranged(self._nothing())
        if self.mask:
            return self._arranged(
                (int(number) * (self.mask & -self.mask) & self.mask).to_bytes(2 * self.words, "big")
            )
        if self.sign_bit is None or number >= 0:
            return self._arranged(_written(self.type, number))
        positive = int.from_bytes(_written(self.type, -number), "big")
        return self._arranged((positive | 1 << self.sign_bit).to_bytes(2 * self.words, "big"))

    def _nothing(self) -> bytes:
        length = 2 * self.words
        if self.sentinels:
            return min(self.sentinels).to_bytes(length, "big")
        if self.type.startswith("float"):
            return struct.pack(_FORMATS[self.type], math.nan)
        return b"\xff" * length if self.type.startswith("bcd") else bytes(length)

    def _arranged(self, raw: bytes) -> bytes:
        """Turn bytes from the device's order into high word first, or back."""
        if self.order in ("CDAB", "DCBA"):
            raw = b"".join(raw[i : i + 2] for i in range(len(raw) - 2, -1, -2))
        if self.order in ("BADC", "DCBA"):
            raw = b"".join(raw[i : i + 2][::-1] for i in range(0, len(raw), 2))
        return raw


def _signed(raw: bytes) -> int:
    return int.from_bytes(raw, "big", signed=True)


def _unsigned(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _single(raw: bytes) -> float | None:
    number: float = _SINGLE.unpack(raw)[0]
    return shortest(number) if math.isfinite(number) else None


def _single_4q(raw: bytes) -> float | None:
    number: float = _SINGLE.unpack(raw)[0]
    return shortest(unfolded(number)) if math.isfinite(number) else None


def _double(raw: bytes) -> float | None:
    number: float = struct.unpack(">d", raw)[0]
    return number if math.isfinite(number) else None


def _bcd(raw: bytes) -> int | None:
    digits = raw.hex()
    return int(digits) if digits.isdecimal() else None


def _mod10(raw: bytes) -> int | None:
    total = 0
    for (word,) in struct.iter_unpack(">h", raw):
        if abs(word) >= _MOD10:
            return None
        total = total * _MOD10 + word
    return total


_READERS: Final[dict[Type, Callable[[bytes], float | None]]] = {
    "int16": _signed,
    "int32": _signed,
    "int64": _signed,
    "uint16": _unsigned,
    "uint32": _unsigned,
    "uint64": _unsigned,
    "float32": _single,
    "float32_4q": _single_4q,
    "float64": _double,
    "bcd16": _bcd,
    "bcd32": _bcd,
    "bcd48": _bcd,
    "bcd64": _bcd,
    "mod10_32": _mod10,
    "mod10_48": _mod10,
    "mod10_64": _mod10,
}


def _written(type: Type, number: float) -> bytes:
    if type.startswith("float"):
        return struct.pack(_FORMATS[type], number)
    whole = round(number)
    wraps_at = modulus(type)
    if wraps_at is not None:
        whole %= wraps_at
    if type.startswith("bcd"):
        return bytes.fromhex(f"{whole:0{4 * WIDTHS[type]}d}")
    if type.startswith("mod10"):
        words = []
        for _ in range(WIDTHS[type]):
            whole, word = divmod(whole, _MOD10)
            words.append(word)
        return struct.pack(f">{len(words)}h", *reversed(words))
    return struct.pack(_FORMATS[type], whole)


def unfolded(register: float) -> float:
    """Return the power factor of a four-quadrant register.

    Beyond 1 and -1 the register counts backwards (Schneider, PM5500 manual).
    """
    if register > 1:
        return 2 - register
    return -2 - register if register < -1 else register


def shortest(number: float) -> float:
    """Return the shortest decimal with the same float32: 0.97, not 0.9700000286102295."""
    raw = _SINGLE.pack(number)
    # Nine digits distinguish all float32 numbers. Most of them need fewer.
    for digits in ("%.6g", "%.7g", "%.8g"):
        short = float(digits % number)
        with contextlib.suppress(OverflowError):  # the largest float32, rounded up
            if _SINGLE.pack(short) == raw:
                return short
    return number
