"""What the board shows, as data: pure functions from a view to what JSON can say. The page is drawn from the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agent.web import find
from agent.web import racks as model
from agent.web import sites as places
from agent.web.format import iso
from agent.web.views import collectors as views_collectors
from agent.web.views import devices as views_devices
from agent.web.views import promises as views_promises
from agent.web.views.serialise import plain
from collectors.catalogue.limits import FAILOVER_LIMIT, INLET_ALLOWABLE, INLET_RECOMMENDED

if TYPE_CHECKING:
    from agent.web.racks import Rack
    from agent.web.view import BoardView

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
        "sites": [{"site": key, "name": name} for key, name in places.site_names(view).items()],
        "collectors": health["counts"],
        "host": places.host(view),
        "paths": list(PATHS),
    }


def limits(view: BoardView, where: str, scoreboard: Sequence[Data]) -> list[Data]:
    """Return the PUE limits that were stated for a site: by its hub as a whole, or for a group the site is in."""
    groups = {"hub", *_scopes(view, where)}
    return [
        {
            "value": row["limit"],
            "name": hub["name"] if row["scope"] == "hub" else row["scope_name"],
            "target": row["id"],
        }
        for hub in scoreboard
        if hub["hub"] == view.hub
        for row in hub["targets"]
        if row["kpi"] == "pue"
        and row["op"] == "<="
        and row["limit"] is not None
        and row["scope"] in groups
    ]


def _scopes(view: BoardView, where: str) -> Sequence[str]:
    """Return the named groups that the inventory puts a site in; the site's own key is one of them."""
    known = view.inventory.sites.get(where) if view.inventory is not None else None
    return (where, *(known.scopes if known is not None else ()))


def pue(view: BoardView, where: str, scoreboard: Sequence[Data] | None = None) -> Data:
    """Return `/api/sites/{site}/pue`."""
    return places.pue(
        view, where, limits(view, where, hubs(view) if scoreboard is None else scoreboard)
    )


def power(
    view: BoardView, where: str, devices: Mapping[tuple[str, str], Data] | None = None
) -> Data:
    """Return `/api/sites/{site}/power`."""
    return places.power(view, where, devices)


def sites(view: BoardView, known: Mapping[str, Sequence[Rack]] | None = None) -> list[Data]:
    """Return `/api/sites`: a line for each site of the hub, with its PUE of the longest window that has one."""
    by_site = model.read(view.snapshot, view.hub) if known is None else known
    devices, states = places.device_sums(view), places.site_states(view)
    return [
        _site(view, key, name, states.get(key, ""), by_site.get(key, ()), devices)
        for key, name in places.site_names(view).items()
    ]


def _site(
    view: BoardView,
    key: str,
    name: str,
    state: str,
    racks_there: Sequence[Rack],
    devices: Mapping[tuple[str, str], Data],
) -> Data:
    valued = [window for window in places.windows(view, key) if window["pue"] is not None]
    stages = {stage["point"]: stage for stage in places.power_now(view, key, devices)}
    whole = stages.get("facility") or stages.get("utility")
    it_power = next(
        (
            stages[point]
            for point in ("it_input", "pdu_output", "it", "ups_output")
            if point in stages
        ),
        None,
    )
    return {
        "site": key,
        "name": name,
        "state": state,
        "pue": valued[-1]["pue"] if valued else None,
        "window": valued[-1]["window"] if valued else None,
        "coverage_ratio": valued[-1]["coverage_ratio"] if valued else None,
        "facility": whole,
        "it": it_power,
        "racks": rack_summary(view, key, racks_there) if racks_there else None,
        "needing": model.needing(racks_there),
    }


def rack_summary(view: BoardView, where: str, racks: Sequence[Rack]) -> Data:
    """Return what a site's racks amount to."""
    return {**model.summary(racks), "occupancy": places.occupancy(view, where)}


def racks(
    view: BoardView,
    where: str = "",
    *,
    needing: bool = False,
    row: str | None = None,
    text: str = "",
) -> Data:
    """Return `/api/racks`: a row for each rack under `columns`; of one site, one row, found by a name, or only those that need someone."""
    by_site = model.read(view.snapshot, view.hub)
    chosen = {key: found for key, found in by_site.items() if not where or key == where}
    listed = [
        one for found in chosen.values() for one in (model.urgent(found) if needing else found)
    ]
    if row is not None:
        listed = [one for one in listed if one.row == row]
    if text:
        listed = [one for one, _ in find.find(view, text, where)]
    return {
        "at": iso(view.now()),
        "hub": view.hub,
        "sites": {key: rack_summary(view, key, found) for key, found in chosen.items()},
        "limits": {
            "failover_load_ratio": FAILOVER_LIMIT,
            "inlet_recommended_celsius": INLET_RECOMMENDED,
            "inlet_allowable_celsius": INLET_ALLOWABLE,
        },
        "columns": list(model.COLUMNS),
        "rows": [one.cells() for one in listed],
    }


def collectors(view: BoardView, *, silent_only: bool = False) -> Data:
    """Return `/api/collectors`."""
    return plain(views_collectors.read(view, silent_only=silent_only))


def devices(view: BoardView) -> Data:
    """Return `/api/devices`."""
    return plain(views_devices.read(view))
