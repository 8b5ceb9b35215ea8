"""The paths of the board: which function answers which, and in what form.

The server only dispatches: `handle` takes the path and the query and gives a Response, or None for a path that is not ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from agent.web.response import Response

if TYPE_CHECKING:
    from agent.web.page import Page
    from agent.web.view import BoardView

_STATIC: Final = {
    "board.css": "text/css; charset=utf-8",
    "detail.css": "text/css; charset=utf-8",
    "report.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS: Final = (
    ("content-security-policy", _POLICY),
    ("referrer-policy", "no-referrer"),
)


_LONGEST: Final = 100
"""Characters of a row's name, or of what is searched for."""


def handle(
    view: BoardView, path: str, query: Mapping[str, str], *, accept_language: str = ""
) -> Response | None:
    """Answer GET or HEAD of one path (a page, `/static/…`, `/api/…`); None for a path that is not the board's.

    `path` is decoded, as ASGI gives it; `query` holds the decoded query string, the last value of each key. The headers of the Response carry the
    content-security policy; the server adds length, date and compression.
    """
    if path.startswith("/static/"):
        return _static(path.removeprefix("/static/"))
    if path != "/api" and not path.startswith("/api/"):
        return _page(view, path, query, accept_language)
    from agent.web.views.serialise import to_json  # noqa: PLC0415 - as above

    data = _data(view, [part for part in path.split("/")[2:] if part], query)
    return None if data is None else _json(to_json(data))


def _page(
    view: BoardView, path: str, query: Mapping[str, str], accept_language: str
) -> Response | None:
    """Draw a page. A whole hub takes the better part of a second, so it is drawn once for all who look meanwhile."""
    from agent.messages.catalogue import choose, words  # noqa: PLC0415 - an agent whose page nobody opens does not pay for it
    from agent.web.computed import computed_once  # noqa: PLC0415 - as above
    from agent.web.page import Page  # noqa: PLC0415 - as above

    drawer = _drawer(view, [part for part in path.split("/") if part])
    if drawer is None:
        return None
    asked = _asked(view, query)
    language = choose(asked.get("lang", ""), accept_language)
    key = ("page", path, language, *asked.items())
    html = computed_once(
        view.snapshot, key, lambda: drawer(Page(view, w=words(language), path=path, query=asked))
    )
    if html is None:
        return None
    headers = (*HEADERS, ("cache-control", "no-store"), ("vary", "accept-language"))
    return Response(
        content_type="text/html; charset=utf-8",
        body=html.encode("utf-8", "replace"),
        headers=headers,
    )


def _drawer(view: BoardView, parts: list[str]) -> Callable[[Page], str | None] | None:  # noqa: PLR0911 - a path each
    """Return what draws the page of a path; None for a path that is no page."""
    from agent.web import (  # noqa: PLC0415
        board,
        collectorpage,
        hubpage,
        rackpage,
        runbookpage,
        sitepage,
        weeklypage,
    )
    from agent.web.views import sites  # noqa: PLC0415 - as above

    match parts:
        case []:
            return board.draw
        case ["hubs", hub] if hub in view.registry.hubs:
            return lambda page: hubpage.draw(page, hub)
        case ["sites", site] if site in sites.names(view):
            return lambda page: sitepage.draw(page, site)
        case ["hubs", hub, "report"]:
            return lambda page: weeklypage.draw(page, hub)
        case ["sites", site, "racks", rack]:
            return lambda page: rackpage.draw(page, site, rack)
        case ["racks", rack]:
            return lambda page: rackpage.choose(page, rack)
        case ["collectors"]:
            return collectorpage.draw
        case ["runbook"]:
            return runbookpage.draw
        case _:
            return None


def _asked(view: BoardView, query: Mapping[str, str]) -> dict[str, str]:
    """Return what an address asks for, as far as the pages know it: nothing else is ever written into a link."""
    from agent.messages.catalogue import languages  # noqa: PLC0415 - as above
    from agent.web import heat, heatmap  # noqa: PLC0415 - as above
    from agent.web.views import device_list, sites  # noqa: PLC0415 - as above

    choices = (
        ("lang", languages()),
        ("racks", heatmap.SHOWS),
        ("map", heat.MAPS),
        ("state", device_list.STATES),
    )
    asked = {name: query[name] for name, known in choices if query.get(name) in known}
    if query.get("site", "") in sites.names(view):
        asked["site"] = query["site"]
    asked |= {
        name: query[name][:_LONGEST]
        for name in ("row", "find", "kind", "page", "week")
        if query.get(name)
    }
    return asked


@cache
def _static(name: str) -> Response | None:
    if name not in _STATIC:
        return None
    from importlib.resources import files  # noqa: PLC0415 - as above

    body = files("agent.web").joinpath("static", name).read_bytes()
    return Response(
        content_type=_STATIC[name], body=body, headers=(*HEADERS, ("cache-control", "max-age=300"))
    )


def _data(view: BoardView, parts: list[str], query: Mapping[str, str]) -> Any:  # noqa: ANN401, C901, PLR0911 - JSON; a path each
    from agent.web import api, hubdata  # noqa: PLC0415 - as above
    from agent.web.views import breakers, overhead, power, promises, pue, rows, sites  # noqa: PLC0415 - as above

    match parts:
        case []:
            return api.overview(view)
        case ["hubs"]:
            return api.hubs(view)
        case ["hubs", hub]:
            return hubdata.hub(view, hub)
        case ["hubs", hub, "trends", target] if hub in view.registry.hubs:
            return hubdata.trend(view, hub, target)
        case ["links"]:
            return hubdata.links(view, query.get("site", ""))
        case ["chips"]:
            return hubdata.chips(view, query.get("site", ""))
        case ["sites"]:
            return sites.read(view)
        case ["sites", site, "pue"] if site in sites.names(view):
            return pue.read(view, site, promises.read(view))
        case ["sites", site, "power" | "overhead" | "breakers" | "rows" as subject] if (
            site in sites.names(view)
        ):
            subjects = {"power": power, "overhead": overhead, "breakers": breakers, "rows": rows}
            return subjects[subject].read(view, site)
        case ["racks"]:
            return api.racks(
                view,
                query.get("site", ""),
                needing=query.get("needs", "") == "1",
                row=query.get("row"),
                text=query.get("find", ""),
            )
        case _:
            return _of_devices(view, parts, query)


def _of_devices(view: BoardView, parts: list[str], query: Mapping[str, str]) -> Any:  # noqa: ANN401, PLR0911 - as above
    from agent.web import api, weeklypage  # noqa: PLC0415 - as above
    from agent.web.views import losses, meters, rack_page  # noqa: PLC0415 - as above

    match parts:
        case ["sites", site, "racks", rack]:
            return rack_page.read(view, site, rack)
        case ["hubs", hub, "report"] if hub in view.registry.hubs:
            return weeklypage.asked(view, hub, query.get("week", ""))[1]
        case ["racks", rack]:
            return rack_page.sites_of(view, rack)
        case ["meters"]:
            return meters.read(view)
        case ["losses"]:
            return losses.read(view)
        case ["devices"]:
            return api.devices(view)
        case ["collectors"]:
            return api.collectors(view, silent_only=query.get("silent", "") == "1")
        case _:
            return None


def _json(data: Any) -> Response:  # noqa: ANN401 - as above
    from agent.web.views.serialise import to_json  # noqa: PLC0415 - as above

    body = json.dumps(
        data, default=to_json, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return Response(
        content_type="application/json; charset=utf-8",
        body=body.encode("utf-8", "replace"),
        headers=(*HEADERS, ("cache-control", "no-store")),
    )
