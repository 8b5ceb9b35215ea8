"""A NetBox with power panels."""

from __future__ import annotations

from tests.agent.inventory.netbox.data import Data


def panels() -> Data:
    """Return two racks: one between two panels, one at an unrated panel and one rated too low."""
    data = Data("v4")
    site = data.site("one")
    sides = [data.panel(site, f"RPP-{side}", custom_fields={"amperes": 63}) for side in "AB"]
    small = data.panel(site, "small", custom_fields={"amperes": 10})
    unrated = data.panel(site, "unrated", custom_fields={"amperes": None})
    for name, at in (("R1", sides), ("R2", [unrated, small])):
        rack = data.rack(site, name)
        for side, panel in zip("AB", at, strict=True):
            data.feed(panel, rack, f"{name}-{side}", amperes=63 if panel is small else 32)
    return data
