"""Which outlets feed which device of a rack, by the names of the outlets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.web.views.contents import DeviceView, ElevationView
from agent.web.views.feeds import OutletView


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugView:
    """A device, where it stands, and the outlets that are named after it."""

    device: DeviceView
    outlets: Sequence[OutletView]


def plugs(elevation: ElevationView | None, outlets: Sequence[OutletView]) -> list[PlugView]:
    """Return the devices of a rack that outlets are named after.

    An outlet `gpu-01 PSU 2` feeds the device `gpu-01`. Where several names match, the longest one
    counts: the outlet `gpu-01-b` feeds the device `gpu-01-b`.
    """
    if elevation is None:
        return []
    devices = [*elevation.placed, *elevation.elsewhere]
    longest = sorted(devices, key=lambda one: len(one.node), reverse=True)
    patterns = [(one.node, _names(one.node)) for one in longest]
    found: dict[str, list[OutletView]] = {}
    for outlet in outlets:
        owner = next((node for node, pattern in patterns if pattern.search(outlet.name)), None)
        if owner is not None:
            found.setdefault(owner, []).append(outlet)
    return [PlugView(device=one, outlets=found[one.node]) for one in devices if one.node in found]


def _names(node: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(node)}(?!\w)", re.IGNORECASE)
