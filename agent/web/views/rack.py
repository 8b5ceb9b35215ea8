"""One rack as every page shows it: its measured values now, and what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from agent.inventory.maintenance import Window
from collectors.catalogue.needs import GRAVITY, Need
from collectors.catalogue.rack_limits import STANDARD, RackLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class RackView:
    """One rack and what is known of it now. None stands for what is not known."""

    site: str
    row: str
    rack: str
    state: str = "in_service"
    height_units: float | None = None
    used_units: float | None = None
    power_watts: float | None = None
    """Sum over the feeds that are read. With a silent feed it is only a part."""
    rated_power_watts: float | None = None
    space_utilization_ratio: float | None = None
    power_utilization_ratio: float | None = None
    failover_load_ratio: float | None = None
    """Load of all feeds over what is left when the strongest feed is lost."""
    inlet_temperature_celsius: float | None = None
    stranded_power_watts: float | None = None
    silent_pdus: Sequence[str] = ()
    answering_pdus: int = 0
    needs: Sequence[Need] = ()
    """Needs that have lasted as long as their alert waits, or whose beginning is not known."""
    pending: Sequence[Need] = ()
    """Needs that have not lasted so long yet."""
    excused: Sequence[Need] = ()
    """All needs of a rack in maintenance; `needs` and `pending` are then empty."""
    maintenance: Window | None = None
    """The maintenance window that the rack is in; None for none."""
    since: Mapping[Need, float] = field(default_factory=dict)
    """When each need began, seconds since the epoch."""
    limits: RackLimits = STANDARD
    """The limits that it is compared with: its own, its row's, its site's or the common ones."""

    def value_of(self, need: Need) -> float | None:
        """Return the value that a need is judged by: a share (0 to 1), or degrees Celsius.

        None for `silent`, which has no value.
        """
        values: dict[Need, float | None] = {
            "over": self.power_utilization_ratio,
            "too_hot": self.inlet_temperature_celsius,
            "hot": self.inlet_temperature_celsius,
            "failover_lost": self.failover_load_ratio,
            "failover_tight": self.failover_load_ratio,
        }
        return values.get(need)

    @property
    def judged(self) -> bool:
        """Whether enough of it is measured to say that it needs nobody.

        A rack with a rated power needs the power of all its feeds. A feed whose PDU is silent is a
        need of its own; a feed that nobody reads is not.
        """
        if self.power_watts is None:
            return False
        part = self.rated_power_watts is not None and self.power_utilization_ratio is None
        return not part or bool(self.silent_pdus)

    @property
    def unheard(self) -> bool:
        """Whether none of its PDUs answers and nothing else tells of it: its state is unknown."""
        silent = bool(self.silent_pdus) and not self.answering_pdus
        return silent and self.power_watts is None and self.inlet_temperature_celsius is None

    @property
    def live(self) -> bool:
        """Whether the rack is in service. Only such a rack can need attention."""
        return self.state == "in_service"


COLUMNS: Final = (
    "site",
    "row",
    "rack",
    "state",
    "height_units",
    "used_units",
    "power_watts",
    "rated_power_watts",
    "space_utilization_ratio",
    "power_utilization_ratio",
    "failover_load_ratio",
    "inlet_temperature_celsius",
    "stranded_power_watts",
    "silent_pdus",
    "needs",
    "pending",
    "excused",
)
"""The columns of `/api/racks`, each a field of RackView."""

Cell = str | float | Sequence[str] | None


def cells(one: RackView) -> list[Cell]:
    """Return a rack as a row under `COLUMNS`; measured values are rounded."""
    return [
        one.site,
        one.row,
        one.rack,
        one.state,
        one.height_units,
        one.used_units,
        _rounded(one.power_watts, 1),
        one.rated_power_watts,
        _rounded(one.space_utilization_ratio, 4),
        _rounded(one.power_utilization_ratio, 4),
        _rounded(one.failover_load_ratio, 4),
        _rounded(one.inlet_temperature_celsius, 2),
        _rounded(one.stranded_power_watts, 1),
        one.silent_pdus,
        one.needs,
        one.pending,
        one.excused,
    ]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


_RANK: Final[Mapping[Need, float]] = {
    "too_hot": 40.0,
    "over": 30.0,
    "failover_lost": 28.0,
    "silent": 15.0,
    "hot": 10.0,
    "failover_tight": 8.0,
}
"""Ranks of needs: a rack that is too hot fails soonest, so its need has the highest rank."""
_ALL_SILENT: Final = 5.0
"""Added to the rank of `silent` if no PDU of the rack answers."""


def urgency(one: RackView) -> float:
    """Return how urgent a rack is, without a unit: 0 for not at all, larger for more urgent."""
    return max((_RANK[need] + _beyond_rank(one, need) for need in one.needs), default=0.0)


def _beyond_rank(one: RackView, need: Need) -> float:
    """Return what is added to a need's rank: among racks with one need, the worst gets the most."""
    if need == "silent":
        return 0.0 if one.answering_pdus else _ALL_SILENT
    value = one.value_of(need) or 0.0
    return value / 100 if need in ("too_hot", "hot") else value


