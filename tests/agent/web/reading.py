"""Asks the board for pages and data, and checks the structure of a page."""

from __future__ import annotations

import gzip
import json
from html.parser import HTMLParser
from typing import Any

from agent.web import pages
from agent.web.view import BoardView
from tests.agent.web import fixture

HOSTILE = "\"><script>alert(1)</script>&amp;' onload=x {0} \\"
"""A name that would be markup, an attribute or a placeholder if it were not escaped."""
_VOID = {"meta", "link", "br", "hr", "img", "input", "col"}


class Outline(HTMLParser):
    """Checks that elements nest, ids are unique, and notes what a test asks about."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        assert len(found) == len(attrs), (tag, attrs)
        assert not any(name.startswith("on") or name == "style" for name in found), (tag, attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        for name in ("href", "src"):
            if found.get(name):
                self.links.append(str(found[name]))
        for name in ("aria-labelledby",):
            if found.get(name):
                self.references.append(str(found[name]))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids)), sorted(
        i for i in parser.ids if parser.ids.count(i) > 1
    )
    assert set(parser.references) <= set(parser.ids)
    return parser


def page(view: Any = None, **query: str) -> str:
    response = pages.handle(view or fixture.view(), "/", query)
    assert response is not None
    return response.body.decode()


def api(path: str, view: Any = None, **query: str) -> Any:
    response = pages.handle(view or fixture.view(), path, query)
    assert response is not None, path
    assert response.content_type.startswith("application/json")
    return json.loads(response.body)


def size_of(view: BoardView, path: str = "/", **query: str) -> tuple[int, bytes]:
    response = pages.handle(view, path, query)
    assert response is not None
    return len(gzip.compress(response.body, 1)), response.body
