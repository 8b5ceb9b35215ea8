"""The weekly report as its sheet shows it: the rows that fit, and how many are left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.report.model import (
    WINDOWS,
    DayEnergy,
    HubPue,
    MeterLoss,
    Overhead,
    RackWeek,
    SitePue,
    WeekReport,
    Window,
)

_MAX_SITES: Final = 5
_MAX_RACKS: Final = 6
_MAX_METERS: Final = 6
_MAX_NOTES: Final = 4
_FULL_COVERAGE: Final = 0.995
"""A day that was covered for less than this share is marked."""
_DENSE_ROWS: Final = 8
"""With more promises and sites than this the text is smaller, so that the sheet stays one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PueRow:
    """A row of the PUE table: a site, or (without a name) the whole hub."""

    site: str
    pue: Mapping[Window, SitePue | HubPue | None]
    more_sites: int = 0
    """How many sites have no row of their own; they are in the hub's total."""

    @property
    def week(self) -> SitePue | HubPue | None:
        """The window of the week itself."""
        return self.pue["week"]

    @property
    def is_part(self) -> bool:
        """Whether some sites of the hub have no PUE this week."""
        week = self.week
        return isinstance(week, HubPue) and week.sites != week.of


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A day with the lengths of its bars: shares of the week's largest facility energy of a day."""

    day: DayEnergy
    facility_share: float
    it_share: float

    @property
    def weekday(self) -> int:
        """0 for Monday."""
        return dt.date.fromisoformat(self.day.day).weekday()

    @property
    def is_thin(self) -> bool:
        """Whether less of the day is covered than `_FULL_COVERAGE`."""
        return self.day.coverage < _FULL_COVERAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """What the sheet shows of a report."""

    report: WeekReport
    is_dense: bool
    """Whether the text is smaller."""
    pue_rows: Sequence[PueRow]
    days: Sequence[DayRow]
    overheads: Sequence[Overhead]
    racks: Sequence[RackWeek]
    more_racks: int
    meters: Sequence[MeterLoss]
    more_meters: int
    meters_of_several_sites: bool
    notes: Sequence[tuple[str, str]]
    """What a reader of the figures must know: the site's name, and a note in English."""


def view_of(report: WeekReport) -> ReportView:
    """Choose what fits on one sheet."""
    racks, meters = report.of_racks.racks_needing, report.of_meters.meters_lost
    notes = dict.fromkeys((site.name, note) for site in report.sites for note in site.notes)
    rows = len(report.promises) + min(len(report.sites), _MAX_SITES + 1)
    return ReportView(
        report=report,
        is_dense=rows > _DENSE_ROWS,
        pue_rows=_pue_rows(report),
        days=_days(report.days),
        overheads=[one for one in report.overheads if one.joules],
        racks=racks[:_MAX_RACKS],
        more_racks=max(0, len(racks) - _MAX_RACKS),
        meters=meters[:_MAX_METERS],
        more_meters=max(0, len(meters) - _MAX_METERS),
        meters_of_several_sites=len({one.site for one in meters}) > 1,
        notes=list(notes)[:_MAX_NOTES],
    )


def _pue_rows(report: WeekReport) -> list[PueRow]:
    """Return the first sites; where there are several, the whole hub follows."""
    rows = [
        PueRow(site=site.name, pue={name: site.pue[name] for name in WINDOWS})
        for site in report.sites[:_MAX_SITES]
    ]
    if len(report.sites) > 1:
        more = max(0, len(report.sites) - _MAX_SITES)
        rows.append(PueRow(site="", pue=report.hub_pue, more_sites=more))
    return rows


def _days(days: Sequence[DayEnergy]) -> list[DayRow]:
    largest = max((day.facility_joules for day in days), default=0.0) or 1.0
    return [
        DayRow(
            day=day,
            facility_share=day.facility_joules / largest,
            it_share=day.it_joules / largest,
        )
        for day in days
    ]
