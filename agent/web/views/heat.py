"""The colours of racks, and the rows that are drawn together.

A whole hub is drawn as blocks of neighbouring rows: 27 584 racks are some 170 tiles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, Literal

from agent.web.views.rack import RackView
from collectors.catalogue.rack_limits import STANDARD, RackLimits

Show = Literal["power", "space", "failover", "inlet"]
SHOWS: Final[tuple[Show, ...]] = ("power", "space", "failover", "inlet")
"""Racks may be coloured by three shares, or by degrees Celsius at the inlet."""
WORST: Final[tuple[Show, ...]] = ("failover", "inlet")
"""By these, a tile for many racks has the colour of the worst one, because a mean would hide it. By
power or space, it has the colour of the share of all of them together."""
_COLDER: Final = (9.0, 5.0, 2.0)
"""How far below the recommended limit the first colours of the inlet end, kelvin."""
_STEPS: Final = 5
"""Colours of a share from 0 to 1; above 1 there is one more."""


def show_of(name: str | None) -> Show:
    """Return the value that racks are coloured by on request; power for any other name."""
    return next((show for show in SHOWS if show == name), SHOWS[0])


def value_of(one: RackView, show: Show) -> float | None:
    """Return the number that a rack is coloured by: a share, or degrees Celsius."""
    if show == "power":
        return one.power_utilization_ratio
    if show == "space":
        return one.space_utilization_ratio
    return one.failover_load_ratio if show == "failover" else one.inlet_temperature_celsius


def value_of_all(racks: Iterable[RackView], show: Show) -> float | None:
    """Return the number by which a tile for many racks is coloured; only racks in service count.

    It is the highest value of a rack. For power and space it is the sum of what is used over the
    sum of what there is, over the racks of which both are known.
    """
    live = [one for one in racks if one.live]
    if show in WORST:
        known = (value_of(one, show) for one in live)
        return max((value for value in known if value is not None), default=None)
    part = whole = 0.0
    for one in live:
        used, most = _used(one, show)
        if used is not None and most:
            part, whole = part + used, whole + most
    return part / whole if whole else None


def _used(one: RackView, show: Show) -> tuple[float | None, float | None]:
    """Return the units or watts that a rack uses, and those that it has.

    Both are None for the power of a rack with a silent feed.
    """
    if show == "space":
        return one.used_units, one.height_units
    if one.power_utilization_ratio is None:
        return None, None
    return one.power_watts, one.rated_power_watts


def inlets(limits: RackLimits) -> tuple[float, ...]:
    """Return the upper ends of the inlet's colours, degrees Celsius.

    With the standard limits they are 18, 22, 25, 27 and 32.
    """
    recommended = limits.inlet_recommended_celsius
    colder = (recommended - kelvin for kelvin in _COLDER)
    return (*colder, recommended, limits.inlet_allowable_celsius)


def level_of(value: float | None, show: Show, limits: RackLimits = STANDARD) -> str:
    """Return the class of a value's colour.

    It is l0 (little) to l4 (full), l5 beyond the limit, and lx where the value is not known.
    """
    if value is None:
        return "lx"
    if show == "inlet":
        return f"l{sum(value > bound for bound in inlets(limits))}"
    return "l5" if value > 1 else f"l{min(_STEPS - 1, int(value * _STEPS))}"


def level(one: RackView, show: Show) -> str:
    """Return the class of a rack's colour; lp where it is not in service."""
    return level_of(value_of(one, show), show, one.limits) if one.live else "lp"


# ------------------------------------------------------------------ rows that are drawn together

Stretch = tuple[str, ...]
"""Neighbouring rows."""
_HALL: Final = re.compile(r"^(.*[^-/._ ])[-/._ ]+[^-/._ ]+$")
_BETWEEN: Final = ".."


def stretches(
    by_row: Mapping[str, Sequence[RackView]], most: int
) -> list[tuple[str, list[Stretch]]]:
    """Return neighbouring rows of up to `most` racks together, by hall.

    A row with more racks than that is a stretch of its own.
    """
    found = []
    for hall, rows in halls(list(by_row)):
        cut: list[Stretch] = []
        count = most
        for row in rows:
            more = len(by_row[row])
            if count + more <= most:
                cut[-1] += (row,)
                count += more
            else:
                cut.append((row,))
                count = more
        found.append((hall, cut))
    return found


def stretch_key(rows: Stretch) -> str:
    """Return how an address asks for neighbouring rows: `R1`, or `R1..R4`."""
    return rows[0] if len(rows) == 1 else f"{rows[0]}{_BETWEEN}{rows[-1]}"


def asked_for(key: str, rows: Sequence[str]) -> Stretch:
    """Return the rows that an address asks for; none if it names a row that does not exist."""
    if key in rows:
        return (key,)
    first, dots, last = key.partition(_BETWEEN)
    if not dots or first not in rows or last not in rows:
        return ()
    return tuple(rows[rows.index(first) : rows.index(last) + 1])


def halls(rows: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return rows by hall, if their names have one: row `H2-C` stands in hall `H2`.

    If they have none, all rows are in one hall without a name.
    """
    named = [(found[1] if (found := _HALL.match(row)) else "", row) for row in rows]
    by_hall = [
        (hall, [row for _, row in members])
        for hall, members in groupby(named, key=lambda pair: pair[0])
    ]
    told = 1 < len(by_hall) <= len(rows) / 2 and all(hall for hall, _ in by_hall)
    return by_hall if told else [("", list(rows))]
