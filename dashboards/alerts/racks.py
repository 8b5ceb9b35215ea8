"""Alerts on racks: one feed that cannot carry both, a rack above its rating, heat at the inlet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collectors.catalogue import limits
from collectors.catalogue import rack as metrics
from collectors.catalogue.needs import GRAVITY
from collectors.catalogue.rack_limits import SiteLimits, for_each_place
from dashboards.alerts.base import RACK, Alert, Case, common_place, series
from dashboards.alerts.limit import fixed, percent, rack_celsius, rack_share
from dashboards.language import Text
from dashboards.signals import rack, rack_limits


def _failover(values: str, place: Mapping[str, str] = RACK) -> dict[str, str]:
    return {series(metrics.RACK_FAILOVER_LOAD, place): values}


def _power(values: str) -> dict[str, str]:
    return {series(metrics.RACK_UTILIZATION, RACK, kind="power"): values}


def _inlet(values: str, place: Mapping[str, str] = RACK) -> dict[str, str]:
    return {series(metrics.RACK_INLET_TEMPERATURE, place): values}


def alerts(own: SiteLimits) -> tuple[Alert, ...]:
    """Return the alerts on racks by these limits; their cases are of a site without its own."""
    return (_failover_tight(own), *_FIXED, _hot(own), _too_hot(own), _HEATING_FAST)


def _failover_tight(own: SiteLimits) -> Alert:
    place = common_place(own, RACK)
    share = own.common.failover_load_ratio
    beyond, within = round(share + (1 - share) / 4, 4), round(share - 0.05, 4)
    load = rack_limits.FAILOVER_EACH.recorded()
    return Alert(
        name=GRAVITY["failover_tight"].alert,
        expr=for_each_place(
            own, lambda of, limit: f"{load}{of} > {limit.failover_load_ratio:g} <= 1"
        ),
        wait=GRAVITY["failover_tight"].wait,
        severity=GRAVITY["failover_tight"].severity,
        summary=Text(
            "Rack {{ $labels.rack }} of {{ $labels.site }}: losing a feed loads the other to"
            " {{ $value | humanizePercentage }}: place no more load here.",
        ),
        limit=rack_share(own, lambda limit: limit.failover_load_ratio),
        description=(
            f"Above {100 * share:g} % of one feed's capacity there is no room for the loads that"
            " start together after a power cut."
        ),
        must_fire=Case(
            series=_failover(f"{beyond:g}x40", place),
            at="20m",
            fires=place,
            value=f"{100 * beyond:.4g}%",
        ),
        must_not_fire=Case(series=_failover(f"{beyond:g}x10 {within:g}x30", place), at="30m"),
    )


def _hot(own: SiteLimits) -> Alert:
    place = common_place(own, RACK)
    warm, most = own.common.inlet_recommended_celsius, own.common.inlet_allowable_celsius
    between = round(warm + min(2.0, (most - warm) / 2), 4)
    inlet = rack_limits.INLET_EACH.recorded()
    return Alert(
        name=GRAVITY["hot"].alert,
        expr=for_each_place(
            own,
            lambda of, limit: (
                f"{inlet}{of} > {limit.inlet_recommended_celsius:g}"
                f" <= {limit.inlet_allowable_celsius:g}"
            ),
        ),
        wait=GRAVITY["hot"].wait,
        severity=GRAVITY["hot"].severity,
        summary=Text(
            "Rack {{ $labels.rack }} of {{ $labels.site }} breathes {{ $value }} °C: check"
            " blanking panels, tiles and the cooling unit nearby.",
        ),
        limit=rack_celsius(own, lambda limit: limit.inlet_recommended_celsius),
        description=(
            f"Above {warm:g} °C the inlet leaves the recommended range. ASHRAE TC 9.9 recommends"
            f" up to {limits.INLET_RECOMMENDED:g} °C."
        ),
        must_fire=Case(
            series=_inlet(f"{between:g}x40", place), at="20m", fires=place, value=f"{between:g}"
        ),
        must_not_fire=Case(series=_inlet(f"{warm - 0.5:g}x40", place), at="20m"),
    )


def _too_hot(own: SiteLimits) -> Alert:
    place = common_place(own, RACK)
    most = own.common.inlet_allowable_celsius
    inlet = rack_limits.INLET_EACH.recorded()
    return Alert(
        name=GRAVITY["too_hot"].alert,
        expr=for_each_place(
            own, lambda of, limit: f"{inlet}{of} > {limit.inlet_allowable_celsius:g}"
        ),
        wait=GRAVITY["too_hot"].wait,
        severity=GRAVITY["too_hot"].severity,
        summary=Text(
            "Rack {{ $labels.rack }} of {{ $labels.site }} breathes {{ $value }} °C: restore"
            " cooling or shut load down before it does so itself.",
        ),
        limit=rack_celsius(own, lambda limit: limit.inlet_allowable_celsius),
        description=(
            f"Above {most:g} °C the inlet is outside what is allowed. ASHRAE TC 9.9 allows class"
            f" A1 equipment {limits.INLET_ALLOWABLE:g} °C."
        ),
        must_fire=Case(
            series=_inlet(f"{most + 2:g}x20", place), at="10m", fires=place, value=f"{most + 2:g}"
        ),
        must_not_fire=Case(series=_inlet(f"{most - 2:g}x3 {most + 2:g}x20", place), at="6m"),
    )


_FIXED: Final = (
    Alert(
        name=GRAVITY["failover_lost"].alert,
        expr=f"{rack_limits.FAILOVER_EACH.recorded()} > 1",
        wait=GRAVITY["failover_lost"].wait,
        severity=GRAVITY["failover_lost"].severity,
        summary=Text(
            "Rack {{ $labels.rack }} of {{ $labels.site }} goes dark if a feed is lost"
            " ({{ $value | humanizePercentage }}): move load today.",
        ),
        limit=percent(1.0),
        description=(
            "All feeds together carry more than the smallest of them can: redundancy exists on"
            " paper only."
        ),
        must_fire=Case(series=_failover("1.1x20"), at="10m", fires=RACK, value="110%"),
        must_not_fire=Case(series=_failover("0.95x20"), at="10m"),
    ),
    Alert(
        name=GRAVITY["over"].alert,
        expr=f"{rack.POWER_EACH.recorded()} > {limits.POWER_LIMIT:g}",
        wait=GRAVITY["over"].wait,
        severity=GRAVITY["over"].severity,
        summary=Text(
            "Rack {{ $labels.rack }} of {{ $labels.site }} draws"
            " {{ $value | humanizePercentage }} of its rating: shed load before a breaker does.",
        ),
        limit=percent(limits.POWER_LIMIT),
        description="The rack draws more than the inventory says it may.",
        must_fire=Case(series=_power("1.05x20"), at="10m", fires=RACK, value="105%"),
        must_not_fire=Case(series=_power("0.9x3 1.05x20"), at="6m"),
    ),
)
"""Alerts without a limit that an operator can set: a lost failover, and the rack's rating."""

_HEATING_FAST: Final = Alert(
    name="RackHeatingFast",
    expr=(
        f"{rack_limits.INLET_EACH.recorded()} - {rack_limits.INLET_EACH.recorded()} offset"
        f" {limits.HEATING_MINUTES}m > {limits.HEATING_LIMIT:g}"
    ),
    wait="2m",
    severity="critical",
    summary=Text(
        "Rack {{ $labels.rack }} of {{ $labels.site }}: the inlet is {{ $value }} K warmer"
        " than a quarter of an hour ago: see whether cooling has stopped.",
    ),
    limit=fixed(f"{limits.HEATING_LIMIT:g} K in {limits.HEATING_MINUTES} min"),
    description=(
        "ASHRAE TC 9.9 allows 5 K in 15 minutes. Without cooling, a dense row passes its"
        " limits within minutes."
    ),
    must_fire=Case(
        series=_inlet("22x20 23 24 25 26 27 28 29 30 30x10"), at="29m", fires=RACK, value="8"
    ),
    must_not_fire=Case(series=_inlet("22x20 22.3 22.6 22.9 23.2 23.5 24 24.5 25 25x10"), at="29m"),
)
