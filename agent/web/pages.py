"""The paths of the board: which function answers which, and in what form.

The server only dispatches: `handle` takes the path and the query and gives a Response, or None for a path that is not ours.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.snapshot import Snapshot
    from agent.web.view import BoardView

_STATIC: Final = {
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS: Final = (
    ("content-security-policy", _POLICY),
    ("referrer-policy", "no-referrer"),
)


_SLOW_SECONDS: Final = 0.2
_REST: Final = 10.0
"""A page that took longer than _SLOW_SECONDS is sent again for this many times as long as it took."""
_KEPT_PAGES: Final = 12
_slow: Final[WeakKeyDictionary[Snapshot, dict[tuple[object, ...], tuple[float, Response]]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What is sent back: status, content type, body, and the headers that belong to it (lower-case names)."""

    status: int = 200
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def handle(view: BoardView, path: str, query: Mapping[str, str], *, accept_language: str = "") -> Response | None:
    """Answer GET or HEAD of one path (`/`, `/static/…`, `/api/…`); None for a path that is not the board's.

    `path` is decoded, as ASGI gives it; `query` holds the decoded query string, the last value of each key. The headers of the Response carry the
    content-security policy; the server adds length, date and compression.
    """
    if path == "/":
        return _page(view, query, accept_language)
    if path.startswith("/static/"):
        return _static(path.removeprefix("/static/"))
    if path != "/api" and not path.startswith("/api/"):
        return None
    data = _data(view, [part for part in path.split("/")[2:] if part], query)
    return None if data is None else _json(data)


def _page(view: BoardView, query: Mapping[str, str], accept_language: str) -> Response:
    """Draw the board. A whole hub takes the better part of a second, so it is drawn once for all who look meanwhile."""
    from agent.web import board, heat, sites, text  # noqa: PLC0415 - an agent whose page nobody opens does not pay for it

    language = text.choose(query.get("lang", ""), accept_language)
    asked = {name: query[name] for name, known in (("lang", text.LANGUAGES), ("racks", heat.SHOWS)) if query.get(name) in known}
    if query.get("site", "") in sites.site_names(view):
        asked["site"] = query["site"]
    key = (language, *asked.items())
    kept = _slow.setdefault(view.snapshot, {})
    began = time.monotonic()
    if key in kept and kept[key][0] > began:
        return kept[key][1]
    kept.pop(key, None)
    html = board.render(view, language=language, asked=asked)
    headers = (*HEADERS, ("cache-control", "no-store"), ("vary", "accept-language"))
    page = Response(content_type="text/html; charset=utf-8", body=html.encode("utf-8", "replace"), headers=headers)
    ended = time.monotonic()
    if ended - began > _SLOW_SECONDS and len(kept) < _KEPT_PAGES:
        kept[key] = (ended + _REST * (ended - began), page)
    return page


@cache
def _static(name: str) -> Response | None:
    if name not in _STATIC:
        return None
    from importlib.resources import files  # noqa: PLC0415 - as above

    body = files("agent.web").joinpath("static", name).read_bytes()
    return Response(content_type=_STATIC[name], body=body, headers=(*HEADERS, ("cache-control", "max-age=300")))


def _data(view: BoardView, parts: list[str], query: Mapping[str, str]) -> Any:  # noqa: ANN401, PLR0911 - JSON; a path each
    from agent.web import api, sites  # noqa: PLC0415 - as above

    match parts:
        case []:
            return api.overview(view)
        case ["hubs"]:
            return api.hubs(view)
        case ["hubs", hub]:
            return next((found for found in api.hubs(view) if found["hub"] == hub), None)
        case ["sites"]:
            return api.sites(view)
        case ["sites", site, "pue" | "power" as subject] if site in sites.site_names(view):
            return api.pue(view, site) if subject == "pue" else api.power(view, site)
        case ["racks"]:
            return api.racks(view, query.get("site", ""), needing=query.get("needs", "") == "1")
        case ["devices"]:
            return api.devices(view)
        case ["collectors"]:
            return api.collectors(view, silent_only=query.get("silent", "") == "1")
        case _:
            return None


def _json(data: Any) -> Response:  # noqa: ANN401 - as above
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(
        content_type="application/json; charset=utf-8",
        body=body.encode("utf-8", "replace"),
        headers=(*HEADERS, ("cache-control", "no-store")),
    )
