"""The counters of a site: energy, carbon and water since the ledger began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.ledger.ledger import Ledger
from agent.pue.it_choice import ItChoices
from agent.pue.site_hours import SiteHours

_COUNTED: Final = {"green": "renewable", "reused": "reused", "carbon": "carbon", "water": "water"}
"""What is counted beside facility and IT energy, by point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The totals at a time."""

    time: int
    totals: Mapping[str, float]


class Totals:
    """Counters that never fall.

    A late reading may correct a sum downwards by a little, and a counter that fell would look like
    a restart.
    """

    def __init__(self, ledger: Ledger, hours: SiteHours, choices: ItChoices) -> None:
        self._ledger, self._hours, self._choices = ledger, hours, choices
        self._known: dict[str, _Known] = {}

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
            found["facility"] = sum(-points[p] if p == "export" else points[p] for p in facility)
        it = self._it(site, time)
        if it:
            found["it"] = it
        return found | {name: points[point] for point, name in _COUNTED.items() if point in points}

    def _it(self, site: str, time: int) -> float:
        """Return the IT energy: each hour at the point that was chosen then, as every window has it."""
        periods = self._choices.periods(site, time)
        parts = (self._hours.total(site, one.point, one.start, one.end) for one in periods)
        return sum(part for part in parts if part is not None)
