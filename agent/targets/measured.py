"""What this agent measures of every KPI: the rows of `agent.targets.kpis`, read off the snapshot.

A count is what the inventory lists. Unless the operator says that the inventory is complete, it is
a lower bound: an agent at one site must not make a hub's floor look broken. An agent sees at best a
part of a hub above its own, such as the province, so only lower bounds and links are told of it.
Missing is not zero: a KPI whose metric is not in the snapshot has no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import Final

from agent.hubs.model import WHOLE_HUB, Registry
from agent.inventory.model import Inventory
from agent.snapshot import LiveValues
from agent.targets.kpis import IN_SERVICE, Match, Measure, Part, measured
from agent.targets.listed import ListedChips
from agent.targets.model import Evidence, Key
from collectors.base import Metric, Series
from collectors.catalogue import node, site
from collectors.catalogue.limits import PRECISION

_SEEN: Final = Part(
    metric=node.ACCELERATOR_INFO, per_site="count", each=("hub", "site", "node", "accelerator")
)
_RATED: Final = replace(
    _SEEN,
    metric=node.ACCELERATOR_PEAK,
    where=(Match(label="precision", values=(PRECISION,)),),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A KPI's value now; `bound` says that a part of the whole may be missing from it."""

    value: float
    coverage: float | None = None
    bound: bool = False


def measure(
    registry: Registry,
    snapshot: LiveValues,
    hub: str,
    now: float,
    *,
    inventory: Inventory | None = None,
    complete: bool | None = None,
) -> dict[Key, list[Evidence]]:
    """Measure every KPI of a hub, and of the hubs above it what facts there ask for.

    `complete` says that the inventory lists the whole hub; where it is None, the inventory says so
    itself. The result is what `scoreboard` takes.
    """
    if complete is None:
        complete = inventory is not None and inventory.complete
    found: dict[Key, list[Evidence]] = {}
    view = _Hub(snapshot, hub, inventory)
    rows = measured(registry.kpis.values())
    for place in registry.lineage(hub):
        own = place.key == hub
        asked = {(fact.kpi.key, fact.scope) for fact in (*place.facts, *place.policy)}
        wanted = asked | ({(kpi, WHOLE_HUB) for kpi in rows} if own else set())
        for kpi, scope in sorted(wanted):
            row = rows.get(kpi)
            if row is None or not (own or row.of_a_part):
                continue
            reading = view.read(row, scope)
            if reading is not None:
                bound = reading.bound or (row.count and not (complete and own))
                found[Key(place.key, kpi, scope)] = [
                    Evidence(
                        value=reading.value, time=now, coverage=reading.coverage, at_least=bound
                    )
                ]
    return found


class _Hub:
    """One hub's part of the snapshot; what several KPIs ask for is worked out once."""

    def __init__(self, snapshot: LiveValues, hub: str, inventory: Inventory | None) -> None:
        self._snapshot = snapshot
        self._hub = hub
        self._inventory = inventory
        self._known: dict[Part, Mapping[str, float]] = {}

    def read(self, row: Measure, scope: str) -> Reading | None:
        """Return a KPI's value for the sites of a scope; None where it has none."""
        if scope != WHOLE_HUB:
            sites = self._sites_in(scope)
            return _Group(self, sites).read(row) if sites else None
        return None if row.groups_only else _Group(self, None).read(row)

    def _sites_in(self, scope: str) -> frozenset[str]:
        """Return the sites of a named group; none where the inventory knows no such group."""
        listed = self._inventory.sites_in(scope) if self._inventory is not None else ()
        return frozenset(each.site for each in listed)

    def rows(self, metric: Metric) -> Iterator[tuple[Series, float]]:
        """Yield the hub's live series of a metric."""
        hub, at = self._hub, metric.at("hub")
        return (row for row in self._snapshot.family(metric).items() if row[0].values[at] == hub)

    def by_site(self, part: Part) -> Mapping[str, float]:
        """Return a part's value of each site."""
        if part not in self._known:
            self._known[part] = self._work_out(part)
        return self._known[part]

    def _work_out(self, part: Part) -> dict[str, float]:
        """Return a part's value of each site. A whole hub has tens of thousands of such series."""
        things, found = self._things(part)
        for where, value in things:
            if part.per_site == "max":
                found[where] = max(found.get(where, value), value)
            else:
                found[where] = found.get(where, 0.0) + (1.0 if part.per_site == "count" else value)
        return found

    def _things(self, part: Part) -> tuple[Iterable[tuple[str, float]], dict[str, float]]:
        """Return the site and value of each thing that counts, and what sites begin with."""
        metric, hub = part.metric, self._hub
        hub_at, site_at = metric.at("hub"), metric.at("site")
        wanted = [(metric.at(match.label), match.takes) for match in part.where]
        name = itemgetter(*(metric.at(label) for label in part.each))
        exact = {match.label for match in part.where if match.exact}
        alone = exact.union(part.each).issuperset(metric.labels)  # no two series are one thing
        things: dict[object, tuple[str, float]] = {}
        found: dict[str, float] = {}
        for series, value in self._snapshot.family(metric).items():
            values = series.values
            if values[hub_at] != hub:
                continue
            if part.none_is_zero:
                found[values[site_at]] = 0.0
            for at, takes in wanted:
                if not takes(values[at]):
                    break
            else:
                thing = series if alone else name(values)
                before = things.get(thing)
                if before is None or before[1] < value:
                    things[thing] = values[site_at], value
        return things.values(), found

    @cached_property
    def in_service(self) -> frozenset[str]:
        """The sites in service."""
        state = site.SITE_INFO.at("state")
        return frozenset(
            series.label("site")
            for series, value in self.rows(site.SITE_INFO)
            if value == 1 and series.values[state] == IN_SERVICE
        )

    @cached_property
    def listed(self) -> ListedChips:
        """The chips of nodes that are listed with accelerators and tell nothing of them."""
        telling = {
            (series.label("site"), series.label("node"))
            for series, _ in self.rows(node.ACCELERATOR_INFO)
        }
        return ListedChips.of(self._inventory, telling)


