"""The dashboards: which signals stand where. `all_boards` yields every one in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.boards import agents, hub, nodes, overview, racks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.hubs.model import Registry
    from dashboards.boards.base import Board
    from dashboards.language import Language


def all_boards(registry: Registry, language: Language) -> Iterator[Board]:
    """Yield every dashboard: the overview, one a hub of the registry, racks and power, nodes, agents."""
    yield overview.board(registry, language)
    for key in registry.hubs:
        yield hub.board(registry, registry.hubs[key], language)
    yield racks.board(registry, language)
    yield nodes.board(language)
    yield agents.board(language)
