"""One polled object and the reading that it becomes. Pure, no I/O.

`make_point` gives an object its series and its exact factor. `decode` turns the answers of one
round into readings.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from collectors.base import Series
from collectors.catalogue.bounds import EXTREMES, has_extremes
from collectors.facility.masks import masked
from collectors.facility.snmp.octets import number_in_octets
from collectors.facility.snmp.texts import Texts, folded
from collectors.facility.units import UNITS, exact, quantity_of

if TYPE_CHECKING:
    from collectors.facility.snmp.reading import Reading as Wanted

T = TypeVar("T")

_HUGE: Final = math.inf
_INTEGER: Final = re.compile("-?[0-9]+")
_CLEARLY_CELSIUS: Final = 50
"""Above this number, a temperature without a unit may be one of a room in Fahrenheit (10 °C)."""

Raw = object
"""A value as it was received: int, float, bytes, a text (an OID or an address), or None."""


class Rule(NamedTuple):
    """The parts of a point that most points do not need: states, texts, signs and guards.

    `span` is two to the power of the bits of a signed number in an unsigned object, else 0.
    `guards`: what other objects must say, as text, and as an integer where that is one. `mask` has
    the bits of an integer that are the state; 0: all.
    """

    mapped: Mapping[float, float]
    otherwise: float | None
    texts: Texts | None
    span: int
    guards: tuple[tuple[str, frozenset[str | int]], ...]
    mask: int = 0


class Polled(NamedTuple):
    """A polled object, and how its raw value becomes a reading: alike for all devices of a make.

    `value = (raw * multiplier + offset) / divisor`. The three numbers are integers, so that 7467 mA
    is exactly 7.467 A. A raw value below `least`, above `most` or in `missing` is rejected.
    `counts_parts` is true if the MIB's integer counts parts of the unit, such as tenths. With
    `is_plain` an integer is the number as it is, and neither a signed one nor a word. `states`
    has the values of integers that mean a state, so that they need not be worked out each time.
    """

    oid: str
    multiplier: int
    offset: int
    divisor: int
    least: float
    most: float
    missing: frozenset[float]
    rule: Rule | None
    counts_parts: bool = False
    is_plain: bool = True
    states: Mapping[Raw, float] = {}


class Point(NamedTuple):
    """A polled object of one device, and the series that it becomes."""

    polled: Polled
    series: Series

    @property
    def oid(self) -> str:
        """The object."""
        return self.polled.oid


def decode(
    polled: Iterable[Polled],
    names: Iterable[T],
    values: Mapping[str, Raw],
    dropped: Counter[str],
    refused: list[tuple[T, float]] | None = None,
) -> list[tuple[T, float]]:
    """Turn the answers of one round into values; `names` are those of the polled objects: series.

    A missing answer gives no value. A sentinel or a value that is not a number is rejected and
    counted. `refused` lists the sentinels.
    """
    readings: list[tuple[T, float]] = []
    add = readings.append
    get = values.get
    for one, name in zip(polled, names, strict=True):
        oid, multiplier, offset, divisor, least, most, missing, rule, parts, is_plain, states = one
        raw = get(oid)
        if raw is None:
            continue
        if states and (state := states.get(raw)) is not None:
            add((name, state))
            continue
        number = raw if is_plain and type(raw) is int else _number(raw, rule, counts_parts=parts)
        if number is None:
            dropped["not_a_number"] += 1
        elif not least <= number <= most or number in missing:
            dropped["sentinel"] += 1
            if refused is not None:
                refused.append((name, number))
        elif rule is None or (number := _by_rule(number, rule, get, dropped)) is not None:
            value = (number * multiplier + offset) / divisor
            if -_HUGE < value < _HUGE:
                add((name, value))
            else:
                dropped["not_a_number"] += 1
    return readings


def _by_rule(
    number: float, rule: Rule, get: Callable[[str], Raw], dropped: Counter[str]
) -> float | None:
    for oid, allowed in rule.guards:
        said = get(oid)
        if (said if type(said) is int else text_of(said)) not in allowed:
            dropped["invalid"] += 1
            return None
    if not rule.mapped:
        return number
    if rule.mask:
        number = masked(int(number), rule.mask)
    found: float | None = rule.mapped.get(number, rule.otherwise)
    if found is None:
        dropped["unknown_state"] += 1
    return found


def _number(raw: Raw, rule: Rule | None, *, counts_parts: bool) -> float | None:
    """Return a value as a number; NaN for a text that means "no reading"."""
    texts = rule.texts if rule is not None else None
    if isinstance(raw, bytes) and texts is None:
        raw = number_in_octets(raw, counts_parts=counts_parts)
    if isinstance(raw, (int, float)) and not (texts and texts.words):
        return raw - rule.span if rule and rule.span and raw >= rule.span / 2 else raw
    return texts.number(text_of(raw)) if texts is not None and raw is not None else None


def text_of(raw: Raw) -> str:
    """Return a device's value as text.

    Octets are decoded as UTF-8, else as Latin-1. Numbers become decimal. None becomes an empty
    text.
    """
    if raw is None:
        return ""
    if isinstance(raw, bytes):
        try:
            return raw.decode("utf-8").strip("\0 ")
        except UnicodeDecodeError:
            return raw.decode("latin-1").strip("\0 ")
    return str(raw)


def make_point(
    wanted: Wanted,
    oid: str,
    series: Series,
    names: Mapping[str, str],
    guards: tuple[tuple[str, frozenset[str]], ...],
) -> Point:
    """Make a point.

    A device that does not say in which unit its temperatures are has them in Celsius; one that may
    as well be Fahrenheit is no reading.

    Raises ValueError if the device reports an unsuitable unit or an implausible number of digits.
    """
    multiplier, offset, divisor = 1, 0, 1
    most = _HUGE if wanted.most is None else wanted.most
    if not wanted.is_plain():
        name = names[wanted.unit_column] if wanted.unit_column else wanted.unit
        quantity = quantity_of(wanted.metric)
        is_assumed = not name and quantity == UNITS["C"].quantity
        unit = UNITS["C"] if is_assumed else UNITS.get(name)
        if unit is None or unit.quantity != quantity:
            raise ValueError(name)
        factor = exact(wanted.scale) * _device_factor(wanted, names) * exact(unit.factor)
        shift = exact(unit.offset)
        divisor = math.lcm(factor.denominator, shift.denominator)
        multiplier, offset = int(factor * divisor), int(shift * divisor)
        if is_assumed:
            most = min(most, _CLEARLY_CELSIUS * divisor / abs(multiplier))
    rule = _rule(wanted, guards)
    polled = Polled(
        oid=sys.intern(oid),  # many programs have it
        multiplier=multiplier,
        offset=offset,
        divisor=divisor,
        least=-_HUGE if wanted.least is None else wanted.least,
        most=most,
        missing=_shared(
            tuple(wanted.missing), extremes=not wanted.is_plain() and has_extremes(series.metric)
        ),
        rule=rule,
        counts_parts=wanted.counts_parts(),
        is_plain=rule is None or not (rule.span or (rule.texts and rule.texts.words)),
    )
    return Point(polled._replace(states=_states(polled)), series)


def _states(polled: Polled) -> Mapping[Raw, float]:
    """Return what the mapped integers of an object become, as `decode` tells it.

    Empty where something else has a say: the sign, a guard, or other bits.
    """
    rule = polled.rule
    if rule is None or not polled.is_plain or rule.guards or rule.mask:
        return {}
    found: list[tuple[int, float]] = []
    for raw in map(int, filter(float.is_integer, rule.mapped)):
        found += decode([polled], [raw], {polled.oid: raw}, Counter())
    return dict(found)


def _rule(wanted: Wanted, guards: tuple[tuple[str, frozenset[str]], ...]) -> Rule | None:
    texts = None
    if wanted.text or wanted.extract or wanted.words or wanted.missing_words:
        texts = Texts(
            extract=wanted.extract,
            missing=frozenset(map(folded, wanted.missing_words)),
            words={folded(word): state for word, state in wanted.words.items()} or None,
            otherwise=wanted.otherwise,
        )
    if not (wanted.map or texts or wanted.signed or guards):
        return None
    return Rule(
        mapped={float(raw): number for raw, number in wanted.map.items()},
        otherwise=wanted.otherwise,
        texts=texts,
        span=2**wanted.signed if wanted.signed else 0,
        guards=tuple((oid, allowed | _integers(allowed)) for oid, allowed in guards),
        mask=wanted.mask,
    )


def _integers(texts: frozenset[str]) -> frozenset[int]:
    """Return the integers whose decimal text is among some texts."""
    numbers = map(int, filter(_INTEGER.fullmatch, texts))
    return frozenset(number for number in numbers if str(number) in texts)


@functools.cache
def _shared(values: tuple[float, ...], *, extremes: bool) -> frozenset[float]:
    return frozenset(values) | (EXTREMES if extremes else frozenset())


def _device_factor(wanted: Wanted, names: Mapping[str, str]) -> Fraction:
    factor = Fraction(1)
    if wanted.digits_column:
        digits = int(names[wanted.digits_column])
        if not 0 <= digits <= 12:
            raise ValueError(digits)
        factor /= 10**digits
    if wanted.scale_column:
        scale = int(names[wanted.scale_column])
        if abs(scale) > 10**9:
            raise ValueError(scale)
        factor *= Fraction(scale) if scale > 0 else Fraction(1, -scale or 1)
    if wanted.divisor_column:
        divisor = int(names[wanted.divisor_column])
        if not 0 < divisor <= 10**9:
            raise ValueError(divisor)
        factor /= divisor
    return factor
