"""What is summed beside PUE: reused energy, water, carbon, and the parts of the overhead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from agent.inventory.model import NOT_IT
from agent.pue.boundary import Boundary

OVERHEADS: Final = ("cooling", "ups", "distribution", "lighting", "other")
"""Where the energy goes that does not reach IT, as far as it is metered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One amount beside PUE: the energy at `point`, less that at `less` where it names a point."""

    name: str
    point: str
    less: str = ""

    @property
    def points(self) -> tuple[str, ...]:
        """The points that must be covered for it."""
        return (self.point, self.less) if self.less else (self.point,)


def sides_of(boundary: Boundary, it_point: str) -> tuple[Side, ...]:
    """Return what is summed beside PUE where IT is metered at `it_point`."""
    return _sides_of(boundary.method, boundary.electrical, tuple(boundary.places), it_point)


@cache
def _sides_of(
    method: str, electrical: tuple[str, ...], metered: tuple[str, ...], it_point: str
) -> tuple[Side, ...]:
    found = [Side(name=name, point=name) for name in ("reused", "water") if name in metered]
    if method == "incoming":
        found.append(Side(name="carbon", point="carbon"))
    path = [point for point in electrical if point in metered]
    path = path[: path.index(it_point) + 1] if it_point in path else []
    if path[:1] == ["ups_input"]:
        # The UPS's loss is what goes in less what comes out at the next metered point.
        found.append(Side(name="ups", point="ups_input", less=path[1]))
        path = path[1:]
    if path[1:]:
        found.append(Side(name="distribution", point=path[0], less=it_point))
    found += [Side(name=point, point=point) for point in NOT_IT if point in metered]
    return tuple(found)
