"""The overhead of a site (facility less IT energy) by subsystem, and the factors beside PUE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.ledger.energy import JOULES_PER_KWH
from agent.web.view import BoardView
from agent.web.views.families import of_site
from agent.web.views.pue import in_order
from collectors.base import Metric
from collectors.catalogue import site as catalogue

UNMETERED: Final = "unmetered"
_ORDER: Final = ("cooling", "ups", "distribution", "lighting", "other", UNMETERED)

_ENOUGH: Final = 0.8
"""A window with at least this coverage (0 to 1) is shown in place of a longer one with less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverheadPartView:
    """The energy of one subsystem in a window. None stands for what is not known."""

    subsystem: str
    joules: float | None
    coverage_ratio: float | None
    partial_pue_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverheadWindowView:
    """The overhead of one window by subsystem, and the factors beside the PUE.

    ERF is ISO/IEC 30134-6, CUE is -8, WUE is -9.
    """

    window: str
    parts: Sequence[OverheadPartView]
    reused_energy_ratio: float | None
    carbon_usage_kilograms_per_joule: float | None
    carbon_basis: str
    """`location` or `market`; empty where there is no CUE."""
    water_usage_liters_per_joule: float | None
    gb_40879_grade: float | None
    """1 to 3, or 0 for a PUE that reaches no grade of GB 40879-2021."""
    coverage_ratio: float | None

    @property
    def carbon_kilograms_per_kilowatt_hour(self) -> float | None:
        """CUE in the unit it is usually given in."""
        return _per_kilowatt_hour(self.carbon_usage_kilograms_per_joule)

    @property
    def water_liters_per_kilowatt_hour(self) -> float | None:
        """WUE in the unit it is usually given in."""
        return _per_kilowatt_hour(self.water_usage_liters_per_joule)

    @property
    def joules(self) -> float:
        """The sum of the parts whose energy is known."""
        return sum(part.joules or 0.0 for part in self.parts)

    @property
    def largest_joules(self) -> float:
        """The largest part, which has the longest bar; 1 if no part has any energy."""
        return max((part.joules or 0.0 for part in self.parts), default=0.0) or 1.0

    @property
    def has_factors(self) -> bool:
        """Whether any factor beside the PUE is known."""
        factors = (
            self.reused_energy_ratio,
            self.carbon_usage_kilograms_per_joule,
            self.water_usage_liters_per_joule,
            self.gb_40879_grade,
        )
        return any(factor is not None for factor in factors)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverheadView:
    """What `/api/sites/{site}/overhead` answers."""

    hub: str
    site: str
    windows: Sequence[OverheadWindowView]

    @property
    def foremost(self) -> OverheadWindowView | None:
        """The window to show: the longest with enough coverage, else the longest.

        Windows in which no subsystem is metered are left out; None where there is no other.
        """
        metered = [
            window
            for window in self.windows
            if any(part.subsystem != UNMETERED for part in window.parts)
        ]
        covered = [one for one in metered if (one.coverage_ratio or 0.0) >= _ENOUGH]
        return next(reversed(covered or metered), None)


def read(view: BoardView, site: str) -> OverheadView:
    """Return each window's overhead by subsystem with its factors."""
    energy, coverage, partial = (
        _by_part(view, metric, site)
        for metric in (
            catalogue.SITE_OVERHEAD,
            catalogue.SITE_OVERHEAD_COVERAGE,
            catalogue.SITE_PARTIAL_PUE,
        )
    )
    reused, carbon, water, grade, covered = (
        {series.label("window"): value for series, value in of_site(view, metric, site)}
        for metric in (
            catalogue.SITE_REUSED,
            catalogue.SITE_CUE,
            catalogue.SITE_WUE,
            catalogue.SITE_PUE_GRADE,
            catalogue.SITE_PUE_COVERAGE,
        )
    )
    basis = {
        series.label("window"): series.label("basis")
        for series, _ in of_site(view, catalogue.SITE_CUE, site)
    }
    keys = list(dict.fromkeys((*energy, *coverage, *partial)))
    told = {window for window, _ in keys}.union(reused, carbon, water, grade)
    windows = [
        OverheadWindowView(
            window=window,
            parts=[
                OverheadPartView(
                    subsystem=part,
                    joules=energy.get((window, part)),
                    coverage_ratio=coverage.get((window, part)),
                    partial_pue_ratio=partial.get((window, part)),
                )
                for part in sorted((p for w, p in keys if w == window), key=_rank)
            ],
            reused_energy_ratio=reused.get(window),
            carbon_usage_kilograms_per_joule=carbon.get(window),
            carbon_basis=basis.get(window, ""),
            water_usage_liters_per_joule=water.get(window),
            gb_40879_grade=grade.get(window),
            coverage_ratio=covered.get(window),
        )
        for window in in_order(told)
    ]
    return OverheadView(hub=view.hub, site=site, windows=windows)


def _by_part(view: BoardView, metric: Metric, site: str) -> dict[tuple[str, str], float]:
    """Return a site's values by window and subsystem."""
    return {
        (series.label("window"), series.label("subsystem")): value
        for series, value in of_site(view, metric, site)
    }


def _rank(subsystem: str) -> int:
    """Return where a subsystem stands in the list; unknown ones come last."""
    return _ORDER.index(subsystem) if subsystem in _ORDER else len(_ORDER)


def _per_kilowatt_hour(per_joule: float | None) -> float | None:
    return None if per_joule is None else per_joule * JOULES_PER_KWH
