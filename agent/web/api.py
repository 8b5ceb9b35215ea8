"""The answers of the API: which address gives what."""

from __future__ import annotations

from typing import Final

from agent.web import openapi
from agent.web.operations import DESCRIPTION, OPERATIONS, Query
from agent.web.view import BoardView
from agent.web.views.serialise import Json, to_json

SIMULATED: Final = "simulated"
"""The key of each answer that says whether its devices are simulated."""


def answer(view: BoardView, parts: list[str], query: Query) -> Json:
    """Return the answer for a path of the API; None for a path that the API does not have.

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
            return _marked(to_json(one.read(view, named, query)), simulated=view.simulated)
    return None


def _marked(data: Json, *, simulated: bool) -> Json:
    """Return an answer that says whether it is simulated; a list of rows is left as it is."""
    return {SIMULATED: simulated, **data} if isinstance(data, dict) else data
