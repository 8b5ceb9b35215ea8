"""Tells volts from watts and volt-amperes among columns that look alike. Pure, no I/O.

398 may be a voltage between phases or the power of an outlet. Three relations tell them apart:
volts times amperes are volt-amperes, watts are not more than those, and all rows keep to both.
Where no relation holds, a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from collectors.facility.snmp.guess import CURRENT, POWER, VOLTS, Guess, scaled

_TOLERANCE: Final = 0.03
_AMPERES: Final = (0.05, 100.0)
_LEAST_DIGITS: Final = 10
"""The least raw number of a current: a smaller one is rounded too coarsely for a relation."""
_STEPS: Final = (1, 10, 100, 1000)
_POWER_STEPS: Final = (1, 10)
_LEAST_FACTOR: Final = 0.2
_NOMINAL: Final = (120.0, 208.0, 230.0, 240.0, 400.0)
_ALIKE: Final = 0.05
_PAIR, _PHASES = 2, 3

Numbers = Mapping[str, Sequence[float]]
"""The numbers of each column, in the same order of rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relations:
    """What relations say of columns: a guess in place of the first, or a question."""

    guesses: Mapping[str, Guess]
    questions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Product:
    """Volts times amperes are a third column, with a greatest relative error.

    Of two that fit alike (0.96 A and 222 VA, or 0.096 A and 22.2 VA), the coarser steps come first.
    """

    error: float
    volts: str
    amperes: str
    ampere_step: int
    product: str
    product_step: int


def relate(numbers: Numbers, guesses: Mapping[str, Guess | None]) -> Relations:
    """Look for relations among the columns of one table that are taken for a mains voltage."""
    volts = [one for one in numbers if _is(guesses.get(one), VOLTS)]
    if len(volts) < _PAIR:
        return Relations(guesses={}, questions={})
    found = min(_products(numbers, guesses, volts), default=None)
    return _ask(numbers, guesses, volts) if found is None else _told(numbers, volts, found)


def _is(guess: Guess | None, kind: Guess) -> bool:
    return guess is not None and guess.what == kind.what and not guess.text


def _products(
    numbers: Numbers, guesses: Mapping[str, Guess | None], volts: Sequence[str]
) -> Iterator[_Product]:
    for one in volts:
        guess = guesses[one]
        assert guess is not None
        scale = float(guess.scale)
        for current in numbers:
            if current in volts or min(map(abs, numbers[current])) < _LEAST_DIGITS:
                continue
            for step in _STEPS:
                amperes = [number / step for number in numbers[current]]
                if not all(_AMPERES[0] <= number <= _AMPERES[1] for number in amperes):
                    continue
                products = [u * scale * i for u, i in zip(numbers[one], amperes, strict=True)]
                for other in volts:
                    for power_step in _POWER_STEPS if other != one else ():
                        error = max(
                            abs(product - raw / power_step) / product if product else 1.0
                            for product, raw in zip(products, numbers[other], strict=True)
                        )
                        if error <= _TOLERANCE:
                            yield _Product(
                                error=round(error, 6),
                                volts=one,
                                amperes=current,
                                ampere_step=step,
                                product=other,
                                product_step=power_step,
                            )


def _told(numbers: Numbers, volts: Sequence[str], found: _Product) -> Relations:
    """Name the current, the apparent power, and the power that is not more than it."""
    apparent = numbers[found.product]
    power = [
        one
        for one in volts
        if one not in (found.volts, found.product)
        and all(
            _LEAST_FACTOR * most <= watts <= (1 + _TOLERANCE) * most
            for watts, most in zip(numbers[one], apparent, strict=True)
        )
    ]
    product = f"column {found.volts} x column {found.amperes}"
    questions = {found.product: f"VA? It is {product}; or W at a power factor of 1"}
    guesses = {found.amperes: scaled(CURRENT, found.ampere_step)}
    if len(power) == 1:
        guesses[power[0]] = scaled(POWER, found.product_step)
        questions[found.product] = f"VA? It is {product}"
    else:
        questions |= dict.fromkeys(power, f"W or V? It is not more than {product}")
    return Relations(guesses=guesses, questions=questions)


def _ask(numbers: Numbers, guesses: Mapping[str, Guess | None], volts: Sequence[str]) -> Relations:
    """Ask about whole numbers of a single row, but for the one that is nearest to a usual voltage.

    Three or more numbers that are nearly alike are the phases of one supply.
    """
    whole = [one for one in volts if (guess := guesses[one]) and guess.scale == "1"]
    if len(whole) < _PAIR or any(len(numbers[one]) != 1 for one in whole):
        return Relations(guesses={}, questions={})
    values = {one: numbers[one][0] for one in whole}
    if len(values) >= _PHASES and max(values.values()) <= (1 + _ALIKE) * min(values.values()):
        return Relations(guesses={}, questions={})
    nearest = min(values, key=lambda one: min(abs(values[one] / n - 1) for n in _NOMINAL))
    return Relations(guesses={}, questions={one: "V, W or VA?" for one in values if one != nearest})
