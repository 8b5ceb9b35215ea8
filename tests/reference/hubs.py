"""A hub's figures from what the gateways of its sites tell: the definitions, in exact fractions.

PUE of a hub = sum of facility energy / coverage, over the sum of IT energy / coverage, over all the
sites that it needs. While one of them tells nothing there is no value, and the coverage is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

HUB = "hub"
"""The group of all sites."""

ALIKE = Fraction(1, 10_000)
"""Coverages are alike if they differ by less than so much of the PUE:
then the higher PUE counts.
"""

STAYS = Fraction(1, 100)
"""The chosen gateway stays until another one covers so much more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """What a gateway tells of one site's year; `sound` says that there is a PUE."""

    facility: int
    it: int
    coverage: Fraction
    category: int = 3
    sound: bool = True

    @property
    def pue(self) -> Fraction:
        """Facility energy over IT energy."""
        return Fraction(self.facility, self.it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One gateway: what its inventory lists, and what it tells in each period; None: it is gone.

    `states` are the sites of its inventory with their state, `scopes` their groups.
    """

    name: str
    states: Mapping[str, str]
    scopes: Mapping[str, tuple[str, ...]]
    listed: bool
    years: tuple[Mapping[str, Year] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The gateways of one hub."""

    hub: str
    gateways: tuple[Gateway, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFigure:
    """What is right for a group of sites in one period; None where nothing may be said."""

    scope: str
    value: Fraction | None
    coverage: Fraction | None
    bound: bool

    def met(self, limit: Fraction) -> bool | None:
        """Tell whether a limit is kept; None where nobody knows."""
        if self.value is None or self.coverage is None:
            return None
        if self.value > limit:
            return False
        return True if not self.bound and self.coverage >= Fraction(9, 10) else None


@dataclass(slots=True)
class _Memory:
    """What is known of one site from earlier periods."""

    chosen: str | None = None
    categories: dict[str, int] = field(default_factory=dict)
    """The highest category of each gateway that was chosen."""
    needed: bool = False
    scopes: frozenset[str] = frozenset()


def figures(hub: Hub) -> list[list[HubFigure]]:
    """Return the right figures of each period, in the order of time."""
    memory: dict[str, _Memory] = {}
    count = len(hub.gateways[0].years)
    return [list(_period(hub, number, memory)) for number in range(count)]


def _period(hub: Hub, number: int, memory: dict[str, _Memory]) -> Iterator[HubFigure]:
    alive = [one for one in hub.gateways if one.years[number] is not None]
    told: dict[str, Year] = {}
    for name in {site for one in hub.gateways for site in _of(one)}:
        site = memory.setdefault(name, _Memory())
        here = {g.name: y for g in alive if (y := (g.years[number] or {}).get(name)) is not None}
        site.chosen = _choose(here, site)
        if site.chosen is not None:
            told[name] = here[site.chosen]
            if told[name].sound:
                most = max(told[name].category, site.categories.get(site.chosen, 0))
                site.categories[site.chosen] = most
        states = [g.states[name] for g in alive if name in g.states]
        if name in told or states:
            site.needed = name in told or "in_service" in states
        for g in alive:  # what a gateway told of groups holds while it is gone
            site.scopes |= set(g.scopes.get(name, ()))
    listed = any(one.listed for one in alive)
    for scope in sorted({HUB, *(scope for site in memory.values() for scope in site.scopes)}):
        members = {
            name
            for name, site in memory.items()
            if site.needed and (scope == HUB or scope in site.scopes)
        }
        yield _figure(scope, members, told, listed=listed)


def _of(gateway: Gateway) -> set[str]:
    return {*gateway.states, *(site for year in gateway.years for site in year or ())}


def _choose(here: Mapping[str, Year], site: _Memory) -> str | None:
    """Choose the gateway that tells a site: never one of a lower category than one that is gone."""
    silent = [
        category
        for name, category in site.categories.items()
        if name not in here or not here[name].sound
    ]
    least = max(silent, default=0)

    def rank(name: str) -> tuple[bool, Fraction]:
        year = here[name]
        score = year.coverage + (STAYS if name == site.chosen else 0)
        return year.sound, score + (year.pue * ALIKE if year.sound else 0)

    able = [name for name, year in here.items() if not year.sound or year.category >= least]
    return max(able, key=rank, default=None)


def _figure(scope: str, members: set[str], told: Mapping[str, Year], *, listed: bool) -> HubFigure:
    years = [told[name] for name in members if name in told]
    if not members:
        return HubFigure(scope=scope, value=None, coverage=None, bound=False)
    if len(years) < len(members) or not all(year.sound for year in years):
        return HubFigure(scope=scope, value=None, coverage=Fraction(0), bound=True)
    facility = sum((year.facility / year.coverage for year in years), Fraction(0))
    whole = sum((year.it / year.coverage for year in years), Fraction(0))
    return HubFigure(
        scope=scope,
        value=facility / whole,
        coverage=sum(year.it for year in years) / whole,
        bound=not listed,
    )
