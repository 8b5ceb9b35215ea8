"""The limits that racks, breakers and devices are held against, where an operator may state others.

The defaults stand in `limits`. The config file's section `limits:` (`limits_section`) is read into
`SiteLimits`. Boards, needs and the generated alerts all read that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.catalogue.limits import (
    BURN_LIMIT,
    FAILOVER_LIMIT,
    INLET_ALLOWABLE,
    INLET_RECOMMENDED,
    SILENT_SECONDS,
    STALE_SECONDS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RackLimits:
    """The limits that the racks and breakers of a place are held against."""

    failover_load_ratio: float = FAILOVER_LIMIT
    """Share of what is left of the supply when a feed is lost, that the load may take."""
    inlet_recommended_celsius: float = INLET_RECOMMENDED
    inlet_allowable_celsius: float = INLET_ALLOWABLE


STANDARD: Final = RackLimits()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LimitedPlace:
    """A rack, a row or a site that has limits of its own."""

    site: str
    row: str = ""
    rack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How long things may be silent or out of date, in seconds."""

    silent_seconds: float = SILENT_SECONDS
    stale_seconds: float = STALE_SECONDS
    kinds: Mapping[str, float] = field(default_factory=dict)
    """Seconds that devices of one kind may be silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimits:
    """The limits of every place: its own, or else those of the greater place around it."""

    common: RackLimits = STANDARD
    places: Mapping[LimitedPlace, RackLimits] = field(default_factory=dict)
    """Whole limits: what a place does not state itself is filled in."""
    burn_rate: float = BURN_LIMIT
    site_burn_rates: Mapping[str, float] = field(default_factory=dict)
    ages: Ages = field(default_factory=Ages)

    def of(self, site: str, row: str = "", rack: str = "") -> RackLimits:
        """Return the limits that hold for a rack, or for all else at a site."""
        if not self.places:
            return self.common
        for place in (
            LimitedPlace(site=site, row=row, rack=rack),
            LimitedPlace(site=site, rack=rack),
            LimitedPlace(site=site, row=row),
            LimitedPlace(site=site),
        ):
            if place in self.places:
                return self.places[place]
        return self.common

    @property
    def sites(self) -> Mapping[str, RackLimits]:
        """The limits of whole sites."""
        return {
            place.site: one
            for place, one in self.places.items()
            if not place.row and not place.rack
        }


Condition = Callable[[str, RackLimits], str]
"""Writes the PromQL of a condition, given the matchers of its places in braces and their limits."""


def for_each_site(limits: SiteLimits, condition: Condition) -> str:
    """Return the PromQL of a condition by the limits of every site."""
    return _joined(limits.common, _whole_sites(limits), condition)


def for_each_place(limits: SiteLimits, condition: Condition) -> str:
    """Return the PromQL of a condition by the limits of every rack, row and site.

    Each rack is in one part of it: the condition of a row leaves out the racks with their own, that
    of a site the rows and the racks.
    """
    parts = []
    for place, own in limits.places.items():
        inside = [one for one in limits.places if one.site == place.site]
        matchers = [matcher("site", place.site)]
        if place.rack:
            matchers.append(matcher("rack", place.rack))
        else:
            racks = dict.fromkeys(one.rack for one in inside if one.rack)
            matchers += [matcher("rack", rack, "!=") for rack in racks]
        if place.row:
            matchers.append(matcher("row", place.row))
        else:
            rows = dict.fromkeys(one.row for one in inside if one.row)
            matchers += [matcher("row", row, "!=") for row in rows]
        parts.append((matchers, own))
    return _joined(limits.common, parts, condition)


def matcher(label: str, value: str, sign: str = "=") -> str:
    """Return a matcher of PromQL."""
    return f"{label}{sign}{json.dumps(value, ensure_ascii=False)}"


_Parts = list[tuple[list[str], RackLimits]]


def _whole_sites(limits: SiteLimits) -> _Parts:
    return [([matcher("site", site)], own) for site, own in limits.sites.items()]


def _joined(common: RackLimits, parts: _Parts, condition: Condition) -> str:
    """Join the conditions of single places and of all others."""
    if not parts:
        return condition("", common)
    sites = dict.fromkeys(matchers[0].replace("=", "!=", 1) for matchers, _ in parts)
    return " or ".join(
        (
            condition(f"{{{','.join(sites)}}}", common),
            *(condition(f"{{{','.join(matchers)}}}", own) for matchers, own in parts),
        )
    )
