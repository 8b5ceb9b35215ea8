"""What the board shows, as data: pure functions from a view to what JSON can say. The page is drawn from the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.web import find
from agent.web.format import iso
from agent.web.view import BoardView
from agent.web.views import collectors as views_collectors
from agent.web.views import devices as views_devices
from agent.web.views import host, sites
from agent.web.views import promises as views_promises
from agent.web.views import racks as rack_views
from agent.web.views.rack import RackView, urgent
from agent.web.views.racks import RacksView
from agent.web.views.serialise import plain

Data = dict[str, Any]

PATHS: Final = (
    "/api",
    "/api/hubs",
    "/api/hubs/{hub}",
    "/api/hubs/{hub}/trends/{target}",
    "/api/hubs/{hub}/report",
    "/api/links",
    "/api/chips",
    "/api/sites",
    "/api/sites/{site}/pue",
    "/api/sites/{site}/power",
    "/api/sites/{site}/overhead",
    "/api/sites/{site}/breakers",
    "/api/sites/{site}/rows",
    "/api/sites/{site}/racks/{rack}",
    "/api/racks",
    "/api/racks/{rack}",
    "/api/collectors",
    "/api/devices",
    "/api/meters",
    "/api/losses",
)


def hubs(view: BoardView) -> list[Data]:
    """Return `/api/hubs`: the scoreboard, one object a hub."""
    return [plain(hub) for hub in views_promises.read(view)]


def overview(view: BoardView) -> Data:
    """Return `/api`: who answers, for which sites, how its collectors do, and where the rest is."""
    health = collectors(view)
    return {
        "at": iso(view.now()),
        "hub": view.hub,
        "site": view.site,
        "node": view.node,
        "simulated": view.simulated,
        "sites": [{"site": key, "name": name} for key, name in sites.names(view).items()],
        "collectors": health["counts"],
        "host": host_data(view),
        "paths": list(PATHS),
    }


def host_data(view: BoardView) -> Data | None:
    """Return this machine as plain data; None where no host metrics are collected."""
    found = host.read(view)
    return None if found is None else plain(found)


def site_lines(view: BoardView, by_site: Mapping[str, Sequence[RackView]]) -> list[Data]:
    """Return the lines of `/api/sites` as plain data."""
    return [plain(line) for line in sites.read(view, by_site)]


def racks(
    view: BoardView,
    site: str = "",
    *,
    needing: bool = False,
    row: str | None = None,
    text: str = "",
) -> RacksView:
    """Return `/api/racks`: every rack, or those chosen by site, row, name or need."""
    by_site = rack_views.read(view.snapshot, view.hub)
    chosen = {key: found for key, found in by_site.items() if not site or key == site}
    listed = [one for found in chosen.values() for one in (urgent(found) if needing else found)]
    if row is not None:
        listed = [one for one in listed if one.row == row]
    if text:
        listed = [one for one, _ in find.find(view, text, site)]
    return rack_views.table(view, chosen, listed)


def collectors(view: BoardView, *, silent_only: bool = False) -> Data:
    """Return `/api/collectors`."""
    return plain(views_collectors.read(view, silent_only=silent_only))


def devices(view: BoardView) -> Data:
    """Return `/api/devices`."""
    return plain(views_devices.read(view))