class _Group:
    """The sites of one scope; `sites` is None for all of the hub."""

    def __init__(self, hub: _Hub, sites: frozenset[str] | None) -> None:
        self._hub = hub
        self._sites = sites

    def read(self, row: Measure) -> Reading | None:
        """Return a KPI's value for the group; None where it has none."""
        if row.listed == "peak":
            return self._peak(row)
        if row.listed:
            return self._chips(row)
        if row.weight is not None:
            return self._weighted(row, row.weight)
        if row.per is not None:
            return self._ratio(row, row.per)
        values = self._by_site(row.part)
        if not values:
            return None
        total = sum(values.values()) if row.over_sites == "sum" else max(values.values())
        silent = row.every_site and not self._in_service() <= values.keys()
        return Reading(total, bound=silent)

    def _by_site(self, part: Part) -> dict[str, float]:
        return {name: value for name, value in self._hub.by_site(part).items() if self._holds(name)}

    def _holds(self, name: str) -> bool:
        return self._sites is None or name in self._sites

    def _in_service(self) -> set[str]:
        return {name for name in self._hub.in_service if self._holds(name)}

    def _ratio(self, row: Measure, per: Part) -> Reading | None:
        """Return a sum over a sum; one site's ratio is known as it is."""
        above, below = self._by_site(row.part), self._by_site(per)
        told: Iterable[str] = above.keys() & below.keys()
        if row.only_with is not None:
            ratios = self._by_site(row.only_with)
            if len(ratios) == 1:
                return Reading(next(iter(ratios.values())), self._coverage(row, ratios))
            told = ratios.keys() & told
        whole = sum(below[name] for name in told)
        if whole <= 0:
            return None
        value = sum(above[name] for name in told) / whole
        if row.least is not None and value < row.least:
            return None
        return Reading(value, self._coverage(row, told))

    def _weighted(self, row: Measure, weight: Part) -> Reading | None:
        """Return a weighted mean; one site's value needs no weight."""
        values, weights = self._by_site(row.part), self._by_site(weight)
        if len(values) == 1:
            return Reading(next(iter(values.values())), self._coverage(row, values))
        told = sorted(values.keys() & weights.keys())
        whole = sum(weights[name] for name in told)
        if whole <= 0:
            return None
        value = sum(values[name] * weights[name] for name in told) / whole
        return Reading(value, self._coverage(row, told))

    def _coverage(self, row: Measure, told: Iterable[str]) -> float | None:
        """Return the share of evidence at the worst site; a silent site in service makes it 0."""
        if row.coverage is None:
            return None
        covered, heard = self._by_site(row.coverage), set(told)
        places = self._in_service() | heard
        return min(covered.get(name, 0.0) if name in heard else 0.0 for name in places)

    def _chips(self, row: Measure) -> Reading | None:
        """Return the chips that telemetry sees, and those of nodes that tell nothing."""
        counts = [*self._by_site(row.part).values()]
        counts += self._hub.listed.counts(self._holds, row.narrowed)
        return Reading(float(sum(counts))) if counts else None

    def _peak(self, row: Measure) -> Reading | None:
        """Return the rated peak of all chips; it is a lower bound where a model has no rating."""
        seen = self._hub.by_site(_RATED)
        rated = sum(count for name, count in seen.items() if self._holds(name))
        chips = sum(self._by_site(_SEEN).values()) + sum(self._hub.listed.counts(self._holds))
        values = [*self._by_site(row.part).values()]
        for peak, count in self._hub.listed.peaks(self._holds):
            values.append(peak * count)
            rated += count
        return Reading(sum(values), bound=rated < chips) if values else None
