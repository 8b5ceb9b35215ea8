"""One rack as every page knows it: what is measured of it now, and what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from collectors.catalogue.limits import FAILOVER_LIMIT, INLET_ALLOWABLE, INLET_RECOMMENDED

Need = Literal["over", "hot", "failover", "silent"]
NEEDS: Final[tuple[Need, ...]] = ("over", "hot", "failover", "silent")
"""Why someone should look at a rack, in the order in which it is told."""


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

    @property
    def live(self) -> bool:
        """Whether the rack is in service. Only such a rack needs anybody."""
        return self.state == "in_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class RackLimitsView:
    """The limits that racks are held against."""

    failover_load_ratio: float = FAILOVER_LIMIT
    inlet_recommended_celsius: float = INLET_RECOMMENDED
    inlet_allowable_celsius: float = INLET_ALLOWABLE


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
)
"""The columns of `/api/racks`, each a field of RackView."""

Cell = str | float | Sequence[str] | None


def cells(one: RackView) -> list[Cell]:
    """Return a rack as a row under `COLUMNS`, measured values rounded to what is known of them."""
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
    ]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def needs_of(
    load: float | None, inlet: float | None, failover: float | None, *, silent: bool
) -> tuple[Need, ...]:
    """Return why someone should look at a rack.

    `load` is power over rated power, `inlet` the warmest inlet in degrees Celsius, `failover` the
    load after losing a feed over its capacity, and `silent` says whether a PDU does not answer.
    """
    found: tuple[Need, ...] = ()
    if load is not None and load > 1:
        found += ("over",)
    if inlet is not None and inlet > INLET_RECOMMENDED:
        found += ("hot",)
    if failover is not None and failover > FAILOVER_LIMIT:
        found += ("failover",)
    if silent:
        found += ("silent",)
    return found


_INLET_BEYOND: Final = 40.0
_OVER: Final = 30.0
_FAILOVER_LOST: Final = 28.0
_ALL_SILENT: Final = 20.0
_SOME_SILENT: Final = 15.0
_INLET_WARM: Final = 10.0
_FAILOVER_TIGHT: Final = 8.0
"""Ranks of what a rack needs: heat beyond what is allowed breaks first, a tight failover last."""


def urgency(one: RackView) -> float:
    """Return how urgent a rack is, 0 for not at all. What breaks sooner has the larger number."""
    ranks = [0.0]
    for need in one.needs:
        if need == "over":
            ranks.append(_OVER + (one.power_utilization_ratio or 0.0))
        elif need == "hot":
            celsius = one.inlet_temperature_celsius or 0.0
            rank = _INLET_BEYOND if celsius > INLET_ALLOWABLE else _INLET_WARM
            ranks.append(rank + celsius / 100)
        elif need == "failover":
            ratio = one.failover_load_ratio or 0.0
            ranks.append((_FAILOVER_LOST if ratio > 1 else _FAILOVER_TIGHT) + ratio)
        else:
            ranks.append(_SOME_SILENT if one.answering_pdus else _ALL_SILENT)
    return max(ranks)


def is_critical(one: RackView) -> bool:
    """Tell whether a rack is over a limit whose alert is critical."""
    return one.live and any(
        (
            "over" in one.needs,
            "hot" in one.needs and (one.inlet_temperature_celsius or 0.0) > INLET_ALLOWABLE,
            "failover" in one.needs and (one.failover_load_ratio or 0.0) > 1,
        )
    )


def urgent(racks: Iterable[RackView]) -> list[RackView]:
    """Return the racks in service that need someone, the most urgent first."""
    found = [one for one in racks if one.needs and one.live]
    return sorted(found, key=urgency, reverse=True)


def needing(racks: Iterable[RackView]) -> int:
    """Return how many racks in service need someone."""
    return sum(1 for one in racks if one.needs and one.live)
