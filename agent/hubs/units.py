"""Units a figure is stated, measured and shown in, in English and Chinese.

A hub file states a figure as its source does (`2000 PFLOPS`); everything is kept and compared in base units (2e18 FLOP/s);
a page shows it in the unit it was stated in. Chinese counts money by 10^8 (亿), so a unit may be scaled twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit: one of it is `scale` of its base unit; `zh_scale` where Chinese shows it in another size."""

    base: str
    scale: float = 1.0
    en: str = ""
    zh: str = ""
    one: str = ""
    zh_scale: float = 0.0


def _count(many: str, zh: str, one: str = "") -> Unit:
    return Unit(base="count", en=many, one=one or many.removesuffix("s"), zh=zh)


UNITS: Final[dict[str, Unit]] = {
    "count": Unit(base="count"),
    "racks": _count("racks", "个机架"),
    "data centres": _count("data centres", "个数据中心"),
    "chips": _count("chips", "颗芯片"),
    "stations": _count("stations", "个基站"),
    "companies": _count("companies", "家企业", "company"),
    "enterprises": _count("enterprises", "家企业"),
    "applications": _count("applications", "个应用"),
    "merchants": _count("merchants", "家数据商"),
    "hubs": _count("hubs", "个枢纽"),
    "clusters": _count("clusters", "个集群"),
    "yes": Unit(base="yes"),
    "ratio": Unit(base="ratio"),
    "%": Unit(base="ratio", scale=0.01, en="%", zh="%"),
    "s": Unit(base="s", en="s", zh="秒"),
    "ms": Unit(base="s", scale=1e-3, en="ms", zh="毫秒"),
    "bit/s": Unit(base="bit/s", en="bit/s", zh="bit/s"),
    "Gbit/s": Unit(base="bit/s", scale=1e9, en="Gbit/s", zh="Gbit/s"),
    "FLOP/s": Unit(base="FLOP/s", en="FLOP/s", zh="FLOP/s"),
    "PFLOPS": Unit(base="FLOP/s", scale=1e15, en="PFLOPS", zh="PFLOPS"),
    "kg": Unit(base="kg", en="kg CO₂e", zh="千克二氧化碳当量"),
    "yuan": Unit(base="yuan", en="yuan", zh="元"),
    "billion yuan": Unit(base="yuan", scale=1e9, en="billion yuan", zh="亿元", zh_scale=1e8),
}
"""Every unit by the name a hub file uses."""

_YES: Final = {"en": ("no", "yes"), "zh": ("否", "是")}
_DIGITS: Final = 4
"""Digits after the point that are shown at most; trailing zeros are not."""


def to_base(value: float, unit: str) -> float:
    """Return a figure in base units: 10 ms is 0.01 s."""
    return value * UNITS[unit].scale


def number(value: float, digits: int = _DIGITS) -> str:
    """Write a number with a space between groups of three digits, the style of ISO 80000-1: `27 584`, `1.2`."""
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text.replace(",", " ")


def show(value: float, unit: str, language: Language) -> str:
    """Write a value in base units the way people read it: `27 584 racks`, `27 584 个机架`, `10 ms`, `yes`."""
    spec = UNITS[unit]
    if spec.base == "yes":
        return _YES[language][value >= 1]
    scale = spec.zh_scale if language == "zh" and spec.zh_scale else spec.scale
    scaled = value / scale
    word = spec.zh if language == "zh" else (spec.one if spec.one and scaled == 1 else spec.en)
    digits = 0 if spec.base == "count" and abs(scaled) >= 10 else _DIGITS if abs(scaled) < 10 else 1  # noqa: PLR2004
    text = number(scaled, digits)
    return f"{text}%" if word == "%" and language == "zh" else f"{text} {word}".rstrip()
