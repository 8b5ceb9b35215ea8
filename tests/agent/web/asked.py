"""A page or an answer of the API for a view."""

from __future__ import annotations

import json
from typing import Any

from agent.web import pages
from agent.web.view import BoardView
from tests.agent.web import rack_fixture


def page(path: str, view: BoardView | None = None, **query: str) -> str:
    response = pages.handle(view or rack_fixture.view(), path, query)
    assert response is not None, path
    return response.body.decode()


def api(path: str, view: BoardView | None = None) -> Any:
    response = pages.handle(view or rack_fixture.view(), f"/api{path}", {})
    assert response is not None, path
    return json.loads(response.body)
