"""The report of a week, a month or a year as data.

`/api/hubs/{hub}/report` is the serialised form of `HubReport`.
Times are seconds since the epoch, energies joules, shares and coverages 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from agent.hubs.text import Text
from agent.hubs.units import Language
from agent.report.period import Kind
from agent.targets.model import State
from agent.targets.views import Display, TargetView

Window = Literal["week", "month", "year", "before", "30d", "12m", "ytd"]
WINDOWS: Final[Mapping[Kind, tuple[Window, ...]]] = {
    "week": ("week", "before", "30d", "ytd"),
    "month": ("month", "before", "12m", "ytd"),
    "year": ("year", "before"),
}
"""The period itself, the one before it, and windows that end with it: 30 days, twelve months, the
year to date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerState:
    """How a promise stood at the start of the period."""

    state: State
    state_name: Text
    value: float | None
    display: Mapping[Language, Display]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseReport:
    """A promise at the end of the period, and how it stood at its start."""

    now: TargetView = field(metadata={"json": ""})
    """Its keys stand among those of this object."""
    before: FormerState | None
    """None for a promise that was not known then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePue:
    """The PUE of one site in one window."""

    pue: float | None
    state: str
    coverage: float
    uncertainty: float | None
    category: int | None
    facility_joules: float
    it_joules: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPue:
    """The PUE of all sites that have one, as the ratio of their sums."""

    pue: float
    facility_joules: float
    it_joules: float
    coverage: float
    sites: int
    """How many sites have a PUE."""
    of: int
    """How many sites there are."""
    state: str
    uncertainty: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOverhead:
    """What one subsystem of a site used."""

    subsystem: str
    joules: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """One site: its PUE by window, what a reader must know about it, and where overhead went."""

    site: str
    name: str
    pue: Mapping[Window, SitePue]
    notes: Sequence[str]
    overheads: Sequence[SiteOverhead]
    factors: SiteFactors


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What one subsystem of all sites used, and its share of all overhead."""

    subsystem: str
    joules: float
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFactors:
    """What is known of a site beside PUE; None where its meters or factors are not there.

    Carbon and water are those of the covered time. A coverage is the share of the period in which
    the figure's own meters were heard, and both boundaries of PUE.
    """

    renewable_ratio: float | None
    """REF, ISO/IEC 30134-3."""
    reused_ratio: float | None
    """ERF, ISO/IEC 30134-6."""
    carbon_kilograms: float | None
    carbon_kilograms_per_kilowatt_hour: float | None
    """CUE, ISO/IEC 30134-8."""
    carbon_basis: str
    """`location`, `market`, or empty."""
    carbon_coverage: float | None
    emissions: Sequence[StatedEmission]
    """The emission factors of the site that hold in the period."""
    water_liters: float | None
    water_liters_per_kilowatt_hour: float | None
    """WUE, ISO/IEC 30134-9."""
    water_coverage: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedEmission:
    """An emission factor as the inventory states it."""

    kilograms_per_kilowatt_hour: float
    basis: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEnergy:
    """A part of a period, all sites together, over the time for which both energies were metered.

    `coverage` is of the whole part, though it may not be over.
    """

    facility_joules: float
    it_joules: float
    pue: float | None
    uncertainty: float | None
    category: int | None
    """None where the sites have no category, or not the same one."""
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy(PartEnergy):
    """One local day."""

    day: str
    """Such as `2026-11-09`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEnergy(PartEnergy):
    """One calendar month."""

    month: str
    """Such as `2026-11`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RackReport:
    """A rack that needed someone: for how many hours, and the power of its highest hour."""

    rack: str
    site: str
    row: str
    over_hours: int
    """Hours above the rated power."""
    failover_hours: int
    """Hours in which one feed could not have carried both."""
    silent_hours: int
    """Hours in which a feed was not metered."""
    peak_watts: float | None
    rated_watts: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterLoss:
    """A meter that was not heard throughout the period."""

    site: str
    meter: str
    point: str
    coverage: float
    lost_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RackTally:
    """The racks with metered feeds: how many there are, and those that needed someone."""

    racks: int
    racks_needing: Sequence[RackReport]
    racks_coverage: float
    """Share of their hours in which every metered feed was heard, 0 to 1."""
    racks_unheard: int = 0
    """Those of which no feed was heard in the whole period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTally:
    """The meters of the sites' boundaries: how many there are, and those that lost something."""

    meters: int
    meters_lost: Sequence[MeterLoss]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubReport:
    """A week, a month or a year of one hub. `end` is no later than `made`."""

    hub: str
    kind: Kind
    period: str
    """Such as `2026-W47`, `2026-11` or `2026`."""
    week: str
    """The period, if it is a week; else empty."""
    start: float
    end: float
    whole: bool
    """False for a period that is not over yet."""
    made: float
    promises: Sequence[PromiseReport]
    sites: Sequence[SiteReport]
    unsummed_hours: int
    """Hours of which the ledger has readings that are not summed yet; they are missing here."""
    hub_pue: Mapping[Window, HubPue | None]
    overheads: Sequence[Overhead]
    days: Sequence[DayEnergy]
    """The days of the period; none of a year."""
    months: Sequence[MonthEnergy]
    """The twelve months up to the period's end."""
    of_racks: RackTally = field(metadata={"json": ""})
    of_meters: MeterTally = field(metadata={"json": ""})
