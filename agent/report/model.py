"""The weekly report as data. `/api/hubs/{hub}/report` is the serialised form of `WeekReport`.

Times are seconds since the epoch, energies joules, shares and coverages 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from agent.hubs.text import Text
from agent.hubs.units import Language
from agent.targets.model import State
from agent.targets.views import Display, TargetView

Window = Literal["week", "before", "30d", "ytd"]
WINDOWS: Final[tuple[Window, ...]] = ("week", "before", "30d", "ytd")
"""The week, the week before, and the last 30 days and the year, both up to the week's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerState:
    """How a promise stood at the start of the week."""

    state: State
    state_name: Text
    value: float | None
    display: Mapping[Language, Display]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseWeek:
    """A promise at the end of the week, and how it stood at its start."""

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
class SiteWeek:
    """One site: its PUE by window, what a reader must know about it, and where overhead went."""

    site: str
    name: str
    pue: Mapping[Window, SitePue]
    notes: Sequence[str]
    overheads: Sequence[SiteOverhead]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What one subsystem of all sites used, and its share of all overhead."""

    subsystem: str
    joules: float
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """One local day, all sites together, over the time for which both energies were metered."""

    day: str
    """Such as `2026-11-09`."""
    facility_joules: float
    it_joules: float
    pue: float | None
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RackWeek:
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
    """A meter that was not heard throughout the week."""

    site: str
    meter: str
    point: str
    coverage: float
    lost_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RackTally:
    """The racks with metered feeds: how many there are, and those that needed someone."""

    racks: int
    racks_needing: Sequence[RackWeek]
    racks_coverage: float
    """Share of their hours in which every metered feed was heard, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTally:
    """The meters of the sites' boundaries: how many there are, and those that lost something."""

    meters: int
    meters_lost: Sequence[MeterLoss]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekReport:
    """One week of one hub. `end` is no later than `made`."""

    hub: str
    week: str
    """An ISO week such as `2026-W47`."""
    start: float
    end: float
    whole: bool
    """False for a week that is not over yet."""
    made: float
    promises: Sequence[PromiseWeek]
    sites: Sequence[SiteWeek]
    unsummed_hours: int
    """Hours of which the ledger has readings that are not summed yet; they are missing here."""
    hub_pue: Mapping[Window, HubPue | None]
    overheads: Sequence[Overhead]
    days: Sequence[DayEnergy]
    of_racks: RackTally = field(metadata={"json": ""})
    of_meters: MeterTally = field(metadata={"json": ""})
