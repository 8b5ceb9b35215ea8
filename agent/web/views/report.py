"""A report as its sheet shows it: the rows that fit, and how many are left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.report.model import (
    WINDOWS,
    HubPue,
    HubReport,
    MeterLoss,
    Overhead,
    PartEnergy,
    RackReport,
    SitePue,
    SiteReport,
    StatedEmission,
    Window,
)
from agent.report.period import Kind
from collectors.catalogue.limits import MIN_COVERAGE

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
    kind: Kind
    pue: Mapping[Window, SitePue | HubPue | None]
    more_sites: int = 0
    """How many sites have no row of their own; they are in the hub's total."""

    @property
    def own(self) -> SitePue | HubPue | None:
        """The window of the period itself."""
        return self.pue[self.kind]

    @property
    def is_part(self) -> bool:
        """Whether some sites of the hub have no PUE in the period."""
        own = self.own
        return isinstance(own, HubPue) and own.sites != own.of


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """A day or a month with the lengths of its bars: shares of the largest facility energy."""

    name: str
    """Such as `2026-11-09` or `2026-11`."""
    part: PartEnergy
    facility_share: float
    it_share: float

    @property
    def weekday(self) -> int | None:
        """0 for Monday; None for a month."""
        return dt.date.fromisoformat(self.name).weekday() if self.name.count("-") > 1 else None

    @property
    def is_thin(self) -> bool:
        """Whether less of the part is covered than `_FULL_COVERAGE`."""
        return self.part.coverage < _FULL_COVERAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """What the sheet shows of a report."""

    report: HubReport
    is_dense: bool
    """Whether the text is smaller. A dense week has no room for the curve of a year."""
    is_covered: bool
    """Whether enough of the period is covered at every site to say that all is well."""
    windows: Sequence[Window]
    pue_rows: Sequence[PueRow]
    parts: Sequence[PartRow]
    """The days of a week, or the months of a year; a month has a curve of its days instead."""
    overheads: Sequence[Overhead]
    factors: Sequence[SiteReport]
    """The sites of which carbon, renewable or reused energy or water is known."""
    emissions: Sequence[StatedEmission]
    racks: Sequence[RackReport]
    more_racks: int
    meters: Sequence[MeterLoss]
    more_meters: int
    meters_of_several_sites: bool
    notes: Sequence[tuple[str, str]]
    """What a reader of the figures must know: the site's name, and a note in English."""


def view_of(report: HubReport) -> ReportView:
    """Choose what fits on one sheet."""
    racks, meters = report.of_racks.racks_needing, report.of_meters.meters_lost
    notes = dict.fromkeys((site.name, note) for site in report.sites for note in site.notes)
    rows = len(report.promises) + min(len(report.sites), _MAX_SITES + 1)
    factors = [] if report.kind == "week" else [one for one in report.sites if _has_factors(one)]
    return ReportView(
        report=report,
        is_dense=rows > _DENSE_ROWS or report.kind != "week",
        is_covered=all(site.pue[report.kind].coverage >= MIN_COVERAGE for site in report.sites),
        windows=WINDOWS[report.kind],
        pue_rows=_pue_rows(report),
        parts=_parts(report),
        overheads=[one for one in report.overheads if one.joules],
        factors=factors,
        emissions=list(dict.fromkeys(one for site in factors for one in site.factors.emissions)),
        racks=racks[:_MAX_RACKS],
        more_racks=max(0, len(racks) - _MAX_RACKS),
        meters=meters[:_MAX_METERS],
        more_meters=max(0, len(meters) - _MAX_METERS),
        meters_of_several_sites=len({one.site for one in meters}) > 1,
        notes=list(notes)[:_MAX_NOTES],
    )


def _has_factors(site: SiteReport) -> bool:
    found = site.factors
    known = (
        found.renewable_ratio,
        found.reused_ratio,
        found.carbon_kilograms,
        found.water_liters,
    )
    return any(one is not None for one in known)


def _pue_rows(report: HubReport) -> list[PueRow]:
    """Return the first sites; where there are several, the whole hub follows."""
    rows = [
        PueRow(site=site.name, kind=report.kind, pue=site.pue) for site in report.sites[:_MAX_SITES]
    ]
    if len(report.sites) > 1:
        more = max(0, len(report.sites) - _MAX_SITES)
        rows.append(PueRow(site="", kind=report.kind, pue=report.hub_pue, more_sites=more))
    return rows


def _parts(report: HubReport) -> list[PartRow]:
    named: list[tuple[str, PartEnergy]] = []
    if report.kind == "week":
        named = [(one.day, one) for one in report.days]
    elif report.kind == "year":
        named = [(one.month, one) for one in report.months if one.month[:4] == report.period]
    largest = max((part.facility_joules for _, part in named), default=0.0) or 1.0
    return [
        PartRow(
            name=name,
            part=part,
            facility_share=part.facility_joules / largest,
            it_share=part.it_joules / largest,
        )
        for name, part in named
    ]
