"""A made-up report of a hub of 17 sites: as much as a sheet must ever hold."""

from __future__ import annotations

import datetime as dt

from agent.hubs.model import Registry
from agent.report.model import (
    WINDOWS,
    DayEnergy,
    HubPue,
    HubReport,
    MeterLoss,
    MeterTally,
    MonthEnergy,
    Overhead,
    RackReport,
    RackTally,
    SiteFactors,
    SitePue,
    SiteReport,
    StatedEmission,
)
from agent.report.period import Period
from agent.report.promises import promises

KWH = 3.6e6
_IT = 2.4e6 * KWH


def _site(number: int, period: Period) -> SiteReport:
    pue = 1.18 + number / 100
    return SiteReport(
        site=f"site-{number:02d}",
        name=f"Computing centre no. {number} of Gui'an",
        pue={
            window: SitePue(
                pue=pue,
                state="low_coverage" if window == "ytd" else "valid",
                coverage=0.6 if window == "ytd" else 1.0,
                uncertainty=0.007,
                category=2,
                facility_joules=_IT * pue,
                it_joules=_IT,
                start=period.start,
                end=period.end,
            )
            for window in WINDOWS[period.kind]
        },
        notes=["class 2 assumed for meters that state none"],
        overheads=[],
        factors=SiteFactors(
            renewable_ratio=0.31,
            reused_ratio=None,
            carbon_kilograms=1.25e6,
            carbon_kilograms_per_kilowatt_hour=0.62,
            carbon_basis="location",
            carbon_coverage=0.98,
            emissions=[
                StatedEmission(
                    kilograms_per_kilowatt_hour=0.5703, basis="location", source="MEE 2022"
                )
            ],
            water_liters=3.1e6,
            water_liters_per_kilowatt_hour=1.3,
            water_coverage=0.7,
        ),
    )


def _racks() -> list[RackReport]:
    return [
        RackReport(
            rack=f"R{n:03d}",
            site="site-00",
            row="R",
            over_hours=40 - n,
            failover_hours=168 - n,
            silent_hours=n,
            peak_watts=8100.0,
            rated_watts=8000.0,
        )
        for n in range(30)
    ]


def _meters() -> list[MeterLoss]:
    return [
        MeterLoss(
            site=f"site-{n % 17:02d}",
            meter=f"meter-{n:02d}",
            point="cooling",
            coverage=n / 40,
            lost_hours=168 * (1 - n / 40),
        )
        for n in range(30)
    ]


def _days(count: int) -> list[DayEnergy]:
    return [
        DayEnergy(
            day=f"2026-11-{9 + n:02d}" if count == 7 else f"2026-10-{n + 1:02d}",
            facility_joules=4.0e5 * KWH * (n + 7),
            it_joules=3.3e5 * KWH * (n + 7),
            pue=1.21,
            uncertainty=0.02,
            category=2,
            coverage=1.0 if n else 0.8,
        )
        for n in range(count)
    ]


def _months(period: Period) -> list[MonthEnergy]:
    """Return twelve months; the first two are not metered, and the category changes in the
    sixth.
    """
    last = dt.datetime.fromtimestamp(period.end - 1, period.zone)
    first = last.year * 12 + last.month - 12
    return [
        MonthEnergy(
            month=f"{(first + n) // 12}-{(first + n) % 12 + 1:02d}",
            facility_joules=1.2e7 * KWH * (n > 1),
            it_joules=1.0e7 * KWH * (n > 1),
            pue=1.2 + n / 100 if n > 1 else None,
            uncertainty=0.01 if n > 1 else None,
            category=None if n < 2 else 1 if n < 6 else 2,
            coverage=1.0 if n > 1 else 0.0,
        )
        for n in range(12)
    ]


def _overheads() -> list[Overhead]:
    shares = {
        "cooling": 0.55,
        "ups": 0.2,
        "distribution": 0.1,
        "lighting": 0.03,
        "other": 0.02,
        "unmetered": 0.1,
    }
    return [
        Overhead(subsystem=name, joules=share * 4e5 * KWH, share=share)
        for name, share in shares.items()
    ]


def made_up(registry: Registry, hub: str, period: Period, *, sites: int = 17) -> HubReport:
    """Return what `agent.report.hub_report` would of a big hub in a bad time."""
    total = HubPue(
        pue=1.26,
        facility_joules=_IT * 1.26,
        it_joules=_IT,
        coverage=1.0,
        sites=16,
        of=17,
        state="valid",
        uncertainty=0.007,
    )
    return HubReport(
        hub=hub,
        kind=period.kind,
        period=period.name,
        week=period.name if period.kind == "week" else "",
        start=period.start,
        end=period.end,
        whole=period.whole,
        made=period.end + 3600,
        promises=promises(registry, hub, period, {}),
        sites=[_site(n, period) for n in range(sites)],
        hub_pue=dict.fromkeys(WINDOWS[period.kind], total),
        overheads=_overheads(),
        days=_days({"week": 7, "month": 31, "year": 0}[period.kind]),
        months=_months(period),
        unsummed_hours=3,
        of_racks=RackTally(racks=27_584, racks_needing=_racks(), racks_coverage=0.97),
        of_meters=MeterTally(meters=3400, meters_lost=_meters()),
    )
