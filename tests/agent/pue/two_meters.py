"""A site of a utility meter and an IT meter, with others beside them, and the figures of a day."""

from __future__ import annotations

from agent.pue.model import PueResult
from tests.support.ledger import (
    HEAD,
    Bench,
    day,
)

GRID = "{kilograms_per_kilowatt_hour: 0.5, source: the ministry's notice of 2024, last_year: 2024}"
LATER = (
    "{kilograms_per_kilowatt_hour: 0.4, source: the ministry's notice of 2025, first_year: 2025}"
)
EMITTING = HEAD.replace("timezone:", f"emissions: [{GRID}, {LATER}], timezone:")
MAIN = "{meter: main, point: utility, accuracy_class: 0.5}"
IT = "{meter: it, point: it_input, accuracy_class: 0.5}"


def stock(*meters: str, head: str = HEAD) -> str:
    return head + "meters:\n" + "".join(f"- {meter}\n" for meter in (MAIN, IT, *meters))


def of_a_day(b: Bench, **kwh: float) -> PueResult:
    """Give every meter so many kilowatt-hours in each hour of a day; return the day's PUE."""
    for meter, each in kwh.items():
        b.put(meter.replace("_", "-"), {day(h): each for h in range(24)})
    return b.between(day(), day(24))


def value(result: PueResult, name: str) -> float | None:
    return next((one.per_kwh for one in result.factors if one.name == name), None)
