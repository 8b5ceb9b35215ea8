"""Where a rack stands on the floor plan: NetBox has no such fields, so they are custom ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, get_args

Facing = Literal["", "N", "E", "S", "W"]
_FARTHEST: Final = 1e6
"""As in an inventory file: a number beyond it is no place in a room."""


class PlaceFields(NamedTuple):
    """The names of the custom fields of a rack that hold its place."""

    x: str = "hubgauge_x"
    y: str = "hubgauge_y"
    facing: str = "hubgauge_facing"


PLACE_FIELDS: Final = PlaceFields()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rack stands, in metres or floor tiles, and which way its front looks."""

    x: float | None = None
    y: float | None = None
    facing: Facing = ""


def place_of(
    custom: Mapping[str, Any], names: PlaceFields, problem: Callable[[str], None]
) -> Place:
    """Return what a rack's custom fields state. What cannot be read is not stated, and noted."""
    return Place(
        x=_number(custom, names.x, problem),
        y=_number(custom, names.y, problem),
        facing=_facing(custom, names.facing, problem),
    )


def _number(custom: Mapping[str, Any], name: str, problem: Callable[[str], None]) -> float | None:
    value = custom.get(name)
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if abs(number) <= _FARTHEST:
        return number
    span = f"from {-_FARTHEST:.0f} to {_FARTHEST:.0f}"
    problem(f"{name}: expected a number {span}, got {str(value)[:80]!r}")
    return None


def _facing(custom: Mapping[str, Any], name: str, problem: Callable[[str], None]) -> Facing:
    value = custom.get(name)
    if value is None:
        return ""
    written = value.strip().upper() if isinstance(value, str) else None
    for known in get_args(Facing):
        if written == known:
            facing: Facing = known
            return facing
    problem(f"{name}: expected one of N, E, S, W, got {str(value)[:80]!r}")
    return ""
