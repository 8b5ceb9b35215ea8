"""What this agent measures of every KPI: read off the snapshot and the inventory, in base units.

A count is what the inventory lists. Unless the operator says that the inventory is complete, it is a lower bound: an agent at
one site must not make a hub's floor look broken. For a hub above its own (the province of a hub) an agent sees a part at best,
so only lower bounds and links are told there. Missing is not zero: a KPI whose families are not in the snapshot has no value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from agent.hubs.model import WHOLE_HUB, Registry
from agent.inventory.model import Device, Inventory
from agent.targets.model import Evidence, Key
from collectors.accelerators.peaks import Peaks
from collectors.base import Metric, Series
from collectors.catalogue import node, rack, site
from collectors.catalogue.limits import PRECISION, QUANTILE, YEAR_WINDOW

_PEAKS: Final = Peaks()
IN_SERVICE: Final = "in_service"
BUILDING: Final = "under_construction"


class Families(Protocol):
    """What is needed of a snapshot."""

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of a metric."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A KPI's value now; `bound` says that a part of the whole may be missing from it."""

    value: float
    coverage: float | None = None
    bound: bool = False


def measure(
    registry: Registry,
    snapshot: Families,
    hub: str,
    now: float,
    *,
    inventory: Inventory | None = None,
    complete: bool | None = None,
) -> dict[Key, list[Evidence]]:
    """Measure every KPI of a hub, and of the hubs above it what facts there ask for.

    `complete` says that the inventory lists the whole hub; left out, the inventory is asked whether it says so itself. The
    result is what `scoreboard` takes.
    """
    if complete is None:
        complete = inventory is not None and inventory.complete
    found: dict[Key, list[Evidence]] = {}
    view = _Hub(snapshot, hub, inventory)
    for place in registry.lineage(hub):
        own = place.key == hub
        asked = {(fact.kpi.key, fact.scope) for fact in (*place.facts, *place.policy)}
        wanted = asked | ({(kpi, WHOLE_HUB) for kpi in READERS} if own else set())
        for kpi, scope in sorted(wanted):
            read = READERS.get(kpi)
            group = view.scope(scope) if read is not None and (own or kpi in OF_A_PART) else None
            reading = read(group) if read is not None and group is not None else None
            if reading is not None:
                bound = reading.bound or (kpi in COUNTS and not (complete and own))
                found[Key(place.key, kpi, scope)] = [
                    Evidence(
                        value=reading.value, time=now, coverage=reading.coverage, at_least=bound
                    )
                ]
    return found


class _Hub:
    """One hub's part of the snapshot, with what is asked for twice counted once."""

    def __init__(self, snapshot: Families, hub: str, inventory: Inventory | None) -> None:
        self._snapshot = snapshot
        self.hub = hub
        self.inventory = inventory

    def rows(self, metric: Metric) -> Iterator[tuple[Series, float]]:
        """Yield the hub's live series of a metric; every metric used here begins with the labels hub and site."""
        hub = self.hub
        return (row for row in self._snapshot.family(metric).items() if row[0].values[0] == hub)

    def scope(self, scope: str) -> _Group | None:
        """Return the sites a scope names; None where the inventory knows no such group."""
        if scope == WHOLE_HUB:
            return _Group(self, None)
        named = (
            frozenset(s.site for s in self.inventory.sites_in(scope))
            if self.inventory
            else frozenset[str]()
        )
        return _Group(self, named) if named else None

    @cached_property
    def site_states(self) -> dict[str, str]:
        """Every listed site's state."""
        return {
            series.values[1]: series.label("state")
            for series, value in self.rows(site.SITE_INFO)
            if value == 1
        }

    @cached_property
    def racks(self) -> dict[tuple[str, str], int]:
        """Racks by site and state."""
        found: dict[tuple[str, str], int] = {}
        state = rack.RACK_INFO.labels.index("state")
        for series, value in self.rows(rack.RACK_INFO):
            if value == 1:
                key = series.values[1], series.values[state]
                found[key] = found.get(key, 0) + 1
        return found

    @cached_property
    def chips(self) -> dict[tuple[str, str], int]:
        """Accelerators by site and vendor: those that telemetry sees, and the inventory's where a node tells nothing."""
        found: dict[tuple[str, str], int] = {}
        for series, _ in self.rows(node.ACCELERATOR_INFO):
            key = series.values[1], series.label("vendor").casefold()
            found[key] = found.get(key, 0) + 1
        for where, device in self.untold:
            key = where, device.vendor.casefold()
            found[key] = found.get(key, 0) + device.accelerators
        return found

    @cached_property
    def untold(self) -> list[tuple[str, Device]]:
        """Nodes in service that are listed with accelerators and tell nothing of them, each with its site."""
        telling = {
            (series.values[1], series.label("node"))
            for series, _ in self.rows(node.ACCELERATOR_INFO)
        }
        return [
            (stands.site, device)
            for stands, device in (self.inventory.nodes() if self.inventory else ())
            if device.accelerators
            and stands.state == IN_SERVICE
            and (stands.site, device.node) not in telling
        ]


