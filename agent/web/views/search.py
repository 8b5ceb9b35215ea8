"""Finds racks by their own name, by the name of a PDU that feeds them, or of a node in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent.web.view import BoardView
from agent.web.views import racks
from agent.web.views.rack import RackView, urgent
from agent.web.views.racks import RacksView

MOST: Final = 50
"""The most racks that a search returns."""


def find(view: BoardView, text: str, site: str = "") -> list[tuple[RackView, str]]:
    """Return the racks that a text finds, each with the name it was found by; equal names first.

    Without `site`, the racks of all sites are searched.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return []
    by_site = racks.read(view)
    known = {
        one.rack: one for key, found in by_site.items() if not site or key == site for one in found
    }
    best: dict[str, tuple[int, str]] = {}
    for name, rack in _names(view, known):
        rank = _rank(name.casefold(), wanted)
        if rank is not None and rack in known and (rack not in best or rank < best[rack][0]):
            best[rack] = (rank, name)
    order = sorted(best, key=lambda rack: (best[rack][0], known[rack].site, len(rack), rack))
    return [(known[rack], best[rack][1]) for rack in order[:MOST]]


def choose(
    view: BoardView,
    site: str = "",
    *,
    needing: bool = False,
    row: str | None = None,
    text: str = "",
) -> RacksView:
    """Return what `/api/racks` answers: all racks, or those chosen by site, row, name or need."""
    by_site = racks.read(view)
    chosen = {key: found for key, found in by_site.items() if not site or key == site}
    listed = [one for found in chosen.values() for one in (urgent(found) if needing else found)]
    if row is not None:
        listed = [one for one in listed if one.row == row]
    if text:
        listed = [one for one, _ in find(view, text, site)]
    return racks.table(view, chosen, listed)


def _rank(name: str, wanted: str) -> int | None:
    """Return 0 for an equal name, 1 if it begins with the text, 2 if it contains it, else None."""
    at = name.find(wanted)
    return None if at < 0 else 0 if name == wanted else 1 if at == 0 else 2


def _names(view: BoardView, known: dict[str, RackView]) -> Iterator[tuple[str, str]]:
    """Yield the names of racks, PDUs and nodes, each with its rack."""
    for rack in known:
        yield rack, rack
    if view.inventory is None:
        return
    for pdu, place in view.inventory.pdus.items():
        yield pdu, place.rack.rack
    for rack_, device in view.inventory.devices():
        yield device.node, rack_.rack