def is_critical(one: RackView) -> bool:
    """Tell whether a rack in service has a need whose alert is critical."""
    return one.live and any(GRAVITY[need].severity == "critical" for need in one.needs)


def excused(one: RackView, windows: Iterable[Window], now: float) -> RackView:
    """Return a rack with its needs moved to `excused` if a maintenance window covers it now."""
    found = next((each for each in windows if each.covers(one.site, one.row, one.rack, now)), None)
    if found is None:
        return one
    needs = (*one.needs, *one.pending)
    return replace(one, needs=(), pending=(), excused=needs, maintenance=found)


def urgent(racks: Iterable[RackView]) -> list[RackView]:
    """Return the racks in service that need attention, the most urgent first."""
    found = [one for one in racks if one.needs and one.live]
    return sorted(found, key=urgency, reverse=True)


def pending(racks: Iterable[RackView]) -> list[RackView]:
    """Return the racks in service that are over a limit for less time than its alert waits.

    The one that would be the most urgent comes first. One that is not heard is none of them:
    nothing is known of it but its silence.
    """
    found = [one for one in racks if one.live and one.pending and not (one.needs or one.unheard)]
    return sorted(found, key=lambda one: urgency(replace(one, needs=one.pending)), reverse=True)


def unheard(racks: Iterable[RackView]) -> list[RackView]:
    """Return the racks in service that are not heard; those in maintenance are left out."""
    return [one for one in racks if one.live and one.unheard and one.maintenance is None]


def needing(racks: Iterable[RackView]) -> int:
    """Return how many racks in service need attention."""
    return sum(1 for one in racks if one.needs and one.live)


@dataclass(frozen=True, slots=True, kw_only=True)
class RackCounts:
    """How many racks in service are in which condition."""

    live: int
    """Racks in service."""
    unmeasured: int
    """Those that are not measured, or only in part: see `RackView.judged`."""
    needing: int
    """Those that need attention."""
    critical: int
    """Those with a need whose alert is critical."""
    pending: int
    """Those over a limit for less time than its alert waits."""
    unheard: int = 0
    """Those not measured because none of their PDUs answers, except in maintenance."""
    excused: int = 0
    """Those in maintenance that would need attention otherwise."""
    excused_pdus: int = 0
    """Silent PDUs of racks that are in maintenance."""


def counted(racks: Iterable[RackView], listed: int = 0) -> RackCounts:
    """Count the racks in service.

    `listed` are those that the inventory has in service. Of more of them than there are, nothing is
    known at present: they count as not measured.
    """
    live = [one for one in racks if one.live]
    unknown = max(0, listed - len(live))
    return RackCounts(
        live=len(live) + unknown,
        unmeasured=sum(not one.judged for one in live) + unknown,
        needing=needing(live),
        critical=sum(is_critical(one) for one in live),
        pending=len(pending(live)),
        unheard=len(unheard(live)),
        excused=sum(bool(one.excused) for one in live),
        excused_pdus=sum(len(one.silent_pdus) for one in live if one.maintenance is not None),
    )
