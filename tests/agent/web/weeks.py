"""A made-up week of a hub of 17 sites: as much as a sheet must ever hold."""

from __future__ import annotations

from agent.hubs.model import Registry
from agent.report.model import (
    WINDOWS,
    DayEnergy,
    HubPue,
    MeterLoss,
    MeterTally,
    Overhead,
    RackTally,
    RackWeek,
    SitePue,
    SiteWeek,
    WeekReport,
)
from agent.report.promises import promises
from agent.report.week import Week

KWH = 3.6e6
_IT = 2.4e6 * KWH


def _site(number: int, week: Week) -> SiteWeek:
    pue = 1.18 + number / 100
    return SiteWeek(
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
                start=week.start,
                end=week.end,
            )
            for window in WINDOWS
        },
        notes=["class 2 assumed for meters that state none"],
        overheads=[],
    )


def _racks() -> list[RackWeek]:
    return [
        RackWeek(
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


def _days() -> list[DayEnergy]:
    return [
        DayEnergy(
            day=f"2026-11-{9 + n:02d}",
            facility_joules=4.0e5 * KWH * (n + 7),
            it_joules=3.3e5 * KWH * (n + 7),
            pue=1.21,
            coverage=1.0 if n else 0.8,
        )
        for n in range(7)
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


def made_up(registry: Registry, hub: str, week: Week, *, sites: int = 17) -> WeekReport:
    """Return what `agent.report.weekly.weekly` would of a big hub in a bad week."""
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
    return WeekReport(
        hub=hub,
        week=week.name,
        start=week.start,
        end=week.end,
        whole=week.whole,
        made=week.end + 3600,
        promises=promises(registry, hub, week, {}),
        sites=[_site(n, week) for n in range(sites)],
        hub_pue=dict.fromkeys(WINDOWS, total),
        overheads=_overheads(),
        days=_days(),
        unsummed_hours=3,
        of_racks=RackTally(racks=27_584, racks_needing=_racks(), racks_coverage=0.97),
        of_meters=MeterTally(meters=3400, meters_lost=_meters()),
    )
