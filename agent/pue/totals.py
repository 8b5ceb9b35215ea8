"""The counters of a site: energy, carbon and water since the ledger began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.ledger.ledger import Ledger
from agent.pue.boundary import Boundary
from agent.pue.hour_sums import facility_cells, facility_over
from agent.pue.it_choice import ItChoices
from agent.pue.site_hours import SiteHours

_COUNTED: Final = {"green": "renewable", "reused": "reused", "carbon": "carbon", "water": "water"}
"""What is counted beside facility and IT energy, by point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The totals at a time."""

    time: int
    totals: Mapping[str, float]


@dataclass(slots=True, kw_only=True)
class _Uneven:
    """Hours in which not all of a facility's points cover the same cells, with what is too much."""

    boundary: Boundary
    generation: int | None = None
    joules: dict[int, float] = field(default_factory=dict)


class Totals:
    """Counters that never fall.

    A late reading may correct a sum downwards by a little, and a counter that fell would look like
    a restart.
    """

    def __init__(self, ledger: Ledger, hours: SiteHours, choices: ItChoices) -> None:
        self._ledger, self._hours, self._choices = ledger, hours, choices
        self._known: dict[str, _Known] = {}
        self._uneven: dict[str, _Uneven] = {}

    def at(self, site: str, time: int) -> Mapping[str, float]:
        """Return a site's totals by name; they are read once for each `time`.

        `facility`, `it`, `renewable` and `reused` are in joules, `carbon` in kilograms, `water` in
        litres.
        """
        known = self._known.get(site)
        if known is not None and known.time == time:
            return known.totals
        totals = {
            name: self._ledger.highest_total(site, name, amount)
            for name, amount in self._sums(site, time).items()
        }
        if totals:
            self._known[site] = _Known(time=time, totals=totals)
        return totals

    def _sums(self, site: str, time: int) -> dict[str, float]:
        points = self._hours.totals(site)
        found: dict[str, float] = {}
        facility = [p for p in self._hours.boundaries[site].facility_points if p in points]
        if facility:
            gross = sum(-points[p] if p == "export" else points[p] for p in facility)
            found["facility"] = max(0.0, gross - self._half_known(site))
        it = self._it(site, time)
        if it:
            found["it"] = it
        return found | {name: points[point] for point, name in _COUNTED.items() if point in points}

    def _half_known(self, site: str) -> float:
        """Return the energy of cells in which some supplies, or what left, were not heard.

        Without what left it would be too much, and a counter never takes it back.
        """
        boundary = self._hours.boundaries[site]
        known = self._uneven.get(site)
        if known is None or known.boundary != boundary:
            known = self._uneven[site] = _Uneven(boundary=boundary)
        known.generation, changed = self._hours.changed(known.generation)
        for one in changed:
            if one.site == site:
                known.joules.pop(one.hour, None)
        hours = self._hours.uneven(site, boundary.facility_points)
        for hour in hours:
            if hour not in known.joules:
                points = self._hours.hour(site, hour)
                mask = facility_cells(hour, points, boundary)
                each = (
                    (-1 if point == "export" else 1) * points[point].over(points[point].mask)
                    for point in boundary.facility_points
                    if point in points
                )
                known.joules[hour] = sum(each) - facility_over(points, boundary, mask)
        return sum(known.joules[hour] for hour in hours)

    def _it(self, site: str, time: int) -> float:
        """Return the IT energy: each hour at the point chosen then, as every window has it."""
        return sum(
            self._hours.total(site, one.point, one.start, one.end)
            for one in self._choices.periods(site, time)
        )
