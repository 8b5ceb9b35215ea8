"""What this agent measures of every KPI: the rows of `agent.targets.kpis`, read off the snapshot.

An agent at one site does not know its hub's other sites. So a value is of a part, unless the
inventory is said to be complete or the hub's file lists its sites: a count of a part makes no floor
look broken, and a PUE of a part shows no limit kept. While a site that a value needs tells nothing,
there is no value. An agent sees at best a part of a hub above its own, such as the province, so
only lower bounds and links are told of it. Missing is not zero: a KPI whose metric is not in the
snapshot has no value.
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
from agent.targets.kpis import IN_SERVICE, measured
from agent.targets.listed import ListedChips
from agent.targets.measure import Match, Measure, Part
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
    """A KPI's value now; `bound` says that a part of the whole is missing from it."""

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
    listed = complete or lists_all_sites(registry, hub, inventory)
    found: dict[Key, list[Evidence]] = {}
    view = _Hub(snapshot, hub, inventory, expected_sites(registry, hub, inventory))
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
                part = (
                    row.partial
                    or (row.count and not (complete and own))
                    or (bool(row.needs) and not (listed and own))
                )
                found[Key(place.key, kpi, scope)] = [
                    Evidence(
                        value=reading.value,
                        time=now,
                        coverage=reading.coverage,
                        at_least=reading.bound or part,
                    )
                ]
    return found


def expected_sites(registry: Registry, hub: str, inventory: Inventory | None) -> frozenset[str]:
    """Return the sites that a hub's values need: those in service that inventory or file lists."""
    sites = inventory.sites.values() if inventory is not None else ()
    stated = registry.hubs[hub].sites if hub in registry.hubs else ()
    return frozenset(each.site for each in sites if each.state == IN_SERVICE).union(stated)


def lists_all_sites(registry: Registry, hub: str, inventory: Inventory | None) -> bool:
    """Tell whether inventory or hub file is said to list every site of the hub."""
    stated = hub in registry.hubs and bool(registry.hubs[hub].sites)
    return stated or (inventory is not None and inventory.lists_all_sites)


class _Hub:
    """One hub's part of the snapshot; what several KPIs ask for is worked out once."""

    def __init__(
        self,
        snapshot: LiveValues,
        hub: str,
        inventory: Inventory | None,
        expected: frozenset[str],
    ) -> None:
        self._snapshot = snapshot
        self._hub = hub
        self._inventory = inventory
        self.expected = expected
        """The sites that the hub's values need, as far as inventory and hub file tell."""
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

    def things(self, part: Part, each: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield what these labels call each thing that counts, and its site."""
        for series, _ in self.rows(part.metric):
            if all(match.takes(series.label(match.label)) for match in part.where):
                yield tuple(map(series.label, each)), series.label("site")

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
        told = self._told(row)
        missing = bool(row.needs) and not self._needed(row) <= told
        if not told or (missing and row.all_or_none):
            return None
        if row.mean:
            return self._mean(row, told)
        values = self._by_site(row.part)
        total = sum(values.values()) if row.over_sites == "sum" else max(values.values())
        return Reading(total, bound=missing)

    def _by_site(self, part: Part) -> dict[str, float]:
        return {name: value for name, value in self._hub.by_site(part).items() if self._holds(name)}

    def _holds(self, name: str) -> bool:
        return self._sites is None or name in self._sites

    def _told(self, row: Measure) -> frozenset[str]:
        """Return the sites that tell all that a KPI is made of."""
        found = set(self._by_site(row.part))
        for part in (row.weight, row.per, row.only_with):
            if part is not None:
                found &= self._by_site(part).keys()
        return frozenset(found - self._unanswered(row) if row.every_thing else found)

    def _unanswered(self, row: Measure) -> set[str]:
        """Return the sites where a thing that is asked has no value: a peer that is not reached."""
        found = set()
        for part in row.needs:
            known = {name for name, _ in self._hub.things(row.part, part.each)}
            asked = self._hub.things(part, part.each)
            found |= {where for name, where in asked if name not in known}
        return found

    def _needed(self, row: Measure) -> frozenset[str]:
        """Return the sites that must tell a KPI."""
        found = dict.fromkeys(self._by_site(row.weight or row.per or row.part), 1.0)
        for part in row.needs:
            for name, value in self._by_site(part).items():
                found.setdefault(name, value)
        stated: Iterable[str] = ()
        if any(part.metric is site.SITE_EXPECTED for part in row.needs):
            stated = filter(self._holds, self._hub.expected)
        return frozenset(name for name, value in found.items() if value > 0).union(stated)

    def _mean(self, row: Measure, told: Iterable[str]) -> Reading | None:
        """Return the mean over the sites, with the share of their time that was metered.

        Each site counts by its mean over its metered time, so a silent meter changes no weight.
        """
        values = self._by_site(row.part)
        weights = self._by_site(row.per or row.weight or row.part)
        covered = self._by_site(row.coverage) if row.coverage is not None else {}
        whole = {name: weights[name] / (covered.get(name) or 1.0) for name in told}
        total = sum(whole.values())
        if total <= 0:
            return None
        above = (
            values[name] / (covered.get(name) or 1.0) if row.per else values[name] * whole[name]
            for name in whole
        )
        value = sum(above) / total * row.times
        if row.least is not None and value < row.least:
            return None
        if row.coverage is None:
            return Reading(value)
        if row.heard is not None:
            heard = self._by_site(row.heard)
            return Reading(value, sum(whole[name] * heard.get(name, 0.0) for name in whole) / total)
        return Reading(value, sum(weights[name] for name in whole if covered.get(name)) / total)

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
