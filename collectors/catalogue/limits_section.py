"""The section `limits:` of the config file, from which board, rules and alerts get their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Final

from collectors.catalogue.limits import (
    BURN_LIMIT,
    FAILOVER_LIMIT,
    INLET_ALLOWABLE,
    INLET_RECOMMENDED,
    SILENT_SECONDS,
    STALE_SECONDS,
)
from collectors.catalogue.rack_limits import Ages, LimitedPlace, RackLimits, SiteLimits
from collectors.strict import Duration, Range

Celsius = Annotated[float, Range(least=10.0, most=60.0)]
Share = Annotated[float, Range(least=0.1, most=0.99)]
BurnRate = Annotated[float, Range(least=1.01, most=100.0)]
_KINDS: Final = (
    "ats",
    "cooling",
    "dcplant",
    "device",
    "generator",
    "ipmi",
    "meter",
    "node",
    "pdu",
    "redfish",
    "sensor",
    "ups",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimits:
    """Limits of a row or of a rack. A key that is not given is as around it."""

    inlet_recommended: Celsius | None = None
    inlet_allowable: Celsius | None = None
    failover_share: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSiteLimits:
    """Limits of one site. A key that is not given is as for all sites."""

    inlet_recommended: Celsius | None = None
    inlet_allowable: Celsius | None = None
    failover_share: Share | None = None
    burn_rate: BurnRate | None = None
    rows: dict[str, OwnLimits] = field(
        default_factory=dict, metadata={"help": "other limits for single rows, by row"}
    )
    racks: dict[str, OwnLimits] = field(
        default_factory=dict, metadata={"help": "other limits for single racks, by rack"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAges:
    """How long devices of one kind may be silent."""

    silent_after: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsSection:
    """The limits of racks and devices, for board, API, `rules build` and `dashboards build`."""

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
    burn_rate: BurnRate = field(
        default=BURN_LIMIT,
        metadata={
            "help": (
                "overhead over what the year's PUE limit allows; above it PueBudgetBurnFast fires"
            )
        },
    )
    silent_after: Duration = field(
        default=float(SILENT_SECONDS),
        metadata={"help": "a device that does not answer for longer fires DeviceSilentLong"},
    )
    stale_after: Duration = field(
        default=float(STALE_SECONDS),
        metadata={"help": "an inventory of NetBox that is older fires InventoryStale"},
    )
    kinds: dict[str, OwnAges] = field(
        default_factory=dict,
        metadata={"help": f"other ages by the kind of device: {', '.join(_KINDS)}"},
    )
    sites: dict[str, OwnSiteLimits] = field(
        default_factory=dict, metadata={"help": "other limits for single sites, by site"}
    )

    def __post_init__(self) -> None:
        """Check the kinds, and that the milder limit comes first everywhere."""
        for kind in self.kinds:
            if kind not in _KINDS:
                raise ValueError(f"kinds: expected one of {', '.join(_KINDS)}, got {kind!r}")
        made = self.by_site()
        for place, one in ((None, made.common), *made.places.items()):
            if one.inlet_recommended_celsius >= one.inlet_allowable_celsius:
                at = f"at {place.rack or place.row or place.site} " if place is not None else ""
                raise ValueError(
                    f"{'sites' if at else 'inlet_recommended'}: expected {at}less than"
                    f" inlet_allowable ({one.inlet_allowable_celsius:g}), got"
                    f" {one.inlet_recommended_celsius:g}"
                )

    def by_site(self) -> SiteLimits:
        """Return the limits of every place."""
        burn = {site: own.burn_rate for site, own in self.sites.items()}
        return SiteLimits(
            common=RackLimits(
                failover_load_ratio=self.failover_share,
                inlet_recommended_celsius=self.inlet_recommended,
                inlet_allowable_celsius=self.inlet_allowable,
            ),
            places=dict(self._places()),
            burn_rate=self.burn_rate,
            site_burn_rates={site: rate for site, rate in burn.items() if rate is not None},
            ages=Ages(
                silent_seconds=self.silent_after,
                stale_seconds=self.stale_after,
                kinds={kind: own.silent_after for kind, own in self.kinds.items()},
            ),
        )

    def _places(self) -> Iterator[tuple[LimitedPlace, RackLimits]]:
        """Yield sites, rows and racks with their limits, of which each knows all."""
        common = {
            "inlet_recommended": self.inlet_recommended,
            "inlet_allowable": self.inlet_allowable,
            "failover_share": self.failover_share,
        }
        for site, own in self.sites.items():
            here = common | _given(own, common)
            yield LimitedPlace(site=site), _limits(here)
            for row, of_row in own.rows.items():
                yield LimitedPlace(site=site, row=row), _limits(here | _given(of_row, common))
            for rack, of_rack in own.racks.items():
                alone = _given(of_rack, common)
                yield LimitedPlace(site=site, rack=rack), _limits(here | alone)
                for row, of_row in own.rows.items():  # the config does not say which row it is in
                    both = here | _given(of_row, common) | alone
                    yield LimitedPlace(site=site, row=row, rack=rack), _limits(both)


def _given(own: OwnSiteLimits | OwnLimits, keys: Mapping[str, float]) -> dict[str, float]:
    """Return the limits that a place states itself."""
    named = {one.name: getattr(own, one.name) for one in fields(own) if one.name in keys}
    return {key: value for key, value in named.items() if value is not None}


def _limits(values: Mapping[str, float]) -> RackLimits:
    return RackLimits(
        failover_load_ratio=values["failover_share"],
        inlet_recommended_celsius=values["inlet_recommended"],
        inlet_allowable_celsius=values["inlet_allowable"],
    )
