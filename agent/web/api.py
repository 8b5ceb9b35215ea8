"""The paths of the API: which view answers which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from agent.web import openapi
from agent.web.view import BoardView
from agent.web.views import (
    breakers,
    chips,
    collectors,
    course,
    devices,
    evidence,
    links,
    lookup,
    losses,
    meters,
    overhead,
    overview,
    power,
    promises,
    pue,
    rack_page,
    rows,
    search,
    sites,
    supply,
    weeks,
)

Query = Mapping[str, str]

_ALONE: Final[Mapping[str, Callable[[BoardView, Query], object]]] = {
    "links": lambda view, query: links.read(view, query.get("site", "")),
    "chips": lambda view, query: chips.read(view, query.get("site", "")),
    "meters": lambda view, _: meters.read(view),
    "losses": lambda view, _: losses.read(view),
    "devices": lambda view, _: devices.read(view),
    "search": lambda view, query: lookup.find(view, query.get("find", "")),
    "collectors": lambda view, query: collectors.read(
        view, silent_only=query.get("silent", "") == "1"
    ),
}
"""Paths of one part, by that part."""


def answer(view: BoardView, parts: list[str], query: Query) -> object:
    """Return the view for a path of the API; None for a path that the API does not have.

    `parts` are the parts after `/api`. The first may be the version: `/api/v1/racks`.
    Raises ValueError for a query that is wrong.
    """
    if parts[:1] == [openapi.VERSION]:
        parts = parts[1:]
    return openapi.document() if parts == ["openapi.json"] else _answer(view, parts, query)


def _answer(view: BoardView, parts: list[str], query: Query) -> object:
    match parts:
        case []:
            return overview.read(view, openapi.paths())
        case ["hubs", *rest]:
            return _of_hubs(view, rest, query)
        case ["sites", *rest]:
            return _of_sites(view, rest, query)
        case ["racks", *rest]:
            return _of_racks(view, rest, query)
        case [subject] if subject in _ALONE:
            return _ALONE[subject](view, query)
        case _:
            return None


def _of_hubs(view: BoardView, parts: list[str], query: Query) -> object:
    match parts:
        case []:
            return promises.read(view)
        case [hub] if hub in view.registry.hubs:
            return evidence.read(view, hub, promises.read(view))
        case [hub, "trends", target] if hub in view.registry.hubs:
            found = evidence.read(view, hub, promises.read(view))
            return None if found is None else course.read(view, found, target)
        case [hub, "report"] if hub in view.registry.hubs:
            return weeks.read(view, hub, query.get("week", ""))[1]
        case _:
            return None


_OF_SITE: Final[Mapping[str, Callable[[BoardView, str], object]]] = {
    "power": power.read,
    "overhead": overhead.read,
    "breakers": breakers.read,
    "rows": rows.read,
}


def _of_sites(view: BoardView, parts: list[str], query: Query) -> object:
    match parts:
        case []:
            return sites.read(view)
        case [site, "pue"] if site in sites.names(view):
            return pue.read(view, site, promises.read(view))
        case [site, "supply"] if site in sites.names(view):
            return supply.read(view, site, query.get("at", ""), query.get("lose", ""))
        case [site, subject] if subject in _OF_SITE and site in sites.names(view):
            return _OF_SITE[subject](view, site)
        case [site, "racks", rack]:
            return rack_page.read(view, site, rack)
        case _:
            return None


def _of_racks(view: BoardView, parts: list[str], query: Query) -> object:
    match parts:
        case []:
            return search.choose(
                view,
                query.get("site", ""),
                needing=query.get("needs", "") == "1",
                row=query.get("row"),
                text=query.get("find", ""),
            )
        case [rack]:
            return rack_page.sites_of(view, rack)
        case _:
            return None
