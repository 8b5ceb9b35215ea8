"""What a row of a KPI is made of: series that count, the value of a site, how sites make one value.

`agent.targets.kpis` has the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from collectors.base import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which series of a metric count: those where a label has one of these values."""

    label: str
    values: tuple[str, ...]
    any_case: bool = False
    """True where upper and lower case are the same."""
    beginning: bool = False
    """True where a value that only begins so counts as well."""

    @property
    def exact(self) -> bool:
        """Whether only one value of the label counts."""
        return len(self.values) == 1 and not (self.any_case or self.beginning)

    def takes(self, value: str) -> bool:
        """Tell whether a series with this value of the label counts."""
        if not (self.any_case or self.beginning):
            return value in self.values
        wanted: Iterable[str] = self.values
        if self.any_case:
            value, wanted = value.casefold(), (one.casefold() for one in self.values)
        return value.startswith(tuple(wanted)) if self.beginning else value in wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value of each site, made of the series of one metric."""

    metric: Metric
    where: tuple[Match, ...] = ()
    per_site: Literal["max", "sum", "count"] = "max"
    """How the things of a site make the site's value."""
    each: tuple[str, ...] = ("hub", "site")
    """The labels that tell one thing from another: a rack, a chip. Series that share them are
    one."""
    none_is_zero: bool = False
    """True where a site that has the metric, but no series that counts, has the value 0."""
    among_sources: Literal["max", "min", "chosen"] = "max"
    """Which value counts where several gateways tell it of one site: the largest, the smallest, or
    that of the gateway that was chosen for the site's energies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """The label that a hub's file may narrow a KPI by."""

    label: str
    beginning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One row: what a KPI is measured by, and how the sites of a hub make one value."""

    kpi: str
    part: Part
    over_sites: Literal["sum", "max"] = "sum"
    weight: Part | None = None
    """Makes the mean of `part`, weighted by this, over the sites that have both."""
    per: Part | None = None
    """Makes the sum of `part` over the sum of this."""
    only_with: Part | None = None
    """Only sites that have this part as well count."""
    times: float = 1.0
    """What a mean is multiplied by, such as from each joule to each kilowatt-hour."""
    least: float | None = None
    """A value below this counts as no value."""
    coverage: Part | None = None
    """The share of each site's time that was metered. Each site counts by its mean over that time,
    so that hours that were not metered change no site's weight. The KPI's coverage is the sites'
    mean, weighted as the value is."""
    heard: Part | None = None
    """The share of each site's time in which the KPI's own meters were heard, where its weight has
    other meters: those of water. It makes the KPI's coverage; `coverage` is the weight's alone."""
    count: bool = False
    """True for what the inventory lists: a lower bound unless the inventory is complete. Sites of
    several hubs add up; any other KPI of several hubs is the largest."""
    needs: tuple[Part, ...] = ()
    """The sites that must tell this: those where the first of these parts that is known is above 0.
    A site that told it once is one of them. The value is a bound unless all sites are listed."""
    partial: bool = False
    """True for a sum over things that leave it with what they had counted: the value is always a
    lower bound, since no site tells which of them are gone."""
    every_thing: bool = False
    """True where a site's value counts only if each thing of `needs` has a value, such as each
    probed peer."""
    listed: Literal["", "chips", "peak"] = ""
    """What the inventory adds for nodes that tell nothing of their accelerators. Where both a rule
    and an agent have a value, each counted a part, and the larger is nearer."""
    groups_only: bool = False
    """True where an agent gives the value of named groups of sites only, not of the whole hub."""
    above: Literal["never", "narrowed", "always"] = "never"
    """Whether an agent, which sees a part of a hub above its own, may tell this of that hub."""
    narrowing: Narrowing | None = None
    witness: Metric | None = None
    """What must be in the database for the KPI to have a value; the metric of `part` where None."""
    narrowed: Match | None = None
    """What the KPI is narrowed to: one peer, one vendor."""

    @property
    def mean(self) -> bool:
        """Whether sites make a mean: a part of them proves nothing of the whole."""
        return self.weight is not None or self.per is not None

    @property
    def all_or_none(self) -> bool:
        """Whether there is no value while a site that it needs tells nothing."""
        return bool(self.needs) and (self.mean or self.over_sites == "max")

    @property
    def of_a_part(self) -> bool:
        """Whether an agent may tell this of a hub above its own."""
        return self.above == "always" or (self.above == "narrowed" and self.narrowed is not None)

    def to(self, value: str) -> Measure:
        """Return this row narrowed to one value of its label."""
        if self.narrowing is None:
            message = f"{self.kpi} cannot be narrowed to {value}"
            raise ValueError(message)
        match = Match(
            label=self.narrowing.label,
            values=(value,),
            any_case=True,
            beginning=self.narrowing.beginning,
        )
        return replace(
            self,
            part=_narrowed(self.part, match),
            needs=tuple(_narrowed(part, match) for part in self.needs),
            narrowed=match,
        )


def _narrowed(part: Part, match: Match) -> Part:
    return replace(part, where=(*part.where, match))
