"""The limits that racks and breakers are held against, where an operator may state others.

The defaults stand in `limits`. The config file's section `limits:` is read into `LimitsSection`.
Boards, needs and the generated alerts all read the `SiteLimits` made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from collectors.catalogue.limits import FAILOVER_LIMIT, INLET_ALLOWABLE, INLET_RECOMMENDED
from collectors.strict import Range

Celsius = Annotated[float, Range(least=10.0, most=60.0)]
Share = Annotated[float, Range(least=0.1, most=0.99)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RackLimits:
    """The limits that the racks and breakers of a site are held against."""

    failover_load_ratio: float = FAILOVER_LIMIT
    """Share of what is left of the supply when a feed is lost, that the load may take."""
    inlet_recommended_celsius: float = INLET_RECOMMENDED
    inlet_allowable_celsius: float = INLET_ALLOWABLE


STANDARD: Final = RackLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimits:
    """The limits of every site: those of its own, or else the common ones."""

    common: RackLimits = STANDARD
    sites: Mapping[str, RackLimits] = field(default_factory=dict)

    def of(self, site: str) -> RackLimits:
        """Return the limits that hold at a site."""
        return self.sites.get(site, self.common)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimits:
    """Limits of one site. A key that is not given is as for all sites."""

    inlet_recommended: Celsius | None = None
    inlet_allowable: Celsius | None = None
    failover_share: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSection:
    """The limits of racks, for the board, the API and `rules build --config` alike."""

    inlet_recommended: Celsius = field(
        default=INLET_RECOMMENDED,
        metadata={"help": "°C at the inlet; above it a rack is hot (ASHRAE recommends up to 27)"},
    )
    inlet_allowable: Celsius = field(
        default=INLET_ALLOWABLE,
        metadata={"help": "°C at the inlet; above it a rack is too hot (32 for ASHRAE's class A1)"},
    )
    failover_share: Share = field(
        default=FAILOVER_LIMIT,
        metadata={
            "help": (
                "share of what is left of the supply when a feed or a breaker is lost; above it"
                " failover is tight, above 1 it is lost"
            )
        },
    )
    sites: dict[str, OwnLimits] = field(
        default_factory=dict, metadata={"help": "other limits for single sites, by site"}
    )

    def __post_init__(self) -> None:
        """Check that the milder limit comes first everywhere."""
        made = self.by_site()
        for key, one in {"": made.common, **made.sites}.items():
            if one.inlet_recommended_celsius >= one.inlet_allowable_celsius:
                raise ValueError(
                    f"{'sites' if key else 'inlet_recommended'}: expected"
                    f" {f'at {key} ' if key else ''}less than inlet_allowable"
                    f" ({one.inlet_allowable_celsius:g}), got {one.inlet_recommended_celsius:g}"
                )

    def by_site(self) -> SiteLimits:
        """Return the limits of every site."""
        return SiteLimits(
            common=_limits(self.failover_share, self.inlet_recommended, self.inlet_allowable),
            sites={
                site: _limits(
                    _first(own.failover_share, self.failover_share),
                    _first(own.inlet_recommended, self.inlet_recommended),
                    _first(own.inlet_allowable, self.inlet_allowable),
                )
                for site, own in self.sites.items()
            },
        )


def _first(own: float | None, common: float) -> float:
    return common if own is None else own


def _limits(failover: float, recommended: float, allowable: float) -> RackLimits:
    return RackLimits(
        failover_load_ratio=failover,
        inlet_recommended_celsius=recommended,
        inlet_allowable_celsius=allowable,
    )


Condition = Callable[[str, RackLimits], str]
"""Writes the PromQL of a condition, given the matchers of its sites in braces and their limits."""


def for_each_site(limits: SiteLimits, condition: Condition) -> str:
    """Return the PromQL of a condition by the limits of every site."""
    if not limits.sites:
        return condition("", limits.common)
    others = ",".join(f'site!="{site}"' for site in limits.sites)
    return " or ".join(
        (
            condition(f"{{{others}}}", limits.common),
            *(condition(f'{{site="{site}"}}', own) for site, own in limits.sites.items()),
        )
    )
