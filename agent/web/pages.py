"""What the board answers over HTTP: its pages, its API and its static files.

The server only dispatches: `handle` takes the path and the query and gives a Response.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

from agent.web import api, over
from agent.web.paths import parts_of
from agent.web.response import Response
from agent.web.table import as_csv, as_zip
from agent.web.view import BoardView
from agent.web.views.serialise import Json

_STATIC: Final = {
    "board.css": "text/css; charset=utf-8",
    "dark.css": "text/css; charset=utf-8",
    "detail.css": "text/css; charset=utf-8",
    "report.css": "text/css; charset=utf-8",
    "wall.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "picture.js": "text/javascript; charset=utf-8",
    "zoom.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""`blob:` is what the page's own script makes: a chart that is saved as a picture."""
SIMULATED: Final = ("hubgauge-simulated", "true")
"""The header of every answer of the API, rows and files too, whose devices are simulated."""
HEADERS: Final = (
    ("content-security-policy", _POLICY),
    ("referrer-policy", "no-referrer"),
)


def handle(
    view: BoardView, path: str, query: Mapping[str, str], *, accept_language: str = ""
) -> Response | None:
    """Answer GET or HEAD of a path: a page, `/static/…`, `/api/…`.

    Returns None for a file or an answer of the API that does not exist. A page that does not exist
    gets status 404 and a page that leads to the board. Raises ValueError for a query that is wrong.

    `path` is as the client sent it, its parts percent-encoded. `query` holds the decoded query
    string, the last value of each key. The Response has the content-security policy among its
    headers; the server adds the length and compresses the body.
    """
    if path.startswith("/static/"):
        name = path.removeprefix("/static/")
        return _static(name) if name in _STATIC else None
    if path != "/api" and not path.startswith("/api/"):
        return _page(view, path, query, accept_language)
    parts = parts_of(path)[1:]
    view = replace(view, over=over.asked(query, view.zone))
    found = api.answer(view, parts, query)
    if found is None:
        return None
    match query.get("format"):
        case "csv":
            made = _csv(found, parts, query.get("list", ""))
        case "zip":
            made = _zip(found, parts)
        case _:
            made = _json(found)
    if made is None or not view.simulated:
        return made
    return replace(made, headers=(*made.headers, SIMULATED))


def _page(view: BoardView, path: str, query: Mapping[str, str], accept_language: str) -> Response:
    from agent.web import drawers  # noqa: PLC0415 - templates cost memory, and the API needs none

    html = drawers.draw(view, path, query, accept_language)
    status = 200 if html is not None else 404
    if html is None:
        html = drawers.missing(view, path, query, accept_language)
    headers = (*HEADERS, ("cache-control", "no-store"), ("vary", "accept-language"))
    return Response(
        status=status,
        content_type="text/html; charset=utf-8",
        body=html.encode("utf-8", "replace"),
        headers=headers,
    )


def load() -> None:
    """Load all that pages are made of, before somebody asks for one. A thread may do it."""
    from agent.web import drawers  # noqa: PLC0415 - as above

    drawers.load()


@cache
def _static(name: str) -> Response:
    body = files("agent.web").joinpath("static", name).read_bytes()
    return Response(
        content_type=_STATIC[name], body=body, headers=(*HEADERS, ("cache-control", "max-age=300"))
    )


def _csv(data: Json, parts: list[str], wanted: str) -> Response | None:
    """Return an answer as a file for a spreadsheet; None where it has no table."""
    text = as_csv(data, wanted)
    if text is None:
        return None
    # Excel reads UTF-8 only behind a byte order mark.
    body = text.encode("utf-8-sig", "replace")
    named = [*parts, wanted] if wanted else parts
    return _file(body, "text/csv; charset=utf-8", named, "csv")


def _zip(data: Json, parts: list[str]) -> Response | None:
    """Return every list of an answer as a file for a spreadsheet; None where it has no table."""
    body = as_zip(data)
    return _file(body, "application/zip", parts, "zip") if body is not None else None


def _file(body: bytes, content_type: str, parts: list[str], ending: str) -> Response:
    name = "".join(char if char.isascii() and char.isalnum() else "-" for char in "-".join(parts))
    headers = (
        *HEADERS,
        ("cache-control", "no-store"),
        ("content-disposition", f'attachment; filename="hubgauge-{name[:100]}.{ending}"'),
    )
    return Response(content_type=content_type, body=body, headers=headers)


def _json(data: Json) -> Response:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(
        content_type="application/json; charset=utf-8",
        body=body.encode("utf-8", "replace"),
        headers=(*HEADERS, ("cache-control", "no-store")),
    )
