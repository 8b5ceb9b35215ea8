"""Alerts on the supply: breakers, lost sides, uneven phases, and rows that fill up."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue import facility, limits, pdu_parts
from collectors.catalogue import rack as metrics
from collectors.catalogue.rack_limits import SiteLimits, for_each_site
from dashboards.alerts.base import RACK, SITE, Alert, Case, common_place, series
from dashboards.alerts.limit import fixed, percent, site_share
from dashboards.language import Text
from dashboards.signals import breaker

BREAKER: Final = {**SITE, "breaker": "rpp-a"}
_PDU: Final = {**RACK, "pdu": "A07-A"}
_ROW: Final = {**SITE, "row": "A"}


def _of(metric: Metric, values: str, **labels: str) -> dict[str, str]:
    return {series(metric, BREAKER, **labels): values}


def _unknown(values: str) -> dict[str, str]:
    """Return a load of which only the upper bound is too high, so that it may be fine."""
    return _of(metrics.BREAKER_LOAD, values, bound="upper") | _of(
        metrics.BREAKER_LOAD, "0.2x40", bound="lower"
    )


def _full(days: float, bound: str = "expected") -> dict[str, str]:
    """Return a row that is full so many days after the case begins, which is in 1970."""
    return {series(metrics.ROW_FULL, _ROW, kind="power", bound=bound): f"{days * breaker.DAY:g}x40"}


def alerts(own: SiteLimits) -> tuple[Alert, ...]:
    """Return the alerts on the supply by these limits; cases are of a site without its own."""
    return (*_FIXED, _failover_tight(own))


def _failover_tight(own: SiteLimits) -> Alert:
    place = common_place(own, BREAKER)
    share = own.common.failover_load_ratio
    beyond, within = round(share + (1 - share) / 4, 4), round(share - 0.05, 4)
    load = breaker.BREAKER_FAILOVER_EACH.recorded()
    return Alert(
        name="BreakerFailoverTight",
        expr=for_each_site(
            own, lambda of, limit: f"{load}{of} > {limit.failover_load_ratio:g} <= 1"
        ),
        wait="15m",
        severity="warning",
        summary=Text(
            "Breaker {{ $labels.breaker }} of {{ $labels.site }}: losing its pair loads it to"
            " {{ $value | humanizePercentage }}: place no more load behind either.",
        ),
        limit=site_share(own, lambda limit: limit.failover_load_ratio),
        description=(
            f"Above {100 * share:g} % of one side's capacity there is no room for the loads that"
            " start together after a power cut."
        ),
        must_fire=Case(
            series={series(metrics.BREAKER_FAILOVER_LOAD, place, bound="lower"): f"{beyond:g}x40"},
            at="20m",
            fires=place,
            value=f"{100 * beyond:.4g}%",
        ),
        must_not_fire=Case(
            series={series(metrics.BREAKER_FAILOVER_LOAD, place, bound="lower"): f"{within:g}x40"}
            | {series(metrics.BREAKER_FAILOVER_LOAD, place, bound="upper"): "0.95x40"},
            at="30m",
        ),
    )


_FIXED: Final = (
    Alert(
        name="BreakerLoadHigh",
        expr=(
            f"{breaker.BREAKER_LOAD_EACH.recorded()} > {limits.CONTINUOUS_LOAD} <="
            f" {limits.TRIP_LIMIT}"
        ),
        wait="15m",
        severity="warning",
        summary=Text(
            "Breaker {{ $labels.breaker }} of {{ $labels.site }} carries"
            " {{ $value | humanizePercentage }} of its rating: place no more load behind it.",
        ),
        limit=percent(limits.CONTINUOUS_LOAD),
        description=(
            "By power, or by the current of its fullest phase. Continuous load above 80 % of a"
            " breaker's rating leaves it no margin."
        ),
        must_fire=Case(
            series=_of(metrics.BREAKER_PHASE_LOAD, "0.9x40", bound="lower", phase="L2")
            | _of(metrics.BREAKER_LOAD, "0.7x40", bound="lower"),
            at="20m",
            fires=BREAKER,
            value="90%",
        ),
        must_not_fire=Case(series=_unknown("0.9x40"), at="30m"),
    ),
    Alert(
        name="BreakerNearTrip",
        expr=f"{breaker.BREAKER_LOAD_EACH.recorded()} > {limits.TRIP_LIMIT}",
        wait="5m",
        severity="critical",
        summary=Text(
            "Breaker {{ $labels.breaker }} of {{ $labels.site }} carries"
            " {{ $value | humanizePercentage }} of its rating: move load off it before it trips.",
        ),
        limit=percent(limits.TRIP_LIMIT),
        description=(
            "By power, or by the current of its fullest phase. A warm breaker trips below its"
            " rated current."
        ),
        must_fire=Case(
            series=_of(metrics.BREAKER_LOAD, "0.98x20", bound="lower"),
            at="10m",
            fires=BREAKER,
            value="98%",
        ),
        must_not_fire=Case(
            series=_of(metrics.BREAKER_LOAD, "0.9x3 0.98x20", bound="lower"), at="6m"
        ),
    ),
    Alert(
        name="BreakerFailoverLost",
        expr=f"{breaker.BREAKER_FAILOVER_EACH.recorded()} > 1",
        wait="5m",
        severity="critical",
        summary=Text(
            "Breaker {{ $labels.breaker }} of {{ $labels.site }} trips if its pair is lost"
            " ({{ $value | humanizePercentage }}): move load today.",
        ),
        limit=percent(1.0),
        description=(
            "Both sides together carry more than one can: everything behind the pair goes dark"
            " with either."
        ),
        must_fire=Case(
            series=_of(metrics.BREAKER_FAILOVER_LOAD, "1.1x20", bound="lower"),
            at="10m",
            fires=BREAKER,
            value="110%",
        ),
        must_not_fire=Case(
            series=_of(metrics.BREAKER_FAILOVER_LOAD, "0.95x20", bound="lower"), at="10m"
        ),
    ),
    Alert(
        name="PduBreakerNearTrip",
        expr=f"{breaker.PDU_NEAR_TRIP.recorded()} > {limits.TRIP_LIMIT}",
        wait="5m",
        severity="critical",
        summary=Text(
            "PDU {{ $labels.pdu }} in rack {{ $labels.rack }} of {{ $labels.site }}: a phase or"
            " bank is at {{ $value | humanizePercentage }}: move a plug before it trips.",
        ),
        limit=percent(limits.TRIP_LIMIT),
        description=(
            "The fullest phase or bank over its rating, as the PDU itself says; the PDU as a"
            " whole may have room."
        ),
        must_fire=Case(
            series={series(pdu_parts.PDU_BANK_LOAD, _PDU, feed="A", bank="2"): "0.97x20"},
            at="10m",
            fires=_PDU,
            value="97%",
        ),
        must_not_fire=Case(
            series={series(facility.PDU_PHASE_LOAD, _PDU, feed="A", phase="L1"): "0.85x20"},
            at="10m",
        ),
    ),
    Alert(
        name="BreakerPhasesUneven",
        expr=f"{breaker.BREAKER_IMBALANCE_EACH.recorded()} > {limits.IMBALANCE_LIMIT}",
        wait="30m",
        severity="info",
        summary=Text(
            "Breaker {{ $labels.breaker }} of {{ $labels.site }}: its phases differ by"
            " {{ $value | humanizePercentage }} of their mean: connect the next racks to the one"
            " with the least load.",
        ),
        limit=percent(limits.IMBALANCE_LIMIT),
        description=(
            "Uneven phases fill one of three before the breaker is full, and load the neutral."
        ),
        must_fire=Case(
            series=_of(metrics.BREAKER_IMBALANCE, "0.4x40"), at="35m", fires=BREAKER, value="40%"
        ),
        must_not_fire=Case(series=_of(metrics.BREAKER_IMBALANCE, "0.2x40"), at="35m"),
    ),
    Alert(
        name="RowFullSoon",
        expr=f"round({breaker.ROW_FULL_EACH.recorded()}) < {limits.FULL_DAYS}",
        wait="30m",
        severity="warning",
        summary=Text(
            "Row {{ $labels.row }} of {{ $labels.site }} is full in {{ $labels.kind }} in"
            " {{ $value | humanize }} days at its present pace: order what comes next.",
        ),
        limit=fixed(f"{limits.FULL_DAYS} d"),
        description=(
            "By the trend of the last half year, robust against single days; the range is in"
            " dc_row_full_timestamp_seconds."
        ),
        must_fire=Case(series=_full(30), at="35m", fires={**_ROW, "kind": "power"}, value="30"),
        must_not_fire=Case(series=_full(90) | _full(30, "earliest"), at="35m"),
    ),
)
