"""Tells volts, amperes, watts and volt-amperes among columns that look alike. Pure, no I/O.

398 may be a voltage between phases or the power of an outlet, and 1595 the watts of a phase or
15.95 degrees. Four relations tell them apart: volts times amperes are volt-amperes, watts are not
more than those, watts by volt-amperes are a power factor, and all rows keep to each. In a single
row a column of any size may fit by chance, so only columns that look like volts are compared there.
Where no relation holds, a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

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
_FACTOR_STEPS: Final = (100, 1000)
_FACTOR_TOLERANCE: Final = 0.015
_FACTORS: Final = (0.5, 1.03)
_EVEN: Final = 1.2
"""How much power factors of one table differ at most, for watts to be known by them."""
_UNEVEN: Final = 1.5
"""How much volts times amperes must differ from row to row, for an even share to be no chance."""

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


class _Pair(NamedTuple):
    """Volts and what may be amperes, with their products in the rows that draw a current."""

    volts: str
    amperes: str
    step: int
    rows: Sequence[int]
    products: Sequence[float]

    def shares(self, raw: Sequence[float], step: int) -> list[float]:
        """Return how much of each product a column has, counted in parts of `step`."""
        return [
            raw[row] / step / product if product else 0.0
            for row, product in zip(self.rows, self.products, strict=True)
        ]

    def gives(self, product: str, step: int, error: float) -> _Product:
        """Return the three columns."""
        return _Product(
            error=round(error, 6),
            volts=self.volts,
            amperes=self.amperes,
            ampere_step=self.step,
            product=product,
            product_step=step,
        )


def relate(numbers: Numbers, guesses: Mapping[str, Guess | None]) -> Relations:
    """Look for relations among the columns of one table of which one is taken for volts."""
    alike = [one for one in numbers if _is(guesses.get(one), VOLTS)]
    doubtful = [one for one in numbers if (said := guesses.get(one)) and not said.text]
    pairs = list(_pairs(numbers, guesses, alike))
    found = min(_products(numbers, pairs, alike, doubtful), default=None)
    if found is not None:
        return _told(numbers, guesses, found)
    share = min(_shares(numbers, pairs, doubtful), default=None)
    if share is not None:
        mended = {
            share.amperes: scaled(CURRENT, share.ampere_step),
            share.product: scaled(POWER, share.product_step),
        }
        return Relations(guesses=mended, questions={})
    if len(alike) < _PAIR:
        return Relations(guesses={}, questions={})
    return _ask(numbers, guesses, alike)


def _is(guess: Guess | None, kind: Guess) -> bool:
    return guess is not None and guess.what == kind.what and not guess.text


def _pairs(
    numbers: Numbers, guesses: Mapping[str, Guess | None], alike: Sequence[str]
) -> Iterator[_Pair]:
    """Yield volts with each column that may be amperes, in the rows that draw a current."""
    for one in alike:
        guess = guesses[one]
        assert guess is not None
        for current, raw in numbers.items():
            rows = [row for row, number in enumerate(raw) if abs(number) >= _LEAST_DIGITS]
            if current in alike or not rows or any(0 < abs(n) < _LEAST_DIGITS for n in raw):
                continue
            for step in _STEPS:
                amperes = [raw[row] / step for row in rows]
                if all(_AMPERES[0] <= number <= _AMPERES[1] for number in amperes):
                    volts = [numbers[one][row] * float(guess.scale) for row in rows]
                    products = [u * i for u, i in zip(volts, amperes, strict=True)]
                    yield _Pair(one, current, step, rows, products)


def _products(
    numbers: Numbers, pairs: Sequence[_Pair], alike: Sequence[str], doubtful: Sequence[str]
) -> Iterator[_Product]:
    """Yield each column that is the product of two others."""
    for pair in pairs:
        differ = max(pair.products) > (1 + _TOLERANCE) * min(pair.products)
        for other in doubtful if differ else alike:
            for step in _POWER_STEPS if other not in (pair.volts, pair.amperes) else ():
                shares = pair.shares(numbers[other], step)
                error = max(abs(1 - share) for share in shares)
                if error <= _TOLERANCE:
                    yield pair.gives(other, step, error)


def _shares(
    numbers: Numbers, pairs: Sequence[_Pair], doubtful: Sequence[str]
) -> Iterator[_Product]:
    """Yield each column that is an even share of the product of two others: watts."""
    for pair in pairs:
        if len(pair.rows) < _PHASES or max(pair.products) < _UNEVEN * min(pair.products):
            continue
        for other in doubtful:
            for step in _POWER_STEPS if other not in (pair.volts, pair.amperes) else ():
                shares = pair.shares(numbers[other], step)
                least, most = min(shares), max(shares)
                if _FACTORS[0] <= least and most <= min(_FACTORS[1], _EVEN * least):
                    yield pair.gives(other, step, most / least - 1)


def _told(numbers: Numbers, guesses: Mapping[str, Guess | None], found: _Product) -> Relations:
    """Name the current, the apparent power, the power that is not more than it, and its factor."""
    apparent = numbers[found.product]
    free = [one for one in numbers if one not in (found.volts, found.amperes, found.product)]
    below = [
        one
        for one in free
        if (said := guesses.get(one)) is not None
        and not said.text
        and all(
            _LEAST_FACTOR * most <= watts <= (1 + _TOLERANCE) * most
            for watts, most in zip(numbers[one], apparent, strict=True)
        )
    ]
    product = f"column {found.volts} x column {found.amperes}"
    questions = {found.product: f"VA? It is {product}; or W at a power factor of 1"}
    mended = {found.amperes: scaled(CURRENT, found.ampere_step)}
    proved = next(
        (
            (watts, factor)
            for watts in below
            for factor in free
            if factor != watts and _is_factor(numbers[watts], apparent, numbers[factor])
        ),
        None,
    )
    usual = [one for one in below if (said := guesses[one]) is not None and said.sure]
    power = [proved[0]] if proved else usual
    if proved:
        questions[proved[1]] = f"a power factor? It is column {proved[0]} / column {found.product}"
    if len(power) == 1:
        mended[power[0]] = scaled(POWER, found.product_step)
        questions[found.product] = f"VA? It is {product}"
    else:
        questions |= dict.fromkeys(power, f"W or V? It is not more than {product}")
    return Relations(guesses=mended, questions=questions)


def _is_factor(watts: Sequence[float], apparent: Sequence[float], factors: Sequence[float]) -> bool:
    """Tell whether a column is the power factor, in percent or permille."""
    return any(
        all(
            abs(power / full - factor / step) <= _FACTOR_TOLERANCE
            for power, full, factor in zip(watts, apparent, factors, strict=True)
            if full  # an outlet that draws nothing has no factor
        )
        for step in _FACTOR_STEPS
    )


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
