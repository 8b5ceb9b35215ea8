"""The dashboards: which panels show which signals. `all_boards` yields all in one language."""

from __future__ import annotations

from collections.abc import Iterator

from agent.hubs.model import Registry
from collectors.catalogue.rack_limits import SiteLimits
from dashboards.boards import agents, chips, hub, links, meters, nodes, overview, rack, racks, site
from dashboards.boards.base import Board
from dashboards.language import Language


def all_boards(
    registry: Registry, language: Language, limits: SiteLimits | None = None
) -> Iterator[Board]:
    """Yield every dashboard, from all hubs down to a chip, then links, meters and agents."""
    yield overview.board(registry, language)
    for key in registry.hubs:
        yield hub.board(registry, registry.hubs[key], language)
    for limited in (site, racks, rack):
        yield limited.board(language, limits)
    for one in (nodes, chips):
        yield one.board(language)
    yield links.board(registry, language)
    for one in (meters, agents):
        yield one.board(language)
