"""How an object of a simulated device shows a measurement: unit, scale, digits, register width."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from collectors.facility.profile import metric_named
from collectors.facility.snmp.reading import Reading
from collectors.facility.units import UNITS
from simulator import ber
from simulator.measures import FIXED, Measure, State
from simulator.samples import samples

_MAX_INTEGER: Final = 2**31 - 1
_MAX_GAUGE: Final = 2**32 - 1
TEXT_DIGITS: Final = 2


class States(NamedTuple):
    """The meanings of a state's raw numbers for one metric: listed ones, and all others."""

    what: Measure
    mapped: Mapping[int, float]
    otherwise: float | None
    mask: int = 0
    """The bits of the object that are the state; 0: all."""

    @property
    def known(self) -> Iterator[int]:
        """The possible raw numbers; the last one stands for all that are not listed."""
        yield from self.mapped
        if self.otherwise is not None:
            yield max(self.mapped) + 1

    def fits(self, raw: int, state: State) -> bool:
        """Return whether a raw number means the measured value."""
        return self.mapped.get(raw, self.otherwise) == self.what.of(state)


@dataclass(frozen=True, slots=True)
class Shown:
    """One object that shows a measurement: `raw = value * factor + offset`."""

    what: Measure
    factor: float
    offset: float
    counts: bool
    bits: int
    text: bool
    states: tuple[States, ...] = ()
    around: tuple[str, str] = ("", "")
    """What stands before and behind the number of a text."""
    words: tuple[str, ...] = ()
    """The texts of a state, by its number."""

    @property
    def step(self) -> float:
        """The change of the value, in base units, when the register changes by one."""
        return abs(1 / self.factor) / (10**TEXT_DIGITS if self.text else 1)

    def raw(self, state: State) -> float:
        """Return the number the device would send.

        A counter shows complete steps; any other object shows the nearest number.
        """
        if self.states:
            return sum(self._state(mask, state) for mask in {one.mask for one in self.states})
        number = self.what.of(state) * self.factor + self.offset
        if self.text:
            return round(number, TEXT_DIGITS)
        whole = math.floor(number + 1e-9) if self.counts else round(number)
        return whole % 2**self.bits if self.bits else whole

    def _state(self, mask: int, state: State) -> int:
        """Return the number of the states in some bits, at the place of these bits."""
        states = [one for one in self.states if one.mask == mask]
        known = dict.fromkeys(raw for one in states for raw in one.known)
        best = max(known, key=lambda raw: sum(one.fits(raw, state) for one in states))
        return best * (mask & -mask or 1)

    @property
    def is_fixed(self) -> bool:
        """Whether it always shows the same: states that no measurement decides."""
        return bool(self.states) and all(one.what.quantity in FIXED for one in self.states)

    def said(self, state: State) -> str | None:
        """Return the text the device would send; None if it sends a number."""
        return self._said(self.raw(state))

    def _said(self, number: float) -> str | None:
        if self.words:
            return self.words[int(number)]
        before, after = self.around
        return f"{before}{number:.{TEXT_DIGITS}f}{after}" if self.text else None

    def encode(self, state: State) -> bytes:
        """Return the value in BER."""
        number = self.raw(state)
        text = self._said(number)
        if text is not None:
            return ber.text(text)
        whole = int(number)
        if -_MAX_INTEGER <= whole <= _MAX_INTEGER:
            return ber.integer(whole)
        return (
            ber.gauge(whole)
            if 0 < whole <= _MAX_GAUGE
            else ber.integer(whole % 2**64, ber.COUNTER64)
        )


def shown_by(reading: Reading, what: Measure, names: Mapping[str, str], own: str = "") -> Shown:
    """Return how a reading's object shows a measurement; `names` has the row's texts by column.

    `own` is a text with which the row was chosen by the object itself: the number stands in it.
    """
    counts = metric_named(reading.metric).type == "counter"
    if reading.map:
        states = (States(what, reading.map, reading.otherwise, reading.mask),)
        return Shown(what, 1.0, 0.0, counts=False, bits=0, text=reading.text, states=states)
    if reading.words:
        mapped = dict(enumerate(reading.words.values()))
        words = (*reading.words, *(["another"] if reading.otherwise is not None else []))
        return Shown(
            what,
            1.0,
            0.0,
            counts=False,
            bits=0,
            text=True,
            states=(States(what, mapped, reading.otherwise),),
            words=words,
        )
    unit = UNITS[names[reading.unit_column] if reading.unit_column else reading.unit]
    scale = reading.scale * unit.factor
    if reading.digits_column:
        scale /= 10 ** int(names[reading.digits_column])
    if reading.divisor_column:
        scale /= int(names[reading.divisor_column])
    if reading.scale_column:
        by = int(names[reading.scale_column])
        scale *= by if by > 0 else 1 / -by
    return Shown(
        what,
        1 / scale,
        -unit.offset / scale,
        counts=counts,
        bits=reading.bits or reading.signed or 0,
        text=reading.text or reading.extract is not None,
        around=_around(reading, own),
    )


def _around(reading: Reading, own: str) -> tuple[str, str]:
    """Return a text that the reading's pattern fits, without its number."""
    if reading.extract is None:
        return "", ""
    for text in (own, *samples(reading.extract)):
        found = reading.extract.search(text)
        if found is not None:
            return text[: found.start(1)], text[found.end(1) :]
    return "", ""
