"""Meters: where in a site each measures, and what its energy counts as."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Final, Literal, get_args

from agent.inventory.model.checks import check_name, check_not_empty
from agent.inventory.model.service import check_date, check_service
from collectors.catalogue.devices import Point
from collectors.strict import Positive, Range, Ratio

POINTS: Final[tuple[Point, ...]] = get_args(Point)
IT_POINTS: Final[tuple[Point, ...]] = ("it_input", "pdu_output", "ups_output")
"""Where IT energy may be metered, the deepest point first.

They are the categories 3, 2 and 1 of ISO/IEC 30134-2.
"""

IT_PATH: Final[tuple[Point, ...]] = ("ups_input", *IT_POINTS)
"""The points that IT's energy passes behind the supplies; the input of the UPSs is none of IT's."""

NOT_IT: Final[tuple[Point, ...]] = ("cooling", "lighting", "other")
"""What the facility uses beside IT. Metered downstream of an IT meter, it is subtracted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """The carbon dioxide equivalent of a kilowatt-hour of a supply in some years, and its source.

    `location` is the mean of the grid the site is connected to. `market` is what the site's
    supplier contracts for (GHG Protocol, Scope 2).
    """

    kilograms_per_kilowatt_hour: Annotated[float, Range(0, 5)]
    source: str = field(metadata={"help": "where the figure is published"})
    first_year: Annotated[int, Range(1990, 2200)] = field(
        default=1990, metadata={"help": "in the site's zone"}
    )
    last_year: Annotated[int, Range(1990, 2200)] = field(
        default=2200, metadata={"help": "this year included"}
    )
    basis: Literal["location", "market"] = "location"

    def __post_init__(self) -> None:
        """Check the years and the source."""
        check_not_empty("source", self.source)
        if self.last_year < self.first_year:
            message = f"last_year: {self.last_year} is before first_year, {self.first_year}"
            raise ValueError(message)


def check_years(emissions: tuple[Emission, ...]) -> None:
    """Raise ValueError where two emission factors hold for the same year."""
    known = sorted(emissions, key=lambda emission: emission.first_year)
    for before, after in pairwise(known):
        if after.first_year <= before.last_year:
            message = f"emissions: two figures for {after.first_year}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One meter, or a PDU that counts differently from other PDUs.

    `accuracy_class` is that of IEC 62053, in percent. `factor` is the weight that ISO/IEC 30134-2
    gives to energy that is not electricity; with it, a meter of point `cooling` or `other` counts
    as bought energy. `wrap_joules` is where the energy register starts again at 0. `replaces` names
    the meter that was here before; the two are read as one. `behind` names the meter upstream: the
    energy has gone through that one already. At the same point it would count twice, unless this
    meter is one to `subtract`. Cooling behind an IT meter is subtracted from that meter's point.
    """

    meter: str
    site: str = ""
    point: Point | None = None
    accuracy_class: Annotated[float, Range(0, 20)] | None = None
    rating_watts: Positive | None = None
    wrap_joules: Positive | None = None
    replaces: str = ""
    factor: Annotated[float, Range(0, 10)] | None = None
    renewable_ratio: Ratio | None = field(
        default=None,
        metadata={"help": "share of this supply that guarantees of origin cover, 0 to 1"},
    )
    share: Annotated[float, Range(0, 1)] = field(
        default=1.0, metadata={"help": "how much of what it counts is the data centre's, 0 to 1"}
    )
    subtract: bool = field(
        default=False,
        metadata={
            "help": "its energy is not the data centre's (an office): subtract it from its point"
        },
    )
    behind: str = field(default="", metadata={"help": "the meter upstream of it"})
    since: str = field(
        default="",
        metadata={
            "help": "a date or a local time: it counts from then on and is not missed before; if"
            " left out, it counts from its first reading"
        },
    )
    until: str = field(
        default="", metadata={"help": "a date or a local time: it is out of service from then on"}
    )
    serial: str = field(default="", metadata={"help": "its serial number, for a statement"})
    calibrated: str = field(
        default="",
        metadata={"help": "the date of its last calibration or verification, for a statement"},
    )
    emissions: tuple[Emission, ...] = field(
        default=(),
        metadata={
            "help": "carbon of each kilowatt-hour it counts, if not the site's: a generator's fuel"
        },
    )

    def __post_init__(self) -> None:
        """Check the key and what can be seen from the meter alone."""
        check_name("meter", self.meter)
        check_service(self.since, self.until)
        check_date("calibrated", self.calibrated)
        check_years(self.emissions)
        if self.behind == self.meter:
            message = "behind: a meter cannot be behind itself"
            raise ValueError(message)
        if self.subtract and not self.behind:
            message = "subtract: also needs `behind`, the meter to subtract it from"
            raise ValueError(message)
        if self.replaces == self.meter:
            message = "replaces: a meter cannot replace itself"
            raise ValueError(message)
