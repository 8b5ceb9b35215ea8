"""The paths of the pages: which function draws each, and which parameters a page knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from agent.messages.catalogue import choose, languages, words
from agent.web import (
    alertpage,
    apipage,
    board,
    collectorpage,
    eventpage,
    hostpage,
    hubpage,
    over,
    rackpage,
    render,
    reportpage,
    runbookpage,
    searchpage,
    sitepage,
    supplypage,
    wallpage,
)
from agent.web.computed import computed_once
from agent.web.page import Page
from agent.web.paths import parts_of
from agent.web.view import BoardView
from agent.web.views import device_list, events, heat, heat_panel, sites

Drawer = Callable[[Page], str | None]
"""Draws a page; None where there is no such rack or hub."""

_OF_ONE_WORD: Final[Mapping[str, Drawer]] = {
    "alerts": alertpage.draw,
    "collectors": collectorpage.draw,
    "events": eventpage.draw,
    "host": hostpage.draw,
    "openapi": apipage.draw,
    "runbook": runbookpage.draw,
    "search": searchpage.draw,
}
"""The pages whose path is one word."""
_THEMES: Final = ("light", "dark")
_SITES: Final = 12
"""Sites that a page for a wrong address leads to."""
_LONGEST: Final = 100
"""Characters of a parameter, or of the path of a page that does not exist; the rest is cut off."""


def draw(view: BoardView, path: str, query: Mapping[str, str], accept_language: str) -> str | None:
    """Return the HTML of a path; None for a path that is no page.

    A page of a whole hub takes the better part of a second, so it is made once for all who ask
    within some seconds: see `computed_once`.
    """
    parts = parts_of(path)
    path = "/" + "/".join(quote(part, safe="") for part in parts)
    asked = _asked(view, query)
    drawer = wallpage.draw if not parts and "kiosk" in asked else _drawer(view, parts)
    if drawer is None:
        return None
    view = replace(view, over=over.asked(asked, view.zone))
    language = choose(asked.get("lang", ""), accept_language)
    return computed_once(
        view.snapshot,
        ("page", path, language, view.may_acknowledge, *view.windows, *asked.items()),
        lambda: drawer(Page(view, w=words(language), path=path, query=asked)),
    )


def load() -> None:
    """Read all that pages are made of besides what is measured: the words and the templates."""
    for language in languages():
        words(language)
    render.load()


def missing(view: BoardView, path: str, query: Mapping[str, str], accept_language: str) -> str:
    """Return the HTML for an address that is no page: a link to the board, and the search.

    It is cheap to make, because anybody may ask for any address.
    """
    asked = _asked(view, query)
    w = words(choose(asked.get("lang", ""), accept_language))
    shown = "/" + "/".join(quote(part, safe="") for part in parts_of(path))
    page = Page(view, w=w, path=shown[:_LONGEST], query=asked)
    named = dict(list(sites.names(view).items())[:_SITES])
    return page.render("missing.html", sites=named)


def _drawer(view: BoardView, parts: list[str]) -> Drawer | None:
    """Return what draws the page of a path; None for a path that is no page."""
    match parts:
        case []:
            return board.draw
        case ["hubs", hub, *rest]:
            return _of_hub(view, hub, rest)
        case ["sites", site, *rest]:
            return _of_site(view, site, rest)
        case ["racks", rack]:
            return lambda page: rackpage.choose(page, rack)
        case [name]:
            return _OF_ONE_WORD.get(name)
        case _:
            return None


def _of_hub(view: BoardView, hub: str, rest: list[str]) -> Drawer | None:
    match rest:
        case [] if hub in view.registry.hubs:
            return lambda page: hubpage.draw(page, hub)
        case ["report"]:
            return lambda page: reportpage.draw(page, hub)
        case _:
            return None


def _of_site(view: BoardView, site: str, rest: list[str]) -> Drawer | None:
    match rest:
        case [] if site in sites.names(view):
            return lambda page: sitepage.draw(page, site)
        case ["supply"] if site in sites.names(view):
            return lambda page: supplypage.draw(page, site)
        case ["racks", rack]:
            return lambda page: rackpage.draw(page, site, rack)
        case _:
            return None


def _asked(view: BoardView, query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that the pages know. Links repeat these and no others."""
    choices = (
        ("lang", languages()),
        ("racks", heat.SHOWS),
        ("map", heat_panel.MAPS),
        ("state", device_list.STATES),
        ("theme", _THEMES),
        ("days", [str(days) for days in events.DAYS]),
    )
    asked = {name: query[name] for name, known in choices if query.get(name) in known}
    if query.get("site", "") in sites.names(view):
        asked["site"] = query["site"]
    if "kiosk" in query:
        asked["kiosk"] = ""
    asked |= _time(view, query)
    asked |= {
        name: query[name][:_LONGEST]
        for name in ("row", "find", "kind", "page", "week", "month", "year", "at", "lose", "add")
        if query.get(name)
    }
    return asked


def _time(view: BoardView, query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a time; a page leaves out what is wrong, as any it does not know."""
    given = {name: query[name][:_LONGEST] for name in over.NAMES if query.get(name)}
    with suppress(ValueError):
        over.asked(given, view.zone)
        return given
    return {}
