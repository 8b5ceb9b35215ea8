"""A hub's answers of the API, as plain data, for pages that are still made in code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.web.view import BoardView
from agent.web.views import chips as chip_views
from agent.web.views import course, evidence, promises
from agent.web.views import links as link_views
from agent.web.views.serialise import plain

Data = dict[str, Any]


def hub(view: BoardView, key: str, scoreboard: Sequence[Data] | None = None) -> Data | None:  # noqa: ARG001
    """Return `/api/hubs/{hub}`."""
    found = evidence.read(view, key, promises.read(view))
    return None if found is None else plain(found)


def trend(view: BoardView, key: str, target: str, whole: Data | None = None) -> Data | None:  # noqa: ARG001
    """Return `/api/hubs/{hub}/trends/{target}`."""
    found = evidence.read(view, key, promises.read(view))
    drawn = None if found is None else course.read(view, found, target)
    return None if drawn is None else plain(drawn)


def links(view: BoardView, where: str = "") -> list[Data]:
    """Return `/api/links`."""
    return [plain(one) for one in link_views.read(view, where)]


def chips(view: BoardView, where: str = "") -> list[Data]:
    """Return `/api/chips`."""
    return [plain(one) for one in chip_views.read(view, where)]
