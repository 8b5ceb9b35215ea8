"""The answers of the API: which address gives what."""

from __future__ import annotations

from agent.web import openapi
from agent.web.operations import DESCRIPTION, OPERATIONS, Query
from agent.web.view import BoardView


def answer(view: BoardView, parts: list[str], query: Query) -> object:
    """Return the view for a path of the API; None for a path that the API does not have.

    `parts` are the parts after `/api`. The first may be the version: `/api/v1/racks`.
    Raises ValueError for a query that is wrong.
    """
    if parts[:1] == [openapi.VERSION]:
        parts = parts[1:]
    if parts == DESCRIPTION.split("/")[2:]:
        return openapi.document()
    for one in OPERATIONS:
        named = one.named(parts)
        if named is not None:
            return one.read(view, named, query)
    return None
