"""At which point a site's IT energy is taken: one for all windows, chosen once and stored.

The point decides the category (ISO/IEC 30134-2), so figures of different points must not stand in
one series. A silent point stays chosen: the window is then not covered. Another point nearer to the
supply would give a lower PUE for the same site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.inventory.model import IT_POINTS
from agent.ledger.energy import CELL_MS, HOUR_MS, floor_hour
from agent.ledger.ledger import Ledger
from agent.ledger.store.database import StoreError
from agent.ledger.store.sites import ItChoice
from agent.pue.boundary import Boundary
from agent.pue.model import CATEGORY
from agent.pue.periods import DAY_MS
from agent.pue.window_sums import WindowSums
from collectors.catalogue.limits import MIN_COVERAGE

_BASIS_MS: Final = 365 * DAY_MS
"""Milliseconds over which the points are compared: the longest window that is told."""

_SETTLING_MS: Final = DAY_MS
"""Milliseconds. A change of a new site's first choice within this time is a correction, not a
switch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A change of the point where IT energy is taken, at a time in milliseconds."""

    time: int
    before: str
    after: str

    def note(self, when: str) -> str:
        """Say in words what has changed."""
        return (
            f"IT energy is taken at {self.after} (category {CATEGORY[self.after]}) since {when};"
            f" before, at {self.before} (category {CATEGORY[self.before]})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time, in milliseconds, through which IT energy is taken at one point."""

    point: str
    start: int
    end: int


class ItChoices:
    """Chooses the points, and knows when they changed."""

    def __init__(self, ledger: Ledger, sums: WindowSums, until: int | None = None) -> None:
        """Take the choices made until a time (milliseconds), or all."""
        self._ledger, self._sums, self._until = ledger, sums, until
        self._known: dict[str, list[ItChoice]] = {}

    def update(
        self, boundaries: Mapping[str, Boundary], now: int, *, store: bool, summed: bool
    ) -> None:
        """Choose for every site, at a time in milliseconds; `store` writes what is new.

        Without `summed` there are hours that are not summed yet. The latest are summed first, and
        points must not be compared by these alone: so a choice that is not made yet waits.
        """
        for site, boundary in boundaries.items():
            known = self._known.get(site)
            if known is None:
                with self._ledger.reader.read() as tables:
                    choices = tables.sites.it_choices(site)
                # The first one is also true of the time before it.
                known = self._known[site] = [
                    one
                    for n, one in enumerate(choices)
                    if n == 0 or self._until is None or one.time <= self._until
                ]
            if not summed and len(boundary.it_candidates) > 1:
                continue
            wanted = self._wanted(boundary, known[-1].point if known else "", now)
            if not wanted or (known and known[-1].point == wanted):
                continue
            new = ItChoice(now, wanted)
            replaced = len(known) == 1 and now - known[0].time < _SETTLING_MS
            if store:
                with suppress(StoreError), self._ledger.store.transaction() as tables:
                    if replaced:
                        tables.sites.forget_it_choice(site, known[0].time)
                    tables.sites.choose_it(site, new)
            self._known[site] = [new] if replaced else [*known, new]

    def _wanted(self, boundary: Boundary, last: str, now: int) -> str:
        """Return the point to take IT energy at; empty while no time is covered at any.

        It is the deepest one that was metered for at least 0.9 of the time that any other was. What
        was chosen before stays, unless the inventory does not list it any more or such a point is
        deeper.
        """
        candidates = boundary.it_candidates
        if len(candidates) == 1:
            return candidates[0]
        cells = self._covered(boundary, candidates, now)
        if not any(cells.values()):
            return last if last in candidates else ""
        wanted = _deepest(cells)
        if last in candidates and IT_POINTS.index(last) <= IT_POINTS.index(wanted):
            return last
        return wanted

    def _covered(self, boundary: Boundary, candidates: Sequence[str], now: int) -> dict[str, float]:
        """Return in how many cells of a year each point was covered together with the facility.

        It is the year up to now, or else the last one of which there is anything.
        """
        found: dict[str, float] = {}
        for end in self._ends(boundary.site, candidates, now):
            start = end - _BASIS_MS
            found = {
                point: self._sums.over(boundary.site, point, start, end).cells
                for point in candidates
            }
            if any(found.values()):
                break
        return found

    def _ends(self, site: str, candidates: Sequence[str], now: int) -> Iterator[int]:
        end = now - now % CELL_MS
        yield end
        with self._ledger.reader.read() as tables:
            last = tables.site_hours.last_hour(site, candidates)
        if last is not None and last < end - _BASIS_MS:
            yield last + DAY_MS

    def deepest(self, boundary: Boundary, start: int, end: int) -> str:
        """Return the point that suits a time best, where nothing is chosen yet."""
        cells = {
            point: self._sums.over(boundary.site, point, start, end).cells
            for point in boundary.it_candidates
        }
        return _deepest(cells)

    def at(self, site: str, time: int | None = None) -> str:
        """Return the point chosen at a time (milliseconds), or now; empty where none is yet."""
        known = self._known.get(site, [])
        if not known:
            return ""
        if time is None:
            return known[-1].point
        return next((one.point for one in reversed(known) if one.time <= time), known[0].point)

    def periods(self, site: str, end: int) -> list[Period]:
        """Return the times of each choice until `end`; the first is also true of all before it."""
        known = self._known.get(site, [])
        edges = [0, *(floor_hour(one.time) for one in known[1:]), floor_hour(end) + HOUR_MS]
        return [
            Period(point=one.point, start=start, end=stop)
            for one, (start, stop) in zip(known, pairwise(edges), strict=False)
        ]

    def switches(self, site: str, start: int) -> list[Switch]:
        """Return the changes after a time, in milliseconds."""
        known = self._known.get(site, [])
        return [
            Switch(time=after.time, before=before.point, after=after.point)
            for before, after in pairwise(known)
            if after.time > start
        ]


def _deepest(cells: Mapping[str, float]) -> str:
    """Return the deepest point that was covered for at least 0.9 of the time that any other was.

    The points are in order, the deepest first; empty where there is none.
    """
    most = max(cells.values(), default=0.0)
    return next((point for point, each in cells.items() if each >= MIN_COVERAGE * most), "")
