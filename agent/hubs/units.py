"""Units that a figure is stated, measured and shown in.

A hub file states a figure as its source does (`2000 PFLOPS`); everything is kept and compared in
base units (2e18 FLOP/s); a page shows it in the unit it was stated in. What a unit is called stands
in `agent/messages/LANGUAGE/units.yaml`. A language may show a unit in another size: Chinese counts
money by 10^8 (亿).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent.messages.catalogue import languages, words

Language = str
"""The key of a language, such as `en`."""
LANGUAGES: Final[tuple[Language, ...]] = tuple(languages())
"""Every language of the catalogue, English first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit: one of it is `scale` of its base unit."""

    base: str
    scale: float = 1.0


_COUNT: Final = Unit(base="count")
_COUNTED: Final = (
    "racks",
    "data centres",
    "chips",
    "stations",
    "companies",
    "enterprises",
    "applications",
    "merchants",
    "hubs",
    "clusters",
)

UNITS: Final[dict[str, Unit]] = {
    "count": _COUNT,
    **dict.fromkeys(_COUNTED, _COUNT),
    "yes": Unit(base="yes"),
    "ratio": Unit(base="ratio"),
    "%": Unit(base="ratio", scale=0.01),
    "s": Unit(base="s"),
    "ms": Unit(base="s", scale=1e-3),
    "h": Unit(base="s", scale=3600.0),
    "bit/s": Unit(base="bit/s"),
    "Gbit/s": Unit(base="bit/s", scale=1e9),
    "FLOP/s": Unit(base="FLOP/s"),
    "PFLOPS": Unit(base="FLOP/s", scale=1e15),
    "W": Unit(base="W"),
    "kW": Unit(base="W", scale=1e3),
    "kg": Unit(base="kg"),
    "kg/kWh": Unit(base="kg/kWh"),
    "l/kWh": Unit(base="l/kWh"),
    "yuan": Unit(base="yuan"),
    "billion yuan": Unit(base="yuan", scale=1e9),
}
"""Every unit by the name a hub file uses."""

_DIGITS: Final = 4
"""Digits after the point that are shown at most; trailing zeros are not."""
_MOST: Final = 9
"""Digits after the point where only more digits tell a value from its limit."""
_MEASURED: Final = {"ratio": 3}
"""Digits after the point of a measured figure, zeros included, by unit: a PUE is `1.230` wherever
it stands. Of other units they are as of a stated figure."""
_FEW: Final = 10
"""From this figure on, one digit after the point is shown, and none of a count."""


def to_base(value: float, unit: str) -> float:
    """Return a figure in base units: 10 ms is 0.01 s."""
    return value * UNITS[unit].scale


def number(value: float, digits: int = _DIGITS, *, zeros: bool = False) -> str:
    """Write a number with a space between groups of three digits (ISO 80000-1): `27 584`, `1.2`.

    Zeros at its end are left out, unless `zeros` keeps them.
    """
    text = f"{value:,.{digits}f}"
    if "." in text and not zeros:
        text = text.rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text.replace(",", " ")


def show(
    value: float,
    unit: str,
    language: Language,
    *,
    beside: float | None = None,
    measured: bool = False,
) -> str:
    """Write a value in base units the way people read it: `27 584 racks`, `10 ms`, `yes`.

    `beside` is a figure, in base units, that is shown next to it. If the two differ, the value gets
    enough digits to tell them apart, nine after the point at most. A `measured` value has the
    digits of its unit.
    """
    spec, w = UNITS[unit], words(language)
    if spec.base == "yes":
        return w("quantity.yes" if value >= 1 else "quantity.no")
    size = shown_size(unit, language)
    scaled = value / size
    few = 0 if spec.base == "count" else 1
    digits = _DIGITS if abs(scaled) < _FEW else few
    fixed = measured and unit in _MEASURED
    if fixed:
        digits = _MEASURED[unit]
    if beside is not None:
        digits = _telling(scaled, beside / size, digits)
    # A language chooses the form of its word by whole numbers: `1 rack`, `1.5 racks`.
    count = int(scaled) if scaled.is_integer() else scaled
    return w(f"quantity.{unit}", count=count, figure=number(scaled, digits, zeros=fixed))


def _telling(value: float, other: float, digits: int) -> int:
    """Return how many digits after the point tell two figures apart; `digits` where none do."""
    enough = (n for n in range(digits, _MOST + 1) if number(value, n) != number(other, n))
    return next(enough, digits)


def shown_size(unit: str, language: Language) -> float:
    """Return how much of its base unit a language shows as one of a unit: 1e8 yuan in Chinese."""
    size = words(language).of("quantity.size", unit)
    return UNITS[unit].scale if size == unit else float(size)


def shown_name(unit: str, language: Language) -> str:
    """Return what a unit is called where a column of figures has it apart: `ms`, `racks`.

    It is empty for a ratio, for a plain count and for yes or no.
    """
    if UNITS[unit].base == "yes":
        return ""
    return words(language)(f"quantity.{unit}", count=2, figure="").strip()
