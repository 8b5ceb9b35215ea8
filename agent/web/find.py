"""Finding a rack: by its own name, by a PDU's that feeds it, by a node's that stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent.web.view import BoardView
from agent.web.views import racks as rack_views
from agent.web.views.rack import RackView

MOST: Final = 50
"""So many racks are named; who wants more asks more exactly."""


def find(view: BoardView, text: str, site: str = "") -> list[tuple[RackView, str]]:
    """Return the racks a text speaks of, of one site or all, the exact first; with the name that it was found by."""
    wanted = text.strip().casefold()
    if not wanted:
        return []
    by_site = rack_views.read(view.snapshot, view.hub)
    racks = {
        one.rack: one for key, found in by_site.items() if not site or key == site for one in found
    }
    best: dict[str, tuple[int, str]] = {}
    for name, rack in _names(view, racks):
        rank = _rank(name.casefold(), wanted)
        if rank is not None and rack in racks and (rack not in best or rank < best[rack][0]):
            best[rack] = (rank, name)
    order = sorted(best, key=lambda rack: (best[rack][0], racks[rack].site, len(rack), rack))
    return [(racks[rack], best[rack][1]) for rack in order[:MOST]]


def _rank(name: str, wanted: str) -> int | None:
    """Return how well a name fits, 0 the best; None where it does not."""
    at = name.find(wanted)
    return None if at < 0 else 0 if name == wanted else 1 if at == 0 else 2


def _names(view: BoardView, racks: dict[str, RackView]) -> Iterator[tuple[str, str]]:
    """Yield every name that somebody may look for, with its rack."""
    for rack in racks:
        yield rack, rack
    if view.inventory is None:
        return
    for pdu, feed in view.inventory.pdus.items():
        yield pdu, feed.rack.rack
    for rack_, device in view.inventory.devices():
        yield device.node, rack_.rack
