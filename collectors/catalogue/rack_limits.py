"""The limits that racks, breakers and devices are held against, where an operator may state others.

The defaults stand in `limits`. The config file's section `limits:` (`limits_section`) is read into
`SiteLimits`. Boards, needs and the generated alerts all read that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

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


class Matcher(NamedTuple):
    """A matcher of PromQL; several values are alternatives."""

    label: str
    sign: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        """Return its text."""
        if len(self.values) == 1:
            return matcher(self.label, self.values[0], self.sign)
        return matcher(self.label, "|".join(re.escape(one) for one in self.values), "=~")


Part = tuple[Sequence[Matcher], RackLimits]
"""The matchers of places, and their limits."""


def for_each_site(limits: SiteLimits, condition: Condition) -> str:
    """Return the PromQL of a condition by the limits of every site."""
    return _joined(sites_apart(limits), condition)


def for_each_place(limits: SiteLimits, condition: Condition) -> str:
    """Return the PromQL of a condition by the limits of every rack, row and site."""
    return _joined(places_apart(limits), condition)


def matcher(label: str, value: str, sign: str = "=") -> str:
    """Return a matcher of PromQL."""
    return f"{label}{sign}{json.dumps(value, ensure_ascii=False)}"


def sites_apart(limits: SiteLimits) -> list[Part]:
    """Return the sites with limits of their own, each by itself, behind all others."""
    return _behind_others(
        limits.common, [((_equal("site", site),), own) for site, own in limits.sites.items()]
    )


def places_apart(limits: SiteLimits) -> list[Part]:
    """Return the places with limits of their own, each by itself, behind all others.

    Each rack is in one part: that of a row leaves out the racks with their own, that of a site the
    rows and the racks.
    """
    parts: list[Part] = []
    for place, own in limits.places.items():
        inside = [one for one in limits.places if one.site == place.site]
        matchers = [_equal("site", place.site)]
        if place.rack:
            matchers.append(_equal("rack", place.rack))
        else:
            racks = dict.fromkeys(one.rack for one in inside if one.rack)
            matchers += [Matcher("rack", "!=", (rack,)) for rack in racks]
        if place.row:
            matchers.append(_equal("row", place.row))
        else:
            rows = dict.fromkeys(
                one.row for one in inside if one.row and place.rack in ("", one.rack)
            )
            matchers += [Matcher("row", "!=", (row,)) for row in rows]
        parts.append((matchers, own))
    return _behind_others(limits.common, parts)


def sets_apart(
    limits: SiteLimits,
    told: Callable[[RackLimits], object],
    apart: Callable[[SiteLimits], list[Part]] = places_apart,
) -> list[Part]:
    """Return the places apart where what `told` tells of their limits differs, and few of them.

    So a hundred racks with the same limit are one part, and a site is none whose other limits
    are its own.
    """
    return _joined_alike(apart(_differing(limits, told)), told)


def _differing(limits: SiteLimits, told: Callable[[RackLimits], object]) -> SiteLimits:
    """Leave out the places of which `told` tells the same as of what is around them."""
    differ = {
        place for place, own in limits.places.items() if told(own) != told(_around(limits, place))
    }
    racks = {(one.site, one.rack) for one in differ if one.rack}
    sites = {one.site for one in differ}

    def kept(place: LimitedPlace, own: RackLimits) -> bool:
        if place.row and place.rack:  # beside the rack in any other row
            alone = limits.of(place.site, "", place.rack)
            return (place.site, place.rack) in racks and told(own) != told(alone)
        if place.rack:
            return (place.site, place.rack) in racks
        return place in differ if place.row else place.site in sites

    places = {place: own for place, own in limits.places.items() if kept(place, own)}
    return replace(limits, places=places)


def _around(limits: SiteLimits, place: LimitedPlace) -> RackLimits:
    """Return the limits of what a place stands in: a rack in its row, a row in its site."""
    if place == LimitedPlace(site=place.site):
        return limits.common
    return limits.of(place.site, place.row if place.rack else "")


def _joined_alike(parts: Sequence[Part], told: Callable[[RackLimits], object]) -> list[Part]:
    """Join the parts that differ in one site, row or rack alone, and are told the same."""
    for label in ("rack", "row", "site"):
        found: dict[object, Part] = {}
        for matchers, own in parts:
            values = [one.values for one in matchers if one.label == label and one.sign == "="]
            rest = tuple(one for one in matchers if one.label != label or one.sign != "=")
            key = (rest, told(own), bool(values))
            if key in found and values:
                found[key] = (_wider(found[key][0], label, values[0]), own)
            else:
                found[key] = (matchers, own)
        parts = list(found.values())
    return list(parts)


def _wider(matchers: Sequence[Matcher], label: str, values: tuple[str, ...]) -> list[Matcher]:
    """Add values to the matcher of a label."""
    return [
        one._replace(values=(*one.values, *values))
        if one.label == label and one.sign == "="
        else one
        for one in matchers
    ]


def _equal(label: str, value: str) -> Matcher:
    return Matcher(label, "=", (value,))


def _behind_others(common: RackLimits, parts: list[Part]) -> list[Part]:
    """Put the part of all other sites first."""
    sites = dict.fromkeys(matchers[0]._replace(sign="!=") for matchers, _ in parts)
    return [(tuple(sites), common), *parts]


def _joined(parts: Sequence[Part], condition: Condition) -> str:
    """Join the conditions of single places and of all others."""
    return " or ".join(
        condition(f"{{{','.join(map(str, matchers))}}}" if matchers else "", own)
        for matchers, own in parts
    )
