"""The energy of a week: PUE by site and window, the hub's PUE, overhead by subsystem, days."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from agent.pue.model import PueResult
from agent.pue.pue import Pue
from agent.report.model import (
    DayEnergy,
    HubPue,
    Overhead,
    SiteOverhead,
    SitePue,
    SiteWeek,
    Window,
)
from agent.report.week import Week
from collectors.catalogue.limits import MIN_COVERAGE

_DAY: Final = 86_400.0
_WEEK: Final = 7 * _DAY
_MONTH: Final = 30 * _DAY


def site_week(pue: Pue, site: str, week: Week) -> SiteWeek:
    """Return one site's part of the report."""
    new_year = dt.datetime.fromtimestamp(week.end - 1, week.zone).replace(
        month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    bounds: dict[Window, tuple[float, float]] = {
        "week": (week.start, week.end),
        "before": (week.start - _WEEK, week.start),
        "30d": (week.end - _MONTH, week.end),
        "ytd": (new_year.timestamp(), week.end),
    }
    found = {name: pue.between(site, start, end) for name, (start, end) in bounds.items()}
    this_week = found["week"]
    return SiteWeek(
        site=site,
        name=pue.hours.sites[site].name or site,
        pue={name: _site_pue(result) for name, result in found.items()},
        notes=list(this_week.notes),
        overheads=[
            SiteOverhead(subsystem=one.subsystem, joules=one.joules, coverage=one.coverage)
            for one in this_week.overheads
        ],
    )


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


def overheads(sites: Sequence[SiteWeek]) -> list[Overhead]:
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


def days(pue: Pue, sites: Sequence[str], week: Week) -> list[DayEnergy]:
    """Return the energy of each local day of the week, as far as it has come."""
    found = []
    start = dt.datetime.fromtimestamp(week.start, week.zone)
    while start.timestamp() < week.end:
        next_day = start + dt.timedelta(days=1)
        found.append(_day(pue, sites, start, next_day, min(next_day.timestamp(), week.end)))
        start = next_day
    return found


def _day(
    pue: Pue, sites: Sequence[str], start: dt.datetime, next_day: dt.datetime, end: float
) -> DayEnergy:
    """Return a day up to `end`; its coverage is of the whole day."""
    results = [pue.between(site, start.timestamp(), end) for site in sites]
    facility = sum(one.facility_joules for one in results)
    it = sum(one.it_joules for one in results)
    coverage = sum(one.coverage for one in results) / len(results) if results else 0.0
    past = (end - start.timestamp()) / (next_day.timestamp() - start.timestamp())
    return DayEnergy(
        day=f"{start:%Y-%m-%d}",
        facility_joules=facility,
        it_joules=it,
        pue=facility / it if it and facility >= it else None,
        coverage=coverage * past,
    )
