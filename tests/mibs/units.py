"""The units that makers write in their MIBs, as units of profiles."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_NUMBERS: Final = {
    "tenth": 0.1,
    "tenths": 0.1,
    "deci": 0.1,
    "hundredth": 0.01,
    "hundredths": 0.01,
    "centi": 0.01,
    "thousandth": 0.001,
    "thousandths": 0.001,
    "milli": 0.001,
}
_SHARE: Final = re.compile(
    r"1?/(10+)\b|\b0?(\.0*1)\b|\b(" + "|".join(_NUMBERS) + r")(?:\b|-?(?=[a-z]))"
)
_UNITS: Final[tuple[tuple[str, str], ...]] = (
    (r"kilo-?volt-?amp\w*|kva", "kVA"),
    (r"volt-?amp\w*|va", "VA"),
    (r"kilo-?watt-?\s?hours?|kwh", "kWh"),
    (r"watt-?\s?hours?|wh", "Wh"),
    (r"kilo-?watts?|kwatts?|kw", "kW"),
    (r"watts?|w", "W"),
    (r"volts?|vac|vdc|v", "V"),
    (r"(degrees?\s*)?fahrenheit|degrees?\s*f|f", "F"),
    (r"(degrees?\s*)?(celsius|centigrade)|degrees?\s*c|c", "C"),
    (r"amp(ere)?s?|a", "A"),
    (r"hertz|hz", "Hz"),
    (r"percent(age)?|%", "percent"),
    (r"minutes?|min", "min"),
    (r"seconds?|sec|s", "s"),
    (r"pascals?|pa", "Pa"),
)


class Said(NamedTuple):
    """A unit of profiles, and how many of it one count is."""

    name: str
    scale: float


def unit_in(text: str) -> Said | None:
    """Return the unit in a UNITS clause or in a phrase; None where none is recognised.

    `0.1 RMS Volts`, `1/100 of KWatts`, `mA/10`, `tenths of degrees Celsius`, `milliamps`.
    """
    rest, scale = text.lower(), 1.0
    share = _SHARE.search(rest)
    if share is not None:
        part, decimal, word = share.groups()
        scale = 1 / int(part) if part else float(decimal) if decimal else _NUMBERS[word]
        rest = rest[: share.start()] + " " + rest[share.end() :]
    for pattern, name in _UNITS:
        if re.search(rf"(?<![a-z])(?:{pattern})(?![a-z])", rest):
            return Said(name, scale)
    return None
