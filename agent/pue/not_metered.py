"""What a window's PUE does not know.

That is its uncovered time, time in which meters contradict each other, and what meters took whose
beginning is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.ledger.energy import CELL_MS
from agent.pue.beginnings import Beginnings, Unknown
from agent.pue.boundary import Boundary
from agent.pue.chosen import Chosen
from agent.pue.contradicted import NEVER, Contradicted, contradicted
from agent.pue.model import PartCoverage, Uncovered
from agent.pue.periods import DAY_MS, WEEK_MS, month_edges
from agent.pue.silences import in_a_ring, notes, uncovered
from agent.pue.site_hours import SiteHours
from agent.pue.sums import Sum
from agent.pue.uneven import by_hour, by_weekday, days_of
from agent.pue.uneven import notes as uneven_notes
from agent.pue.window_sums import WindowSums

_BY_MONTH_MS: Final = 62 * DAY_MS
"""Of a window longer than two months, the coverage of each month is told."""

_UNSEEN_DAYS: Final = 14
"""In such a window, nobody saw a part of the year if it was silent for so many days or longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOpen:
    """What was not metered, and by how much it may have moved a PUE."""

    uncovered: Uncovered | None
    unknown: Unknown
    contradicted: Contradicted = NEVER
    changes: Sequence[str] = ()

    def bias(self, total: Sum) -> float:
        """Return by which share of PUE, at most, it may be wrong."""
        if total.facility.joules <= 0 or total.it.joules <= 0:
            return 0.0
        return (
            (0.0 if self.uncovered is None else self.uncovered.bias)
            + self.unknown.facility_joules / total.facility.joules
            + self.unknown.it_joules / total.it.joules
            + self.contradicted.bias(total)
        )

    def notes(self, total: Sum, coverage: float) -> Iterator[str]:
        """Say what a reader must know of it."""
        if self.uncovered is not None:
            yield from notes(self.uncovered, coverage)
            yield from uneven_notes(self.uncovered, coverage)
        if self.contradicted.bias(total) > 0:
            yield self.contradicted.note(total)
        yield from self.unknown.notes()
        yield from self.changes


class NotMetered:
    """Estimates what was not metered; may be asked while the caller holds the sums' lock."""

    def __init__(self, hours: SiteHours, sums: WindowSums) -> None:
        self._hours, self._sums = hours, sums
        self._beginnings = Beginnings(hours)

    def over(self, boundary: Boundary, chosen: Chosen, start: int, end: int) -> LeftOpen:
        """Return what a window leaves open; times are in milliseconds."""
        if not chosen.total.cells:
            return LeftOpen(uncovered=None, unknown=Unknown())

        def covered_seconds(first: int, last: int) -> float:
            return self._covered_ms(boundary.site, chosen.it_point, first, min(last, end)) / 1000

        return LeftOpen(
            uncovered=self._uncovered(boundary.site, chosen, start, end),
            unknown=self._beginnings.before(boundary, chosen.it_point, start, covered_seconds),
            contradicted=contradicted(
                boundary, self._sums.each(boundary.site, chosen.it_point, start, end)
            ),
            changes=tuple(self._beginnings.changes(boundary, chosen.it_point, start, end)),
        )

    def _uncovered(self, site: str, chosen: Chosen, start: int, end: int) -> Uncovered | None:
        if chosen.total.cells * CELL_MS >= end - start:
            return None
        is_long = end - start > _BY_MONTH_MS
        found = uncovered(
            self._sums.slices(site, chosen.it_point, start, end),
            unseen_from=_UNSEEN_DAYS if is_long else None,
        )
        if found is None:
            return None
        zone = self._hours.sites[site].zone
        week = self._sums.mean(site, chosen.it_point, start, end, WEEK_MS)
        day = days_of(week) or self._sums.mean(site, chosen.it_point, start, end, DAY_MS)
        for repeated in (day, week):
            of_them = uncovered(in_a_ring(repeated), unseen_from=1)
            if of_them is not None and of_them.bias > found.bias:
                found = replace(found, bias=of_them.bias)
        months = (
            PartCoverage(
                name=name,
                coverage=self._covered_ms(site, chosen.it_point, first, last) / (last - first),
            )
            for name, first, last in month_edges(start, end, zone)
            if is_long
        )
        return replace(
            found,
            months=tuple(months),
            hours=tuple(by_hour(week, zone)),
            weekdays=tuple(by_weekday(week, zone)),
        )

    def _covered_ms(self, site: str, it_point: str, start: int, end: int) -> float:
        return self._sums.over(site, it_point, start, end).cells * CELL_MS
