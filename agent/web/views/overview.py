"""`/api`: the agent, its sites, how many of its collectors answer, and the other paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.web.format import iso
from agent.web.view import BoardView
from agent.web.views import collectors, host, sites
from agent.web.views.collectors import CountsView
from agent.web.views.host import HostView


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNameView:
    """A site by its key, and what people call it."""

    site: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewView:
    """The agent as a whole."""

    at: str | None
    hub: str
    site: str
    node: str
    simulated: bool
    sites: Sequence[SiteNameView]
    collectors: CountsView
    host: HostView | None
    paths: Sequence[str]
    """The paths of the API."""


def read(view: BoardView, paths: Sequence[str]) -> OverviewView:
    """Return what `/api` answers; `paths` are all paths of the API."""
    return OverviewView(
        at=iso(view.now()),
        hub=view.hub,
        site=view.site,
        node=view.node,
        simulated=view.simulated,
        sites=[SiteNameView(site=key, name=name) for key, name in sites.names(view).items()],
        collectors=collectors.read(view).counts,
        host=host.read(view),
        paths=paths,
    )
