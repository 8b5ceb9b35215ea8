"""Finds things by name: hubs, sites, rows, racks, PDUs, nodes, outlets, breakers, meters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlencode

from agent.web import paths
from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views import racks, sites
from agent.web.views.families import of_hub
from collectors.catalogue import facility, pdu_parts, rack

Kind = Literal["hub", "site", "row", "rack", "node", "pdu", "outlet", "breaker", "meter", "device"]
_KINDS: Final[tuple[Kind, ...]] = (
    "rack",
    "node",
    "pdu",
    "row",
    "breaker",
    "meter",
    "outlet",
    "device",
    "site",
    "hub",
)
"""The kinds in the order in which they are listed."""
MOST: Final = 60
"""The most things that an answer lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingView:
    """One thing that was found."""

    kind: Kind
    name: str
    place: str
    """Where it is: a site, or a rack."""
    path: str
    """The page that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """What `/api/search` answers."""

    text: str
    found: Sequence[ThingView]
    more: bool
    """Whether more was found than is listed."""


def find(view: BoardView, text: str) -> FoundView:
    """Return the things whose name contains a text, ignoring case.

    Equal names come first, then names that begin with the text. An empty text finds nothing.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return FoundView(text=text, found=[], more=False)
    ranked = []
    for name, one in _things(view):
        at = name.casefold().find(wanted)
        if at >= 0:
            rank = 0 if len(name) == len(wanted) else 1 if at == 0 else 2
            ranked.append((rank, _KINDS.index(one.kind), natural(name), one.place, one))
    ranked.sort(key=lambda each: each[:4])
    return FoundView(text=text, found=[each[-1] for each in ranked[:MOST]], more=len(ranked) > MOST)


def _things(view: BoardView) -> Iterator[tuple[str, ThingView]]:
    """Yield each thing with each of its names."""
    hubs = view.registry.hubs if view.sites is None else {}
    for key, hub in hubs.items():
        for name in dict.fromkeys((key, *(text for _, text in hub.name.items()))):
            yield name, _thing("hub", name, "", paths.hub_path(key))
    known = sites.names(view)
    for site, called in known.items():
        for name in filter(None, dict.fromkeys((site, called))):
            yield name, _thing("site", name, "", paths.site_path(site))
    for site, found in racks.read(view).items():
        for row in dict.fromkeys(one.row for one in found if one.row):
            yield (
                row,
                _thing("row", row, site, f"{paths.site_path(site)}?{urlencode({'row': row})}"),
            )
        for one in found:
            yield one.rack, _thing("rack", one.rack, site, paths.rack_path(site, one.rack))
    yield from _in_racks(view)
    yield from _of_sites(view)


def _in_racks(view: BoardView) -> Iterator[tuple[str, ThingView]]:
    """Yield PDUs, nodes and named outlets; each leads to its place on the page of its rack."""
    pdus = {
        (series.label("site"), series.label("rack"), series.label("pdu"))
        for series, _ in of_hub(view, facility.PDU_UP)
    }
    if view.inventory is not None:
        pdus |= {(at.rack.site, at.rack.rack, pdu) for pdu, at in view.inventory.pdus.items()}
        for at, device in view.inventory.devices():
            path = paths.rack_path(at.site, at.rack)
            yield device.node, _thing("node", device.node, at.rack, path)
    for site, at_rack, pdu in pdus:
        yield pdu, _thing("pdu", pdu, at_rack, paths.rack_path(site, at_rack))
    for series, _ in of_hub(view, pdu_parts.PDU_OUTLET_INFO):
        name, pdu, outlet = (series.label(label) for label in ("name", "pdu", "outlet"))
        path = paths.rack_path(series.label("site"), series.label("rack"))
        yield (
            name,
            _thing("outlet", name, f"{pdu} {outlet}", f"{path}#{paths.outlet_anchor(pdu, outlet)}"),
        )


def _of_sites(view: BoardView) -> Iterator[tuple[str, ThingView]]:
    """Yield breakers, meters and the devices that are polled."""
    for series, _ in of_hub(view, rack.BREAKER_INFO):
        name, site = series.label("breaker"), series.label("site")
        path = f"{paths.site_path(site)}/supply?{urlencode({'at': name})}"
        yield name, _thing("breaker", name, site, path)
    for name, site in {
        (series.label("meter"), series.label("site"))
        for series, _ in of_hub(view, facility.METER_UP)
    }:
        yield name, _thing("meter", name, site, "/collectors#p-meters")
    for one in view.health():
        if one.device:
            path = f"/collectors?{urlencode({'find': one.device})}"
            yield one.device, _thing("device", one.device, one.collector, path)


def _thing(kind: Kind, name: str, place: str, path: str) -> ThingView:
    return ThingView(kind=kind, name=name, place=place, path=path)