class _Group:
    """The sites of one scope; `sites` is None for all of the hub."""

    def __init__(self, hub: _Hub, sites: frozenset[str] | None) -> None:
        self.hub = hub
        self.sites = sites

    def holds(self, name: str) -> bool:
        """Tell whether a site belongs to the group."""
        return self.sites is None or name in self.sites

    def rows(self, metric: Metric, **labels: str) -> Iterator[tuple[Series, float]]:
        """Yield the group's live series of a metric that carry these label values."""
        for series, value in self.hub.rows(metric):
            if self.holds(series.values[1]) and all(
                series.label(name) == wanted for name, wanted in labels.items()
            ):
                yield series, value

    def by_site(self, metric: Metric, **labels: str) -> dict[str, float]:
        """Return a metric's value of each site."""
        return {series.values[1]: value for series, value in self.rows(metric, **labels)}

    def in_service(self) -> set[str]:
        """Return the sites in service."""
        return {
            name
            for name, state in self.hub.site_states.items()
            if state == IN_SERVICE and self.holds(name)
        }


def _sites(*states: str) -> Callable[[_Group], Reading | None]:
    def read(group: _Group) -> Reading | None:
        listed = [state for name, state in group.hub.site_states.items() if group.holds(name)]
        return Reading(float(sum(state in states for state in listed))) if listed else None

    return read


def _racks(state: str) -> Callable[[_Group], Reading | None]:
    def read(group: _Group) -> Reading | None:
        listed = {key: count for key, count in group.hub.racks.items() if group.holds(key[0])}
        return (
            Reading(float(sum(count for key, count in listed.items() if key[1] == state)))
            if listed
            else None
        )

    return read


def _in_service(group: _Group) -> Reading | None:
    listed = [state for name, state in group.hub.site_states.items() if group.holds(name)]
    # Of a hub as a whole nobody asks whether it is in service.
    return Reading(float(IN_SERVICE in listed)) if listed and group.sites is not None else None


def _chips(vendor: str = "") -> Callable[[_Group], Reading | None]:
    def read(group: _Group) -> Reading | None:
        counts = [
            n
            for (name, maker), n in group.hub.chips.items()
            if group.holds(name) and maker.startswith(vendor)
        ]
        return Reading(float(sum(counts))) if counts else None

    return read


def _compute(group: _Group) -> Reading | None:
    """Σ rated peak of the chips seen, and of those listed on nodes that tell nothing; a model nobody rated leaves a bound."""
    values = [value for _, value in group.rows(node.ACCELERATOR_PEAK, precision=PRECISION)]
    rated = len(values)
    listed: Counter[tuple[str, str]] = Counter()
    for where, device in group.hub.untold:
        if group.holds(where):
            listed[device.vendor, device.model] += device.accelerators
    for model, count in listed.items():
        peak = _PEAKS.of(*model).get(PRECISION)
        if peak is not None:
            values.append(peak * count)
            rated += count
    chips = sum(count for (where, _), count in group.hub.chips.items() if group.holds(where))
    return Reading(sum(values), bound=rated < chips) if values else None


def _coverage(group: _Group, told: Iterable[str]) -> float:
    """Return the share of the year that is metered at every site: a site in service that tells nothing makes it 0."""
    covered = group.by_site(site.SITE_PUE_COVERAGE, window=YEAR_WINDOW)
    return min(
        covered.get(name, 0.0) if name in told else 0.0 for name in group.in_service() | set(told)
    )


