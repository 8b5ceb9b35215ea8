"""Alerts on the year's PUE as a budget of overhead energy.

A limit L on the year's PUE allows (L - 1) joules of overhead for each joule of IT. A window's burn
rate is its overhead over what is allowed, (PUE - 1) / (L - 1): at 1 the year ends at the limit, at
1.5 half as much again is used. As with the error budgets of Google's SRE workbook (chapter 5), each
alert needs a high rate in two windows. The long one shows that it matters, the short one that it
still goes on. So an alert ends soon after its cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collectors.catalogue import site
from collectors.catalogue.limits import MIN_COVERAGE
from collectors.catalogue.rack_limits import SiteLimits, matcher
from dashboards.alerts.base import SITE, Alert, Case, common_place, series
from dashboards.alerts.limit import by_label
from dashboards.language import Text
from dashboards.promql import for_rule, of
from dashboards.signals import pue

_BURN: Final = pue.PUE_BURN.record
_PUE: Final = pue.SITE_PUE.record
_ON_SITE: Final = "on (hub, site)"
_REQUIRED: Final = for_rule(f"min by (hub, site) ({of(site.SITE_PUE_REQUIRED)})")


def _covered(window: str) -> str:
    """Return the condition that a window is metered well enough for its PUE to be trusted."""
    coverage = f'min by (hub, site) ({pue.PUE_COVERAGE.recorded()}{{window="{window}"}})'
    return f"and {_ON_SITE} {coverage} >= {MIN_COVERAGE}"


def _over(window: str, own: SiteLimits) -> str:
    """Return the condition that a site burns its budget faster than it may."""
    parts = [(matcher("site", site), rate) for site, rate in own.site_burn_rates.items()]
    others = "".join(f",{matcher('site', site, '!=')}" for site in own.site_burn_rates)
    burning = " or ".join(
        f'max by (hub, site) ({_BURN}{{window="{window}"{of_sites}}}) > {rate:g}'
        for of_sites, rate in ((others, own.burn_rate), *((f",{of}", rate) for of, rate in parts))
    )
    return f"(({burning}) {_covered(window)})" if parts else f"({burning} {_covered(window)})"


def _above_required(window: str) -> str:
    found = f'max by (hub, site) ({_PUE}{{window="{window}"}})'
    return f"({found} > {_ON_SITE} {_REQUIRED} {_covered(window)})"


def _pues(
    place: Mapping[str, str] = SITE, coverage: str = "0.97x120", **windows: str
) -> dict[str, str]:
    named = {"hour": "1h", "day": "1d", "month": "30d"}
    found = {
        series(site.SITE_PUE, place, category="2", window=named[name]): values
        for name, values in windows.items()
    }
    covered = {
        series(site.SITE_PUE_COVERAGE, place, window=named[name]): coverage for name in windows
    }
    return (
        found
        | covered
        | {
            series(site.SITE_PUE_LIMIT, place): "1.2x120",
            series(site.SITE_PUE_REQUIRED, place): "1.18x120",
        }
    )


def alerts(own: SiteLimits) -> tuple[Alert, ...]:
    """Return the alerts on the budget by these limits; cases are of a site without its own."""
    return (_burns_fast(own), _BURNS_SLOW)


def _burns_fast(own: SiteLimits) -> Alert:
    """Return the alert on a high burn rate over a day and over its last hour.

    In the cases the limit is 1.2, so a PUE of 1 + 0.2 x is a burn rate of x.
    """
    place = common_place(own, SITE)
    rate = own.burn_rate
    day, hour, calm = (f"{1 + 0.2 * (rate + more):g}x60" for more in (0.1, 0.25, -1.0))
    return Alert(
        name="PueBudgetBurnFast",
        expr=f"{_over('1d', own)} and {_ON_SITE} {_over('1h', own)}",
        wait="15m",
        severity="warning",
        summary=Text(
            "{{ $labels.site }} uses overhead energy {{ $value | humanize }} times as fast as its"
            " PUE limit allows: look at the cooling first.",
        ),
        limit=by_label(
            f"{own.burn_rate:g}",
            "site",
            {site: f"{rate:g}" for site, rate in own.site_burn_rates.items()},
        ),
        description=(
            f"More than {own.burn_rate:g} times what is allowed over a day, and in the last hour"
            " too: a fault or a wrong set point, not the season."
        ),
        must_fire=Case(
            series=_pues(place, hour=hour, day=day),
            at="30m",
            fires=place,
            value=f"{rate + 0.1:.4g}",
        ),
        must_not_fire=Case(series=_pues(place, hour=calm, day=day), at="30m"),
        also_quiet=(Case(series=_pues(place, hour=hour, day=day, coverage="0.0049x60"), at="30m"),),
    )


_BURNS_SLOW: Final = Alert(
    name="PueBudgetBurnSlow",
    expr=f"{_above_required('30d')} and {_ON_SITE} {_above_required('1d')}",
    wait="1h",
    severity="info",
    summary=Text(
        "{{ $labels.site }} averaged {{ $value | humanize }} over a month, more than the rest"
        " of the year may: plan what will lower it.",
    ),
    description=(
        "At the month's pace the year ends above the limit. In summer that may be the season;"
        " the forecast of the target says more."
    ),
    must_fire=Case(
        series=_pues(day="1.21x120", month="1.2x120"), at="90m", fires=SITE, value="1.2"
    ),
    must_not_fire=Case(series=_pues(day="1.15x120", month="1.2x120"), at="90m"),
    also_quiet=(Case(series=_pues(day="1.21x120", month="1.2x120", coverage="0.5x120"), at="90m"),),
)
