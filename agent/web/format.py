"""Write numbers, units and times: base units in, a scaled number and its unit out."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.messages.catalogue import Words

THIN: Final = "\u202f"
"""Narrow no-break space: between groups of digits, and between a number and its unit."""
MINUS: Final = "\u2212"
MISSING: Final = "\u2013"
"""Written where nothing is known: a dash, never a zero."""

_DIGIT: Final = re.compile("[1-9]")
_GROUPS: Final = re.compile(r"(?<=[\d≥≤=]) (?=\d)")

_SCALES: Final[dict[str, tuple[tuple[float, str], ...]]] = {
    "W": ((1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1.0, "W")),
    "J": ((3.6e12, "GWh"), (3.6e9, "MWh"), (3.6e6, "kWh"), (3.6e3, "Wh")),
    "B": ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1.0, "B")),
    "bit/s": ((1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s")),
    "FLOPS": ((1e15, "PFLOPS"), (1e12, "TFLOPS"), (1e9, "GFLOPS"), (1.0, "FLOPS")),
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "V": ((1.0, "V"),),
    "kg": ((1e3, "t"), (1.0, "kg")),
    "L": ((1e3, "m³"), (1.0, "L")),
}


def number(value: float, decimals: int = 0, *, sign: bool = False) -> str:
    """Write a number with grouped digits and a true minus sign."""
    body = f"{abs(value):,.{decimals}f}".replace(",", THIN)
    zero = not _DIGIT.search(body)
    mark = MINUS if value < 0 and not zero else ("+" if sign and not zero else "")
    return mark + body


def significant(value: float, digits: int = 3, *, sign: bool = False) -> str:
    """Write a number to some significant digits, with at most 6 decimals.

    Digits before the decimal point are all written: 12 345 to 3 digits stays 12 345.
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else MISSING
    exponent = int(
        f"{value:.{digits - 1}e}".partition("e")[2]
    )  # of the rounded value: 0.9997 is written as 1.00
    decimals = max(0, digits - 1 - exponent)
    return number(value, min(decimals, 6), sign=sign)


