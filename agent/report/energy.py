"""The energy of a period: PUE by site and window, the hub's PUE, overhead by subsystem, parts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypedDict

from agent.pue.model import PueResult
from agent.pue.pue import Pue
from agent.report.carbon import site_factors
from agent.report.model import (
    WINDOWS,
    DayEnergy,
    HubPue,
    MonthEnergy,
    Overhead,
    SiteOverhead,
    SitePue,
    SiteReport,
    Window,
)
from agent.report.period import Period, start_before
from collectors.catalogue.limits import MIN_COVERAGE

_DAY: Final = 86_400.0
_THIRTY_DAYS: Final = 30 * _DAY
_MONTHS: Final = 12
"""How many months are told, up to the one in which a period ends."""


def site_report(pue: Pue, site: str, period: Period) -> SiteReport:
    """Return one site's part of the report."""
    bounds = _bounds(period)
    found = {name: pue.between(site, *bounds[name]) for name in WINDOWS[period.kind]}
    own = found[period.kind]
    return SiteReport(
        site=site,
        name=pue.hours.sites[site].name or site,
        pue={name: _site_pue(result) for name, result in found.items()},
        notes=list(own.notes),
        overheads=[
            SiteOverhead(subsystem=one.subsystem, joules=one.joules, coverage=one.coverage)
            for one in own.overheads
        ],
        factors=site_factors(pue, own),
    )


def _bounds(period: Period) -> Mapping[Window, tuple[float, float]]:
    """Return where each window begins and ends, seconds since the epoch."""
    last = dt.datetime.fromtimestamp(period.end - 1, period.zone)
    month = last.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return {
        period.kind: (period.start, period.end),
        "before": (start_before(period), period.start),
        "30d": (period.end - _THIRTY_DAYS, period.end),
        "12m": (_months_before(month, _MONTHS - 1).timestamp(), period.end),
        "ytd": (month.replace(month=1).timestamp(), period.end),
    }


def _months_before(month: dt.datetime, count: int) -> dt.datetime:
    """Return the beginning of the month that is so many months before another."""
    years, months = divmod(month.month - 1 - count, 12)
    return month.replace(year=month.year + years, month=months + 1)


def _site_pue(result: PueResult) -> SitePue:
    return SitePue(
        pue=result.pue,
        state=result.state,
        coverage=result.coverage,
        uncertainty=result.uncertainty,
        category=result.category,
        facility_joules=result.facility_joules,
        it_joules=result.it_joules,
        start=result.start,
        end=result.end,
    )


def hub_pue(sites: Sequence[SitePue]) -> HubPue | None:
    """Return the PUE of a hub: the sums of its sites, never the mean of theirs.

    Only sites that have a PUE count; None if no site has one. Coverage and uncertainty are
    weighted with facility energy.
    """
    valued = [one for one in sites if one.pue is not None]
    it = sum(one.it_joules for one in valued)
    if not it:
        return None
    facility = sum(one.facility_joules for one in valued)
    weights = [one.facility_joules / facility for one in valued]
    coverage = sum(one.coverage * weight for one, weight in zip(valued, weights, strict=True))
    return HubPue(
        pue=facility / it,
        facility_joules=facility,
        it_joules=it,
        coverage=coverage,
        sites=len(valued),
        of=len(sites),
        state="valid" if coverage >= MIN_COVERAGE else "low_coverage",
        uncertainty=_hub_uncertainty(valued, weights),
    )


def _hub_uncertainty(sites: Sequence[SitePue], weights: Sequence[float]) -> float | None:
    """Return the weighted sum of the sites' uncertainties; None if one of them is not known.

    They are added as they are, not in quadrature: meters of different sites are often of the same
    make, so their errors may well have the same sign.
    """
    total = 0.0
    for site, weight in zip(sites, weights, strict=True):
        if site.uncertainty is None:
            return None
        total += site.uncertainty * weight
    return total


def overheads(sites: Sequence[SiteReport]) -> list[Overhead]:
    """Return the overhead of all sites by subsystem."""
    joules: defaultdict[str, float] = defaultdict(float)
    for site in sites:
        for one in site.overheads:
            joules[one.subsystem] += one.joules
    whole = sum(joules.values())
    return [
        Overhead(subsystem=name, joules=value, share=value / whole if whole > 0 else None)
        for name, value in joules.items()
    ]


def days(pue: Pue, sites: Sequence[str], period: Period) -> list[DayEnergy]:
    """Return the energy of each local day of a period, as far as it has come."""
    found = []
    start = dt.datetime.fromtimestamp(period.start, period.zone)
    while start.timestamp() < period.end:
        following = start + dt.timedelta(days=1)
        found.append(
            DayEnergy(day=f"{start:%Y-%m-%d}", **_part(pue, sites, start, following, period.end))
        )
        start = following
    return found


def months(pue: Pue, sites: Sequence[str], period: Period) -> list[MonthEnergy]:
    """Return the energy of the twelve months up to the end of a period."""
    last = dt.datetime.fromtimestamp(period.end - 1, period.zone)
    month = last.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    return [
        MonthEnergy(
            month=f"{_months_before(month, back):%Y-%m}",
            **_part(
                pue,
                sites,
                _months_before(month, back),
                _months_before(month, back - 1),
                period.end,
            ),
        )
        for back in range(_MONTHS - 1, -1, -1)
    ]


class _Part(TypedDict):
    """The fields of `PartEnergy`."""

    facility_joules: float
    it_joules: float
    pue: float | None
    uncertainty: float | None
    category: int | None
    coverage: float


def _part(
    pue: Pue, sites: Sequence[str], start: dt.datetime, following: dt.datetime, end: float
) -> _Part:
    """Return a stretch of time up to `end`; its coverage is of the whole stretch."""
    end = min(following.timestamp(), end)
    results = [pue.between(site, start.timestamp(), end) for site in sites]
    facility = sum(one.facility_joules for one in results)
    it = sum(one.it_joules for one in results)
    coverage = sum(one.coverage for one in results) / len(results) if results else 0.0
    past = (end - start.timestamp()) / (following.timestamp() - start.timestamp())
    categories = {one.category for one in results if one.pue is not None}
    whole = hub_pue([_site_pue(one) for one in results])
    return _Part(
        facility_joules=facility,
        it_joules=it,
        pue=facility / it if it and facility >= it else None,
        uncertainty=whole.uncertainty if whole is not None else None,
        category=categories.pop() if len(categories) == 1 else None,
        coverage=coverage * past,
    )
