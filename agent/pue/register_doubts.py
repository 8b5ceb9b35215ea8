"""What is uncertain of a site's energies because of its meters' registers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.ledger.energy import HOUR_MS
from agent.ledger.ledger import Ledger
from agent.ledger.register_steps import Register
from agent.ledger.stretches import LOAD_VARIATION, Stretch
from agent.pue.boundaries import Boundaries
from agent.pue.places import Place
from agent.pue.uncertainty import RegisterDoubt

_Points = tuple[str, tuple[str, ...]]
"""A site, and some of its points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighted:
    """A stretch of which only the total is known, and by which factor it counts."""

    factor: float
    stretch: Stretch


class RegisterDoubts:
    """Knows the registers' steps, and the stretches of which only the total energy is known."""

    def __init__(self, ledger: Ledger, boundaries: Boundaries) -> None:
        self._ledger, self._boundaries = ledger, boundaries
        self._registers: dict[int, Register] = {}
        self._stretches: dict[int, list[Stretch]] = {}
        self._register_change = -1
        self._stretch_change = -1
        self._steps: dict[_Points, float] = {}
        self._weighted: dict[_Points, list[_Weighted]] = {}

    def refresh(self, *, boundaries_changed: bool) -> None:
        """Read again what has changed in the database."""
        if boundaries_changed:
            self._steps.clear()
            self._weighted.clear()
        with self._ledger.reader.read() as tables:
            number = tables.changes.number("register")
            if number != self._register_change:
                self._registers, self._register_change = tables.registers.all(), number
                self._steps.clear()
            number = tables.changes.number("stretch")
            if number != self._stretch_change:
                self._stretches, self._stretch_change = tables.stretches.all(), number
                self._weighted.clear()

    def is_register(self, site: str, place: Place, hour: int) -> bool:
        """Tell whether a place had a register by the end of an hour.

        Then the hour was made of its differences, and not of power alone.
        """
        return any(
            self._registers[number].since < hour + HOUR_MS
            for number in self._boundaries.numbers(site, place)
            if number in self._registers
        )

    def at(self, site: str, points: tuple[str, ...], start: int, end: int) -> RegisterDoubt:
        """Return what is uncertain of the energy at some points over a window."""
        return RegisterDoubt(
            steps=self._steps_at(site, points), cut=self._cut(site, points, start, end)
        )

    def _steps_at(self, site: str, points: tuple[str, ...]) -> float:
        found = self._steps.get((site, points))
        if found is None:
            found = 0.0
            for place in self._places(site, points):
                steps = [
                    self._registers[number].step
                    for number in self._boundaries.numbers(site, place)
                    if number in self._registers
                ]
                found += (place.factor * max(steps, default=0)) ** 2
            self._steps[site, points] = found
        return found

    def _cut(self, site: str, points: tuple[str, ...], start: int, end: int) -> float:
        found = self._weighted.get((site, points))
        if found is None:
            found = self._weighted[site, points] = [
                _Weighted(factor=abs(place.factor), stretch=stretch)
                for place in (self._places(site, points) if self._stretches else ())
                for number in self._boundaries.numbers(site, place)
                for stretch in self._stretches.get(number, ())
            ]
        return LOAD_VARIATION * sum(
            one.factor * one.stretch.joules_cut(start, end) for one in found
        )

    def _places(self, site: str, points: tuple[str, ...]) -> Iterable[Place]:
        places = self._boundaries.by_site[site].places
        return (place for point in points for place in places.get(point, ()))