def scaled(value: float, unit: str, *, digits: int = 3, sign: bool = False) -> tuple[str, str]:
    """Return a base-unit value as number and unit: 1 440 000 W is ("1.44", "MW")."""
    scales = _SCALES.get(unit)
    if scales is None:
        return significant(value, digits, sign=sign), unit
    size = abs(value)
    # 0.9995: what would round up to the next unit takes it
    factor, name = next(((f, n) for f, n in scales if size >= f * 0.9995), scales[-1])
    if value == 0:
        factor, name = scales[-1] if unit in ("B", "W", "bit/s") else scales[len(scales) // 2]
    return significant(value / factor, digits, sign=sign), name


def common(values: Iterable[float | None], unit: str) -> tuple[Callable[[float], str], str]:
    """Return a function that writes each of several values, and the unit that they share.

    All have the same unit and as many decimals, so that a reader can compare a column. What is not
    zero is never written as zero: 840 W beside 1.5 MW is `<0.01`.
    """
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    scales = _SCALES.get(unit, ((1.0, unit),))
    factor, name = next(((f, n) for f, n in scales if largest >= f * 0.9995), scales[-1])
    top = largest / factor
    decimals = 0 if factor == 1.0 else 1 if top >= 100 else 2
    least = 10.0**-decimals

    def write(value: float) -> str:
        written = number(value / factor, decimals)
        if value and not _DIGIT.search(written):
            sign = f">{THIN}{MINUS}" if value < 0 else f"<{THIN}"
            return sign + number(least, decimals)
        return written

    return write, name


def short(value: float, unit: str) -> str:
    """Write a round value with its unit and no trailing zeros, for an axis."""
    shown, name = scaled(value, unit)
    return f"{shown.rstrip('0').rstrip('.') if '.' in shown else shown}{THIN}{name}"


def quantity(value: float | None, unit: str, *, digits: int = 3, sign: bool = False) -> str:
    """Write a base-unit value with its unit in one string; a dash where it is missing."""
    if value is None:
        return MISSING
    shown, name = scaled(value, unit, digits=digits, sign=sign)
    return f"{shown}{THIN}{name}"


def percent(ratio: float | None, decimals: int = 0) -> str:
    """Write a ratio as a percentage.

    A ratio below 1 is never rounded up to 100 %, and one above 0 is never rounded down to 0 %.
    """
    if ratio is None:
        return MISSING
    value = ratio * 100
    step = 10.0**-decimals
    if value < 100 <= round(value, decimals):
        value = 100 - step
    elif value > 0 and round(value, decimals) <= 0:
        return f"<{THIN}{number(step, decimals)}{THIN}%"
    return f"{number(value, decimals)}{THIN}%"


SHARES: Final[Mapping[str, int]] = {"coverage": 1, "part": 1, "load": 0}
"""Digits after the point of shares, by what they are of, for every page: of time that is covered,
of a whole (occupancy, losses, renewables), and of what something can carry."""
PUE_DIGITS: Final = 3
"""Digits after the point of a measured PUE; a limit has those that it was stated with."""


def unbroken(text: str) -> str:
    """Keep a number on one line with its sign: `≥ 27 584 racks` may break before `racks`."""
    return _GROUPS.sub(THIN, text)


def upper_first(text: str) -> str:
    """Write a name as the beginning of a line."""
    return text[:1].upper() + text[1:]


def period(text: str, w: Words) -> str:
    """Write the day or period that a figure is for; only `end of 2023` has words to translate."""
    day = text.removeprefix("end of ")
    return w("end_of", day=day) if day != text else text


@lru_cache(maxsize=8)
def zone(name: str) -> dt.tzinfo:
    """Return a time zone by name; UTC where this machine does not know the name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # China keeps one time without daylight saving since 1991: known even where the zone data is
        # not installed.
        return dt.timezone(dt.timedelta(hours=8), "CST") if name == "Asia/Shanghai" else dt.UTC


def local(seconds: float, where: dt.tzinfo) -> dt.datetime:
    """Return a time in a zone; `seconds` are since the epoch."""
    return dt.datetime.fromtimestamp(seconds, where)


def iso(seconds: float | None) -> str | None:
    """Return a wall-clock time as ISO 8601 in UTC, for the API."""
    if seconds is None:
        return None
    return (
        dt.datetime.fromtimestamp(seconds, dt.UTC)
        .isoformat(timespec="seconds")
        .replace("+00:00", "Z")
    )


def offset(where: dt.tzinfo, seconds: float) -> str:
    """Return a zone's offset at a time, such as `UTC+08:00`."""
    shown = local(seconds, where).strftime("%z")
    return f"UTC{shown[:3]}:{shown[3:5]}"


def clock(seconds: float, now: float, where: dt.tzinfo) -> str:
    """Write a time: today's with hours, minutes and seconds, any other with its date."""
    then = local(seconds, where)
    return then.strftime(
        "%H:%M:%S" if then.date() == local(now, where).date() else "%Y-%m-%d %H:%M"
    )


def span(seconds: float, word: Callable[[str], str]) -> str:
    """Write a duration in the largest unit of which it has at least two: `41 s`, `12 min`, `5 d`.

    `word` returns the name of a unit.
    """
    for size, key in ((86400 * 2, "unit.d"), (3600 * 2, "unit.h"), (120, "unit.min")):
        if seconds >= size:
            step = {"unit.d": 86400, "unit.h": 3600, "unit.min": 60}[key]
            return f"{int(seconds // step)}{THIN}{word(key)}"
    return f"{max(0, int(seconds))}{THIN}{word('unit.s')}"


def ends(text: str, most: int) -> str:
    """Shorten a name to the width of `most` Latin letters by leaving out its middle.

    Names differ from their neighbours' at the end.
    """
    text = " ".join(text.split())
    widths = [2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text]
    if sum(widths) <= most:
        return text
    head, tail, room = 0, len(text), most - 1
    while True:  # take one more from the end, then from the beginning, as long as there is room
        if widths[tail - 1] > room:
            break
        tail, room = tail - 1, room - widths[tail - 1]
        if widths[head] > room:
            break
        head, room = head + 1, room - widths[head]
    return f"{text[:head]}…{text[tail:]}"


def natural(label: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts A2 before A10."""
    parts: list[tuple[int, int, str]] = []
    digits, letters = "", ""
    for char in label:
        if char.isascii() and char.isdigit():
            if letters:
                parts.append((1, 0, letters))
                letters = ""
            digits += char
        else:
            if digits:
                parts.append((0, int(digits[:18]), ""))
                digits = ""
            letters += char
    parts.append((0, int(digits[:18]), "") if digits else (1, 0, letters))
    return tuple(parts)


def ratio(value: float | None, decimals: int = 2) -> str:
    """Write a plain ratio: a power factor, or a value on the scale of a chart."""
    return MISSING if value is None else number(value, decimals)


def pue(value: float | None) -> str:
    """Write a measured PUE."""
    return ratio(value, PUE_DIGITS)


def stated(value: float) -> str:
    """Write a limit of PUE with the digits that it was stated with: 1.2, 1.25."""
    text = number(value, PUE_DIGITS + 1)
    return text.rstrip("0").removesuffix(".")


def measured(value: float | None, unit: str, decimals: int = 0) -> str:
    """Write a value in a unit that is not scaled, such as °C, A or U.

    A dash where it is missing.
    """
    return MISSING if value is None else f"{number(value, decimals)}{THIN}{unit}"


def percent_range(lower: float | None, upper: float | None) -> str:
    """Write two bounds of a ratio; as one number where one is missing or both look the same."""
    known = upper if upper is not None else lower
    if lower is None or upper is None or percent(lower) == percent(upper):
        return percent(known)
    return f"{percent(lower)}{THIN}–{THIN}{percent(upper)}"


def units_of(used: float | None, height: float | None) -> str:
    """Write the used rack units and the rack's height: `30 / 42 U`."""
    if height is None:
        return MISSING
    return f"{MISSING if used is None else number(used)}{THIN}/{THIN}{number(height)}{THIN}U"
