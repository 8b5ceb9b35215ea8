"""How a file of hours is written: its columns, units and times, and the meters it may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, NamedTuple

from agent.ledger.energy import JOULES_PER_KWH
from collectors.strict import nearest

ENERGY: Final = "energy_kwh"
POWER: Final = "power_w"
VOLUME: Final = "volume_m3"
COVERED: Final = "covered_seconds"
WHOLE_HOUR: Final = 3600.0
"""Seconds. An exported hour that was covered less is left out."""

LITERS_PER_M3: Final = 1000.0


class Unit(NamedTuple):
    """What a value is: the column of this program's own form that it is like, and its factor.

    The value times `factor` is joules, watts or litres.
    """

    column: str
    factor: float


UNITS: Final[Mapping[str, Unit]] = {
    "Wh": Unit(ENERGY, 3.6e3),
    "kWh": Unit(ENERGY, JOULES_PER_KWH),
    "MWh": Unit(ENERGY, 3.6e9),
    "GWh": Unit(ENERGY, 3.6e12),
    "J": Unit(ENERGY, 1.0),
    "MJ": Unit(ENERGY, 1e6),
    "GJ": Unit(ENERGY, 1e9),
    "W": Unit(POWER, 1.0),
    "kW": Unit(POWER, 1e3),
    "MW": Unit(POWER, 1e6),
    "l": Unit(VOLUME, 1.0),
    "m3": Unit(VOLUME, LITERS_PER_M3),
}

OWN_UNITS: Final = {ENERGY: "kWh", POWER: "W", VOLUME: "m3"}
"""The unit of each column of this program's own form."""

LEFT_OUT: Final = "-"
"""The alias of a column or meter that is not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a file is written. Columns are named by their headers.

    `date` is the column of the dates, where `time` has the time of day only: both are read as one
    text with a space between. `end` is the column of the rows' ends, if there is one. `aliases`
    give other systems' names of meters ours; an alias of `-` leaves one out. `only` is the meter
    of a file that names none.
    `time_format` is that of strptime, or `epoch` or `epoch_ms`; without it times are ISO 8601.
    """

    time: str = "time"
    date: str = ""
    end: str = ""
    meter: str = "meter"
    value: str = ""
    only: str = ""
    unit: str = ""
    delimiter: str = ","
    decimal_comma: bool = False
    time_format: str = ""
    skip_lines: int = 0
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """Whether it is this program's own form."""
        return self == Form(skip_lines=self.skip_lines)

    @property
    def start(self) -> list[str]:
        """The columns that say when a row begins."""
        return [self.date, self.time] if self.date else [self.time]

    def start_of(self, header: Sequence[str]) -> Callable[[Sequence[str]], str]:
        """Return what reads off a row under this header when it begins."""
        at = header.index(self.time)
        if not self.date:
            return itemgetter(at)
        day = header.index(self.date)
        return lambda cells: f"{cells[day].strip()} {cells[at].strip()}"


class Meters(NamedTuple):
    """The meters a file may name; those of `water` take volumes, all others energy or power."""

    known: frozenset[str]
    water: frozenset[str] = frozenset()

    def unknown(self, name: str) -> str:
        """Say why a name that is not known is refused, and which one may have been meant."""
        if name.rpartition(":")[0] in self.known:
            return f"{name!r} may be an outlet; no tenant in the config's file has it"
        return f"{name!r} is not a meter of this site{nearest(name, sorted(self.known))}"
