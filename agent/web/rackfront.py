"""A rack seen from the front, as inline SVG: unit 1 is at the bottom, as in the real rack."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from agent.web.format import ends, quantity
from agent.web.page import Page
from agent.web.paths import plug_anchor
from agent.web.views.contents import DeviceView, ElevationView

_UNIT: Final = 13
"""Height of a rack unit in the drawing."""
_WIDTH: Final = 260
_LEFT: Final = 26
"""Width of the numbers beside the rack."""
_NAMED: Final = 30
"""Characters of a device's name that fit beside its power."""
_LOW: Final = 12
"""In a rack of up to this height, such as a wall cabinet, every unit is numbered."""
_STEP: Final = 5
"""In a higher rack, every such unit is numbered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A device, or a free stretch."""

    kind: str
    y: float
    height: int
    name: str
    watts: str
    base: int
    """Height of the text's base line."""
    plug: str = ""
    """The element id of its outlets on the page; empty where no outlet is named after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The number of a rack unit, and the height of its base line."""

    unit: int
    base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The drawing of a rack; places and sizes are in units of the view box."""

    units: int
    width: int
    height: int
    left: int
    boxes: Sequence[Box]
    numbers: Sequence[Number]
    devices: int


def draw(
    page: Page, found: ElevationView, height_units: float | None, plugged: Collection[str]
) -> Markup:
    """Draw the devices of a rack. If its height is not known, the drawing ends at the highest one.

    A device whose name is in `plugged` is a link to its outlets.
    """
    units = int(height_units or 0) or max((one.top for one in found.placed), default=1)
    step = _STEP if units > _LOW else 1
    front = Front(
        units=units,
        width=_WIDTH,
        height=units * _UNIT,
        left=_LEFT,
        boxes=[
            *(_free(units, first, last) for first, last in found.free),
            *(_device(units, one, plugged) for one in found.placed),
        ],
        numbers=[
            Number(unit=unit, base=_base(units, unit))
            for unit in range(1, units + 1)
            if unit == 1 or unit % step == 0
        ],
        devices=len(found.placed),
    )
    return page.render("rack_front.html", front=front)


def _base(units: int, unit: int) -> int:
    """Return the height of the base line of a rack unit's text."""
    return (units - unit + 1) * _UNIT - 3


def _free(units: int, first: int, last: int) -> Box:
    return _box(units, first, last - first + 1, kind="free")


def _device(units: int, one: DeviceView, plugged: Collection[str]) -> Box:
    box = _box(
        units,
        one.position or 1,
        one.units,
        kind="chips" if one.accelerators else "node" if one.agent else "other",
        name=ends(one.node, _NAMED),
        watts=quantity(one.power_watts, "W") if one.power_watts is not None else "",
    )
    return replace(box, plug=plug_anchor(one.node)) if one.node in plugged else box


def _box(
    units: int, position: int, taken: int, *, kind: str, name: str = "", watts: str = ""
) -> Box:
    """Return a box of `taken` units from a position upwards, with a small gap around it."""
    return Box(
        kind=kind,
        y=(units - position - taken + 1) * _UNIT + 0.5,
        height=taken * _UNIT - 1,
        name=name,
        watts=watts,
        base=_base(units, position),
    )
