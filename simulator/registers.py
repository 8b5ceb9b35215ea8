"""Fill a Modbus device's registers by the profile that the collector reads it by.

Scale factors and transformer ratios are chosen so that the largest values fit their registers, as
is done when a meter is commissioned.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from collectors.facility.modbus.register import FUNCTIONS
from collectors.facility.modbus.sunspec import BASES, LAST, MARK
from collectors.facility.profile import metric_named
from collectors.facility.units import UNITS
from simulator.measures import measure

if TYPE_CHECKING:
    from collectors.facility.modbus.numbers import Notation
    from collectors.facility.modbus.profile import Profile
    from collectors.facility.modbus.register import Factor, Register
    from simulator.measures import Measure, State

_EXPONENTS: Final = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 6)
_RATIOS: Final = (1, 2, 5, 10, 20, 40, 100, 200, 400, 1000)
_PHASES: Final = 3
_DIGITS: Final = 4  # decimal digits that a register of the decimal types holds


class RegisterMap:
    """The contents of a device's registers, given its measurements.

    `peak` has the largest values that it will ever measure. `volts_ratio` is that of the voltage
    transformers before it; 1 where there are none.
    """

    def __init__(self, profile: Profile, peak: State, *, volts_ratio: int = 1) -> None:
        self._profile = profile
        self._base = BASES[0] + len(MARK) if profile.sunspec else 0
        self.phases = (
            1
            if {one.all_labels().get("phase", "L1") for one in profile.registers} == {"L1"}
            else _PHASES
        )
        self._measures = [
            measure(metric_named(one.metric), one.all_labels(), self.phases)
            for one in profile.registers
        ]
        self._factors = dict.fromkeys(profile.factors, 0)
        for register, what in zip(profile.registers, self._measures, strict=True):
            if what.quantity == "volts":
                transformers = (one for one in register.times if not profile.factors[one].exponent)
                self._factors |= dict.fromkeys(transformers, _RATIOS.index(volts_ratio))
        self._choose_factors(peak)
        self.ratios = {
            name: self.factor(name) for name, one in profile.factors.items() if one.address is None
        }
        """Factors that the device does not give itself: for the config."""

    def spans(self) -> dict[int, tuple[int, int]]:
        """Return, by function code, the first address and the one after the last."""
        ends: dict[int, list[int]] = {}
        for function, address, words in self._cells():
            ends.setdefault(function, []).extend((address, address + words))
        if self._profile.sunspec:
            ends[FUNCTIONS["holding"]] += [BASES[0], max(ends[FUNCTIONS["holding"]]) + 2]
        return {function: (min(found), max(found)) for function, found in ends.items()}

    def words(self, state: State) -> dict[tuple[int, int], int]:
        """Return the contents of each register, by function code and address."""
        found: dict[tuple[int, int], int] = {}
        for register, what in zip(self._profile.registers, self._measures, strict=True):
            cells = list(self._profile.cells_of(register))
            raw = self.raw(register, what, state)
            shares = _shares(raw, len(cells), floating=register.type.startswith("float"))
            for cell, share in zip(cells, shares, strict=True):
                self._put(found, cell.function, cell.address, cell.notation, share)
        for name, factor in self._profile.factors.items():
            for cell in self._profile.cells_of(factor):
                self._put(found, cell.function, cell.address, cell.notation, self._raw_factor(name))
        if self._profile.model is not None:
            key = (self._profile.model_function, self._base + self._profile.model.address)
            found[key] = self._profile.model.numbers[0].start
        if self._profile.sunspec:
            holding = FUNCTIONS["holding"]
            end = self.spans()[holding][1] - 2
            header = (*MARK, self._profile.sunspec[0], end - self._base - 2)
            found |= {(holding, BASES[0] + place): word for place, word in enumerate(header)}
            found |= {(holding, end): LAST, (holding, end + 1): 0}
        return found

    def raw(self, register: Register, what: Measure, state: State) -> float:
        """Return the number for a measurement: a counter shows whole steps, else the nearest."""
        value = what.of(state)
        if register.map:
            return min(register.map, key=lambda raw: abs(register.map[raw] - value))
        unit = UNITS[register.unit]
        number = (value - unit.offset) / unit.factor / register.scale
        for name in register.times:
            number /= self.factor(name)
        if register.type.startswith("float"):
            return number
        return (
            math.floor(number + 1e-9)
            if metric_named(register.metric).type == "counter"
            else round(number)
        )

    def _cells(self) -> Iterator[tuple[int, int, int]]:
        everything: tuple[Register | Factor, ...] = (
            *self._profile.registers,
            *self._profile.factors.values(),
        )
        for what in everything:
            for cell in self._profile.cells_of(what):
                yield cell.function, self._base + cell.address, cell.notation.words
        if self._profile.model is not None:
            yield self._profile.model_function, self._base + self._profile.model.address, 1

    def _put(
        self,
        words: dict[tuple[int, int], int],
        function: int,
        address: int,
        notation: Notation,
        number: float,
    ) -> None:
        most = _most(notation)
        raw = notation.write(min(max(number, -most), most) if math.isfinite(most) else number)
        for place, word in enumerate(struct.unpack(f">{notation.words}H", raw)):
            key = (function, self._base + address + place)
            words[key] = words.get(key, 0) | word if notation.mask else word

    def _candidates(self, name: str) -> tuple[int, ...]:
        return _EXPONENTS if self._profile.factors[name].exponent else _RATIOS

    def factor(self, name: str) -> float:
        """Return the value of a factor."""
        chosen = self._candidates(name)[self._factors[name]]
        return 10.0**chosen if self._profile.factors[name].exponent else float(chosen)

    def _raw_factor(self, name: str) -> float:
        """Return the content of its register."""
        factor: Factor = self._profile.factors[name]
        chosen = self._candidates(name)[self._factors[name]]
        return chosen - factor.bias if factor.exponent else round(chosen / factor.scale)

    def _choose_factors(self, peak: State) -> None:
        """Make each factor as fine as the largest values allow."""
        for register, what in zip(self._profile.registers, self._measures, strict=True):
            (most, *_) = (_most(cell.notation) for cell in self._profile.cells_of(register))
            while abs(self.raw(register, what, peak)) > most:
                coarser = [
                    name
                    for name in register.times
                    if self._factors[name] + 1 < len(self._candidates(name))
                ]
                if not coarser:
                    break
                self._factors[min(coarser, key=lambda name: self._factors[name])] += 1


def _shares(raw: float, count: int, *, floating: bool) -> list[float]:
    """Split a number over the registers that are added up, as a meter of two tariffs does."""
    part = raw / (count + 1) if floating else raw // (count + 1)
    return [raw - part * (count - 1), *[part] * (count - 1)]


def _most(notation: Notation) -> float:
    """Return the largest number a notation can hold."""
    if notation.mask:
        return notation.mask // (notation.mask & -notation.mask)
    bits = 16 * notation.words
    if notation.type.startswith("float"):
        return math.inf
    if notation.type.startswith(("bcd", "mod10")):
        return float(10 ** (_DIGITS * notation.words) - 1)
    return float(
        2
        ** (bits - 1 if notation.type.startswith("int") or notation.sign_bit is not None else bits)
        - 1
    )


def ratios_text(ratios: Mapping[str, float]) -> str:
    """Return ratios as a config writes them; an empty text where there are none."""
    inside = ", ".join(f"{name}: {value:g}" for name, value in ratios.items())
    return f", ratios: {{{inside}}}" if inside else ""
