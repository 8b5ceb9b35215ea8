"""A site's bought electricity of a year, month by month, and its carbon by both methods.

It is scope 2 of the GHG Protocol: electricity through the meters of point `utility`, hour by hour
times the factor of the hour, once by location and once by market. Energy is that of cells of five
minutes that all these meters covered. Time that is not covered has none; `coverage` says how much
was. Own generators and renewables are not in it: what they burn is scope 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from agent.inventory.model import Site
from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, JOULES_PER_KWH
from agent.pue.pue import Pue
from agent.tenants.carbon import BASES, CarbonFactors
from agent.tenants.statement import CarbonAmount

POINT: Final = "utility"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonMonth:
    """The bought electricity of a month, in kWh, and its carbon by each basis that has a factor."""

    name: str
    seconds: float
    kwh: float
    covered: float
    """Seconds of the month that are covered."""
    carbon: Sequence[CarbonAmount]

    @property
    def coverage(self) -> float:
        """The share of its time that is covered."""
        return self.covered / self.seconds if self.seconds else 0.0

    def by(self, basis: str) -> CarbonAmount | None:
        """Return its carbon by one basis; None where nothing of it has a factor."""
        return next((one for one in self.carbon if one.basis == basis), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonYear:
    """A site's year. A month that has not begun is left out, the present one is cut."""

    site: str
    name: str
    year: int
    whole: bool
    zone: ZoneInfo
    months: Sequence[CarbonMonth]
    total: CarbonMonth


def carbon_year(pue: Pue, site: Site, year: int, now: float, factors: CarbonFactors) -> CarbonYear:
    """Add up a local year up to `now`, in seconds since the epoch."""
    zone = site.zone
    firsts = [dt.datetime(year + n // 12, n % 12 + 1, 1, tzinfo=zone) for n in range(13)]
    times = [round(one.timestamp() * 1000) for one in firsts]
    until = round(now * 1000) // CELL_MS * CELL_MS
    months = [
        _month(f"{first:%Y-%m}", pue, site.site, (start, min(end, until)), factors)
        for first, start, end in zip(firsts, times, times[1:], strict=False)
        if start < until
    ]
    return CarbonYear(
        site=site.site,
        name=site.name or site.site,
        year=year,
        whole=times[-1] <= until,
        zone=zone,
        months=months,
        total=_total(str(year), months),
    )


def _month(
    name: str, pue: Pue, site: str, between: tuple[int, int], factors: CarbonFactors
) -> CarbonMonth:
    start, end = between
    joules, cells = 0.0, 0
    kilograms, known = dict.fromkeys(BASES, 0.0), dict.fromkeys(BASES, 0.0)
    for hour, points in pue.hours.hours(site, start - HOUR_MS + 1, end).items():
        if POINT not in points:
            continue
        mask = points[POINT].mask & _cells(hour, start, end)
        energy = points[POINT].over(mask)
        joules += energy
        cells += mask.bit_count()
        for basis in BASES:
            factor = factors.at(basis, hour / 1000)
            if factor is not None:
                kilograms[basis] += energy / JOULES_PER_KWH * factor
                known[basis] += energy
    return CarbonMonth(
        name=name,
        seconds=(end - start) / 1000,
        kwh=joules / JOULES_PER_KWH,
        covered=cells * CELL_MS / 1000,
        carbon=_amounts(kilograms, known, joules),
    )


def _cells(hour: int, start: int, end: int) -> int:
    """Return the cells of an hour that lie between two times (milliseconds), as bits."""
    return sum(
        1 << n for n in range(CELLS) if start <= hour + n * CELL_MS and hour + n * CELL_MS < end
    )


def _total(name: str, months: Sequence[CarbonMonth]) -> CarbonMonth:
    kwh = sum(one.kwh for one in months)
    kilograms, known = dict.fromkeys(BASES, 0.0), dict.fromkeys(BASES, 0.0)
    for month in months:
        for one in month.carbon:
            kilograms[one.basis] += one.kilograms
            known[one.basis] += one.coverage * month.kwh
    return CarbonMonth(
        name=name,
        seconds=sum(one.seconds for one in months),
        kwh=kwh,
        covered=sum(one.covered for one in months),
        carbon=_amounts(kilograms, known, kwh),
    )


def _amounts(
    kilograms: Mapping[str, float], known: Mapping[str, float], energy: float
) -> Sequence[CarbonAmount]:
    """Return the carbon by each basis of which some of the energy has a factor."""
    return [
        CarbonAmount(
            basis=basis, kilograms=kilograms[basis], coverage=min(1.0, known[basis] / energy)
        )
        for basis in BASES
        if known[basis]
    ]
