"""What is uncertain of a site's energies because of its meters' registers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from agent.ledger.doubts import Doubt, Lull, Uncertain, Unseen
from agent.ledger.energy import HOUR_MS
from agent.ledger.ledger import Ledger
from agent.ledger.register_steps import ImportedRegister, Register
from agent.ledger.store.changes import Subject
from agent.ledger.stretches import CountedTime, Stretch
from agent.pue.boundaries import Boundaries
from agent.pue.lulls import LullJudge
from agent.pue.places import Place
from agent.pue.uncertainty import RegisterDoubt

_Points = tuple[str, tuple[str, ...]]
"""A site, and some of its points."""


_MINOR_MS: Final = 31 * 24 * HOUR_MS
"""Milliseconds. In a longer window, a cut through a stretch of at most an hour does not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighted:
    """A limit of error in some time, and by which factor it counts.

    `is_minor`: only a cut through a stretch of at most an hour. `is_apart`: it has a cause of its
    own, and adds up by squares.
    """

    start: int
    factor: float
    limit: Callable[[int, int, CountedTime | None], float]
    is_minor: bool
    is_apart: bool


class _Limits:
    """Limits of error, in order of time; of a window only those within it are looked at."""

    def __init__(self, found: Iterable[_Weighted], longest: int) -> None:
        ordered = sorted(found, key=lambda one: one.start)
        self._longest = longest
        self._all, self._major = ordered, [one for one in ordered if not one.is_minor]
        self._starts = [one.start for one in self._all]
        self._major_starts = [one.start for one in self._major]

    def over(
        self, start: int, end: int, counted: CountedTime | None
    ) -> Iterator[tuple[_Weighted, float]]:
        """Yield those of a window, and how many joules each is at the point."""
        is_long = end - start > _MINOR_MS
        found = self._major if is_long else self._all
        starts = self._major_starts if is_long else self._starts
        first = bisect_left(starts, start - self._longest)
        for one in found[first : bisect_left(starts, end)]:
            yield one, one.factor * one.limit(start, end, counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """In which steps a place's registers count, in joules as they count at the point.

    Those that were imported reach until a time in milliseconds.
    """

    live: float
    imported: float
    until: int

    @classmethod
    def of(
        cls,
        place: Place,
        numbers: Sequence[int],
        live: Mapping[int, Register],
        imported: Mapping[int, ImportedRegister],
    ) -> _Steps:
        """Return those of a place whose meters have some numbers; the coarsest of them counts."""
        known = [imported[number] for number in numbers if number in imported]
        steps = [live[number].step for number in numbers if number in live]
        factor = abs(place.factor)
        return cls(
            live=factor * max(steps, default=0),
            imported=factor * max((one.step for one in known), default=0),
            until=max((one.until for one in known), default=0),
        )

    def squared(self, start: int) -> float:
        """Return the square of the step that counts in a window from `start` on."""
        return max(self.live, self.imported if start < self.until else 0.0) ** 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _PointSteps:
    """The steps of some points: the sum of squares where nothing was imported, and the others."""

    live: float
    others: list[_Steps]


class RegisterDoubts:
    """Knows the registers' steps, and the stretches of which only the total energy is known."""

    def __init__(self, ledger: Ledger, boundaries: Boundaries) -> None:
        self._ledger, self._boundaries = ledger, boundaries
        self._registers: dict[int, Register] = {}
        self._imported: dict[int, ImportedRegister] = {}
        self._register_change = -1
        self._known: dict[Subject, Mapping[int, Sequence[Stretch | Uncertain]]] = {}
        self._changes: dict[Subject, int] = {}
        self._steps: dict[_Points, _PointSteps] = {}
        self._weighted: dict[_Points, _Limits] = {}
        self._lulls = LullJudge(ledger, boundaries)

    def refresh(self, *, boundaries_changed: bool) -> None:
        """Read again what has changed in the database."""
        if boundaries_changed:
            self._steps.clear()
            self._weighted.clear()
            self._lulls.forget()
        with self._ledger.reader.read() as tables:
            number = tables.changes.number("register")
            if number != self._register_change:
                self._registers, self._imported = (
                    tables.registers.all(),
                    tables.registers.imported(),
                )
                self._register_change = number
                self._steps.clear()
            for table in (tables.stretches, tables.doubts, tables.unseen, tables.lulls):
                number = tables.changes.number(table.subject)
                if number != self._changes.get(table.subject):
                    self._known[table.subject] = table.all()
                    self._changes[table.subject] = number
                    self._weighted.clear()

    def follow_sums(self) -> None:
        """Take in that sums of hours have changed, by which some doubts are judged."""
        self._lulls.refresh()

    def at(
        self, site: str, points: tuple[str, ...], start: int, end: int, counted: CountedTime | None
    ) -> RegisterDoubt:
        """Return what is uncertain of the energy at some points over a window.

        `counted` tells how much of a stretch counts; None where all of the window does.
        """
        cut = unseen = 0.0
        for one, joules in self._limits_at(site, points).over(start, end, counted):
            if one.is_apart:
                unseen += joules**2
            else:
                cut += joules
        return RegisterDoubt(steps=self._steps_at(site, points, start), cut=cut, unseen=unseen)

    def _steps_at(self, site: str, points: tuple[str, ...], start: int) -> float:
        """Return the sum of the squares of the steps that count in a window from `start` on."""
        found = self._steps.get((site, points))
        if found is None:
            steps = [
                _Steps.of(
                    place,
                    self._boundaries.numbers(site, place),
                    self._registers,
                    self._imported,
                )
                for place in self._places(site, points)
            ]
            found = self._steps[site, points] = _PointSteps(
                live=sum(one.live**2 for one in steps if not one.imported),
                others=[one for one in steps if one.imported],
            )
        return found.live + sum(one.squared(start) for one in found.others)

    def _limits_at(self, site: str, points: tuple[str, ...]) -> _Limits:
        found = self._weighted.get((site, points))
        if found is None:
            found = self._weighted[site, points] = self._limits(site, points)
        return found

    def _limits(self, site: str, points: tuple[str, ...]) -> _Limits:
        """Return all that is uncertain of the meters at some points."""
        found: list[_Weighted] = []
        longest = 0
        for place in self._places(site, points) if any(self._known.values()) else ():
            for number in self._boundaries.numbers(site, place):
                for one in (one for known in self._known.values() for one in known.get(number, ())):
                    longest = max(longest, one.end - one.start)
                    found.append(
                        _Weighted(
                            start=one.start,
                            factor=abs(place.factor),
                            limit=partial(self._lulls.limit, site, place, one)
                            if isinstance(one, Lull)
                            else one.limit,
                            is_minor=isinstance(one, Doubt) and one.is_minor,
                            is_apart=isinstance(one, Unseen),
                        )
                    )
        return _Limits(found, longest)

    def _places(self, site: str, points: tuple[str, ...]) -> Iterable[Place]:
        places = self._boundaries.by_site[site].places
        return (place for point in points for place in places.get(point, ()))
