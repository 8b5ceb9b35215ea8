"""What the board shows, as data: pure functions from a view to what JSON can say. The page is drawn from the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agent.web import find
from agent.web import racks as model
from agent.web import sites as places
from agent.web.format import iso
from collectors.catalogue import inventory as reconciled
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
    """Return the scoreboard, one object a hub: `agent.targets.views` says its shape."""
    from agent.targets.scoreboard import scoreboard  # noqa: PLC0415 - an agent whose page nobody opens does not pay for it
    from agent.targets.serialise import board_json  # noqa: PLC0415 - as above

    return board_json(scoreboard(view.registry, evidence(view), view.now()))


def evidence(view: BoardView) -> Mapping[Any, Any]:
    """Return what the scoreboard judges by: what the targets' collector went by, so that page and series say the same."""
    known = view.evidence() if view.evidence is not None else {}
    if known:
        return known
    from agent.targets.measured import measure  # noqa: PLC0415 - only before the first round, and on an agent without one

    return measure(view.registry, view.snapshot, view.hub, view.now(), inventory=view.inventory)


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
    """Return `/api/collectors`: each collector of each device, the silent ones first and the longest silent at the top.

    Under `kinds` those that read no device (the kernel's subsystems, the key figures) are one kind, with an empty name.
    """
    since = {
        series.label("device"): at
        for series, at in view.snapshot.family(reconciled.SILENT_SINCE).items()
    }
    found = sorted(
        view.health(),
        key=lambda one: (
            one.ok is not False,
            since.get(one.device, one.last_success or 0.0),
            one.collector,
            one.device,
        ),
    )
    kinds: dict[str, Data] = {}
    for one in found:
        kind = kinds.setdefault(
            one.collector if one.device else "",
            {
                "collector": one.collector if one.device else "",
                "devices": 0,
                "answering": 0,
                "silent": 0,
                "interval_seconds": one.interval,
                "slowest_seconds": None,
            },
        )
        kind["devices"] += 1
        kind["answering"] += one.ok is True
        kind["silent"] += one.ok is False
        if one.duration is not None:
            kind["slowest_seconds"] = max(one.duration, kind["slowest_seconds"] or 0.0)
    return {
        "at": iso(view.now()),
        "counts": {
            "all": len(found),
            "answering": sum(one.ok is True for one in found),
            "silent": sum(one.ok is False for one in found),
        },
        "kinds": sorted(
            kinds.values(),
            key=lambda kind: (-kind["silent"], kind["collector"] == "", kind["collector"]),
        ),
        "collectors": [
            {
                "collector": one.collector,
                "device": one.device,
                "ok": one.ok,
                "last_success": iso(one.last_success),
                "last_success_seconds": one.last_success,
                "silent_since_seconds": since.get(one.device, one.last_success)
                if one.ok is False
                else None,
                "last_error": one.last_error,
                "duration_seconds": one.duration,
                "interval_seconds": one.interval,
            }
            for one in found
            if not silent_only or one.ok is False
        ],
    }


def devices(view: BoardView) -> Data:
    """Return `/api/devices`: by site and kind how many devices are expected and answer; who is silent since when; every mismatch.

    Mismatches are counted whole and named up to some hundreds of each reason and site.
    """
    family = view.snapshot.family
    counts: dict[tuple[str, str], Data] = {}
    for metric, key in ((reconciled.EXPECTED, "expected"), (reconciled.ANSWERING, "answering")):
        for series, value in family(metric).items():
            where = counts.setdefault(series.values[1:], {"expected": None, "answering": None})  # type: ignore[arg-type]
            where[key] = int(value)
    named: dict[tuple[str, str], list[Data]] = {}
    for series in family(reconciled.MISMATCH_INFO):
        found = {"rack": series.label("rack"), "device": series.label("device")}
        named.setdefault((series.label("site"), series.label("reason")), []).append(found)
    silent = sorted(family(reconciled.SILENT_SINCE).items(), key=lambda row: row[1])
    return {
        "at": iso(view.now()),
        "hub": view.hub,
        "kinds": [
            {"site": site, "kind": kind, **found} for (site, kind), found in sorted(counts.items())
        ],
        "silent": [
            {
                "site": series.label("site"),
                "kind": series.label("kind"),
                "device": series.label("device"),
                "since": iso(since),
                "since_seconds": since,
            }
            for series, since in silent
        ],
        "mismatches": [
            {
                "site": series.label("site"),
                "reason": series.label("reason"),
                "count": int(value),
                "named": named.get((series.label("site"), series.label("reason")), []),
            }
            for series, value in family(reconciled.MISMATCHES).items()
            if value
        ],
    }
