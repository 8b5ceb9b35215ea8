"""A site's PUE for the pages and the API: by window, over time, and against its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.hubs.text import Text
from agent.pue.model import YEAR_SECONDS, PueState, is_interim
from agent.targets.views import HubView
from agent.web.curves import PueTrendView
from agent.web.view import BoardView
from agent.web.views import standing
from agent.web.views.families import by_label, of_site
from collectors.catalogue import site as catalogue
from collectors.catalogue.limits import WINDOWS, YEAR_WINDOW

_METERING: Final = ("meter", "ups", "pdu")
"""Kinds of devices from whose energy a PUE comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PueView:
    """The PUE of one site over one window. None stands for what is not known."""

    window: str
    pue: float | None
    category: str
    """PUE category of ISO/IEC 30134-2: 1, 2 or 3; empty where there is no PUE."""
    state: PueState | str
    interim: bool
    coverage_ratio: float | None
    uncertainty_ratio: float | None
    """Relative and expanded (k = 2)."""
    renewable_energy_ratio: float | None
    facility_joules: float | None
    it_joules: float | None

    @property
    def valid(self) -> bool:
        """Whether enough of the window is metered for its PUE to be judged."""
        return self.state == "valid"

    @property
    def uncertainty(self) -> float | None:
        """The uncertainty in the PUE's own unit; None where there is no PUE or no uncertainty."""
        if self.pue is None or not self.uncertainty_ratio:
            return None
        return self.pue * self.uncertainty_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class PueLimitView:
    """A PUE limit that was stated for a site, for its hub, or for a group the site belongs to."""

    value: float
    name: Text
    """Whose limit it is."""
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePueView:
    """What `/api/sites/{site}/pue` answers."""

    hub: str
    site: str
    limits: Sequence[PueLimitView]
    windows: Sequence[PueView]
    silent: int
    """How many of its meters, UPSs and PDUs that are read do not answer now."""
    required_ratio: float | None
    """The mean PUE that the rest of the year may have at most if the year is to meet its target."""
    trend: PueTrendView | None

    @property
    def limit(self) -> float | None:
        """The lowest limit that applies to the site."""
        return min((one.value for one in self.limits), default=None)

    @property
    def valued(self) -> list[PueView]:
        """The windows that have a PUE, the shortest first."""
        return [window for window in self.windows if window.pue is not None]

    def exceeds(self, window: PueView) -> bool:
        """Tell whether the PUE of a window is above the limit."""
        return self.limit is not None and window.pue is not None and window.pue > self.limit

    @property
    def is_unheard(self) -> bool:
        """Whether the last hour has no PUE, or no valid one while devices are silent."""
        last = next((one for one in self.windows if one.window == WINDOWS[0]), None)
        if last is None or not last.valid:
            return self.silent > 0 or (last is not None and last.state == "no_data")
        return False

    def verdict(self, window: PueView) -> str:
        """Return the state that a window is marked with; empty where no limit is stated.

        A year that keeps its limit is no sign of calm while its last hour was not measured.
        """
        if self.limit is None:
            return ""
        if not window.valid:
            return "unknown"
        if self.exceeds(window):
            return "at_risk"
        return "unknown" if self.is_unheard else "met"

    @property
    def foremost(self) -> PueView | None:
        """The window to show first."""
        return foremost(self.windows)


def foremost(windows: Sequence[PueView]) -> PueView | None:
    """Return the longest valid window of some from short to long, else that with most coverage."""
    valued = [window for window in windows if window.pue is not None]
    valid = [window for window in valued if window.valid]
    if valid:
        return valid[-1]
    return max(valued, key=lambda window: window.coverage_ratio or 0.0, default=None)


def in_order(windows: Mapping[str, object] | set[str]) -> list[str]:
    """Return names of windows from short to long; names that are not in `WINDOWS` come last."""
    return [*(key for key in WINDOWS if key in windows), *sorted(set(windows).difference(WINDOWS))]


def windows(view: BoardView, site: str) -> list[PueView]:
    """Return a site's PUE by window, as the PUE collector last wrote it into the snapshot.

    This function computes no PUE, and no PUE comes from the power of a moment.
    """
    pue = by_label(view, catalogue.SITE_PUE, site, "window")
    category = {
        series.label("window"): series.label("category")
        for series, _ in of_site(view, catalogue.SITE_PUE, site)
    }
    state = {
        series.label("window"): series.label("state")
        for series, value in of_site(view, catalogue.SITE_PUE_STATE, site)
        if value == 1
    }
    coverage = by_label(view, catalogue.SITE_PUE_COVERAGE, site, "window")
    uncertainty = by_label(view, catalogue.SITE_PUE_UNCERTAINTY, site, "window")
    renewable = by_label(view, catalogue.SITE_RENEWABLE, site, "window")
    facility, it = _energy(view, site, "facility"), _energy(view, site, "it")
    return [
        PueView(
            window=window,
            pue=pue.get(window),
            category=category.get(window, ""),
            state=state.get(window, "valid" if window in pue else "no_data"),
            interim=is_interim(
                YEAR_SECONDS if window == YEAR_WINDOW else 0.0, coverage.get(window, 0.0)
            ),
            coverage_ratio=coverage.get(window),
            uncertainty_ratio=uncertainty.get(window),
            renewable_energy_ratio=renewable.get(window),
            facility_joules=facility.get(window),
            it_joules=it.get(window),
        )
        for window in in_order({*pue, *coverage, *state})
    ]


def _energy(view: BoardView, site: str, boundary: str) -> dict[str, float]:
    """Return the energy at one boundary by window, joules."""
    return {
        series.label("window"): value
        for series, value in of_site(view, catalogue.SITE_WINDOW_ENERGY, site)
        if series.label("boundary") == boundary
    }


def limits(view: BoardView, site: str, board: Sequence[HubView]) -> list[PueLimitView]:
    """Return the PUE limits of the scoreboard that apply to a site.

    They are stated for the whole hub, for the site, or for a group that the inventory puts it in.
    """
    known = view.inventory.sites.get(site) if view.inventory is not None else None
    groups = {"hub", site, *(known.scopes if known is not None else ())}
    return [
        PueLimitView(
            value=target.limit,
            name=hub.name if target.scope == "hub" else target.scope_name,
            target=target.id,
        )
        for hub in board
        if hub.hub == view.hub
        for target in hub.targets
        if target.kpi == "pue"
        and target.op == "<="
        and target.limit is not None
        and target.scope in groups
    ]


def read(view: BoardView, site: str, board: Sequence[HubView]) -> SitePueView:
    """Return a site's PUE with the limits that apply to it; `board` is the scoreboard."""
    required = (value for _, value in of_site(view, catalogue.SITE_PUE_REQUIRED, site))
    return SitePueView(
        hub=view.hub,
        site=site,
        limits=limits(view, site, board),
        windows=windows(view, site),
        silent=sum(
            one.silent for one in standing.kinds(view, site) if one.polled and one.kind in _METERING
        ),
        required_ratio=next(required, None),
        trend=view.trends.pue(site, view.over) if view.trends is not None else None,
    )
