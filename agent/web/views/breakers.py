"""The breakers of a site: the load of each now, and its load if its pair were lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views.families import by_label, of_site
from collectors.base import Metric
from collectors.catalogue import rack

Bounds = Mapping[str, float]
"""A value is at least `lower` and at most `upper`; a bound that is not known is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerView:
    """One breaker. None stands for what is not known."""

    breaker: str
    pair: str
    """The breaker that carries the same racks from the other side; empty for none."""
    upstream: str
    capacity_watts: float | None
    coverage_ratio: float | None
    """Share of the feeds behind the breaker whose PDUs answer, 0 to 1."""
    power_watts: Bounds
    load_ratio: Bounds
    failover_load_ratio: Bounds
    headroom_watts: float | None
    phase_imbalance_ratio: float | None
    phase_load_ratio: Mapping[str, float]
    """Upper bound of the load, by phase."""

    @property
    def tightness(self) -> float:
        """The upper bound of the breaker's load over its capacity, now or with its pair lost."""
        return max(self.load_ratio.get("upper", 0.0), self.failover_load_ratio.get("upper", 0.0))


def read(view: BoardView, site: str) -> Sequence[BreakerView]:
    """Return what `/api/sites/{site}/breakers` answers: a site's breakers, the tightest first."""
    capacity, coverage, headroom, imbalance = (
        by_label(view, metric, site, "breaker")
        for metric in (
            rack.BREAKER_CAPACITY,
            rack.BREAKER_COVERAGE,
            rack.BREAKER_HEADROOM,
            rack.BREAKER_IMBALANCE,
        )
    )
    power, load, failover = (
        _bounds(view, metric, site)
        for metric in (rack.BREAKER_POWER, rack.BREAKER_LOAD, rack.BREAKER_FAILOVER_LOAD)
    )
    phases = _phases(view, site)
    infos = {
        series.label("breaker"): series for series, _ in of_site(view, rack.BREAKER_INFO, site)
    }
    found = [
        BreakerView(
            breaker=name,
            pair=series.label("pair"),
            upstream=series.label("upstream"),
            capacity_watts=capacity.get(name),
            coverage_ratio=coverage.get(name),
            power_watts=power.get(name, {}),
            load_ratio=load.get(name, {}),
            failover_load_ratio=failover.get(name, {}),
            headroom_watts=headroom.get(name),
            phase_imbalance_ratio=imbalance.get(name),
            phase_load_ratio=phases.get(name, {}),
        )
        for name, series in infos.items()
    ]
    return sorted(found, key=lambda one: (-one.tightness, natural(one.breaker)))


def _bounds(view: BoardView, metric: Metric, site: str) -> dict[str, dict[str, float]]:
    """Return both bounds of a metric by breaker."""
    found: dict[str, dict[str, float]] = {}
    for series, value in of_site(view, metric, site):
        found.setdefault(series.label("breaker"), {})[series.label("bound")] = value
    return found


def _phases(view: BoardView, site: str) -> dict[str, dict[str, float]]:
    """Return the upper bound of each phase's load, by breaker."""
    found: dict[str, dict[str, float]] = {}
    for series, value in of_site(view, rack.BREAKER_PHASE_LOAD, site):
        if series.label("bound") == "upper":
            found.setdefault(series.label("breaker"), {})[series.label("phase")] = value
    return found