def _pue(group: _Group) -> Reading | None:
    """Σ facility energy over Σ IT energy of all the group's sites, never a mean of their ratios."""
    ratios = group.by_site(site.SITE_PUE, window=YEAR_WINDOW)
    if len(ratios) == 1:
        return Reading(next(iter(ratios.values())), _coverage(group, ratios))
    facility = group.by_site(site.SITE_WINDOW_ENERGY, window=YEAR_WINDOW, boundary="facility")
    it = group.by_site(site.SITE_WINDOW_ENERGY, window=YEAR_WINDOW, boundary="it")
    told = ratios.keys() & facility.keys() & it.keys()
    total = sum(it[name] for name in told)
    return (
        Reading(sum(facility[name] for name in told) / total, _coverage(group, told))
        if total > 0
        else None
    )


def _renewable(group: _Group) -> Reading | None:
    factors = group.by_site(site.SITE_RENEWABLE, window=YEAR_WINDOW)
    if len(factors) == 1:
        return Reading(next(iter(factors.values())), _coverage(group, factors))
    energy = group.by_site(site.SITE_WINDOW_ENERGY, window=YEAR_WINDOW, boundary="facility")
    return _weighted(factors, energy, lambda told: _coverage(group, told))


def _occupancy(group: _Group) -> Reading | None:
    shares = group.by_site(site.SITE_OCCUPANCY, method="racks")
    racks = {
        name: float(count)
        for (name, state), count in group.hub.racks.items()
        if state == IN_SERVICE
    }
    if len(shares) == 1:
        return Reading(next(iter(shares.values())))
    return _weighted(shares, racks, lambda _: None)


def _weighted(
    values: Mapping[str, float],
    weights: Mapping[str, float],
    coverage: Callable[[Sequence[str]], float | None],
) -> Reading | None:
    told = sorted(values.keys() & weights.keys())
    total = sum(weights[name] for name in told)
    return (
        Reading(sum(values[name] * weights[name] for name in told) / total, coverage(told))
        if total > 0
        else None
    )


def _carbon(group: _Group) -> Reading | None:
    emitted = group.by_site(site.SITE_CARBON)
    if not emitted:
        return None
    return Reading(sum(emitted.values()), bound=not group.in_service() <= emitted.keys())


def _link_rate(group: _Group) -> Reading | None:
    speeds = [value for _, value in group.rows(site.LINK_SPEED)]
    return Reading(max(speeds)) if speeds else None


def _round_trip(peer: str = "") -> Callable[[_Group], Reading | None]:
    def read(group: _Group) -> Reading | None:
        times = [
            value
            for series, value in group.rows(site.LINK_ROUND_TRIP, quantile=QUANTILE)
            if not peer or series.label("peer").casefold() == peer
        ]
        return (
            Reading(max(times)) if times else None
        )  # every site has to keep it, so the slowest is told

    return read


READERS: Final[dict[str, Callable[[_Group], Reading | None]]] = {
    "data_centers_in_service": _sites(IN_SERVICE),
    "data_centers_under_construction": _sites(BUILDING),
    "data_centers": _sites(IN_SERVICE, BUILDING),
    "racks_in_service": _racks(IN_SERVICE),
    "racks_under_construction": _racks(BUILDING),
    "rack_occupancy": _occupancy,
    "in_service": _in_service,
    "accelerators": _chips(),
    "accelerators_huawei": _chips("huawei"),
    "compute_flops": _compute,
    "pue": _pue,
    "renewable_energy_factor": _renewable,
    "carbon": _carbon,
    "link_rate": _link_rate,
    "round_trip": _round_trip(),
    "round_trip_guangzhou": _round_trip("guangzhou"),
    "round_trip_shenzhen": _round_trip("shenzhen"),
    "round_trip_hangzhou": _round_trip("hangzhou"),
}
"""How each measured KPI is read; a KPI that is not here is registered only."""

COUNTS: Final = frozenset(
    {
        "data_centers_in_service",
        "data_centers_under_construction",
        "data_centers",
        "racks_in_service",
        "racks_under_construction",
        "accelerators",
        "accelerators_huawei",
        "compute_flops",
    }
)
OF_A_PART: Final = COUNTS | {
    "link_rate",
    "round_trip_guangzhou",
    "round_trip_shenzhen",
    "round_trip_hangzhou",
}
"""What an agent may tell of a hub above its own."""
