"""The paths of the API, one row each: what is read for it, and of which type the answer is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.report.model import HubReport
from agent.web.over import NAMES
from agent.web.view import BoardView
from agent.web.views import (
    alerts,
    breakers,
    chips,
    collectors,
    course,
    devices,
    events,
    evidence,
    host_page,
    links,
    lookup,
    losses,
    meters,
    overhead,
    overview,
    periods,
    power,
    promises,
    pue,
    rack_page,
    rows,
    search,
    sites,
    supply,
    temperature,
)

Named = Mapping[str, str]
"""What stands in a path in place of its names: `{"site": "one"}`."""
Query = Mapping[str, str]
DESCRIPTION: Final = "/api/openapi.json"
_HUB: Final = "/api/hubs/{hub}"
_SITE: Final = "/api/sites/{site}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path of the API, what it answers, and what its query may say."""

    path: str
    key: str
    """The key of the message that describes the path."""
    read: Callable[[BoardView, Named, Query], object]
    """Returns the answer; None where there is nothing of these names."""
    answers: Callable[..., object]
    """The function whose type of result is the answer's, or that type."""
    query: Sequence[str] = ()

    def named(self, parts: Sequence[str]) -> Named | None:
        """Return what stands in place of the path's names; None where it is another path."""
        own = self.path.split("/")[2:]
        if len(own) != len(parts):
            return None
        pairs = list(zip(own, parts, strict=True))
        if any(one != part for one, part in pairs if not one.startswith("{")):
            return None
        return {one[1:-1]: part for one, part in pairs if one.startswith("{")}


def _alone(path: str, key: str, read: Callable[[BoardView], object]) -> Operation:
    """Return the operation of a view that is asked for nothing."""
    return Operation(path=path, key=key, answers=read, read=lambda view, _, __: read(view))


def _at_site(
    subject: str, key: str, read: Callable[[BoardView, str], object], query: Sequence[str] = ()
) -> Operation:
    """Return the operation of a view of one site."""
    return Operation(
        path=f"{_SITE}/{subject}",
        key=key,
        answers=read,
        read=lambda view, named, _: read(view, named["site"]) if _has_site(view, named) else None,
        query=query,
    )


def _of_site(path: str, key: str, read: Callable[[BoardView, str], object]) -> Operation:
    """Return the operation of a view that may be narrowed to a site by its query."""
    return Operation(
        path=path,
        key=key,
        answers=read,
        query=("site",),
        read=lambda view, _, query: read(view, query.get("site", "")),
    )


def _has_site(view: BoardView, named: Named) -> bool:
    return named["site"] in sites.names(view)


def _evidence(view: BoardView, named: Named, _: Query) -> evidence.HubDetailView | None:
    if named["hub"] not in view.registry.hubs:
        return None
    return evidence.read(view, named["hub"], promises.read(view))


def _course(view: BoardView, named: Named, query: Query) -> course.CourseView | None:
    found = _evidence(view, named, query)
    return None if found is None else course.read(view, found, named["target"])


def _report(view: BoardView, named: Named, query: Query) -> HubReport | None:
    if named["hub"] not in view.registry.hubs:
        return None
    return periods.read(view, named["hub"], query)[1]


def _pue(view: BoardView, named: Named, _: Query) -> object:
    return pue.read(view, named["site"], promises.read(view)) if _has_site(view, named) else None


def _supply(view: BoardView, named: Named, query: Query) -> object:
    if not _has_site(view, named):
        return None
    at, lose, add, row = (query.get(name, "") for name in ("at", "lose", "add", "row"))
    return supply.read(view, named["site"], at, lose, add=add, row=row)


def _rack_temperature(view: BoardView, named: Named, _: Query) -> object:
    if named["site"] not in rack_page.sites_of(view, named["rack"]).sites:
        return None
    return temperature.of_rack(view, named["site"], named["rack"])


def _events(view: BoardView, _: Named, query: Query) -> events.EventsView:
    return events.read(
        view,
        events.chosen(view.over, query.get("days", "")),
        site=query.get("site", ""),
        kind=query.get("kind", ""),
        find=query.get("find", ""),
    )


def _racks(view: BoardView, _: Named, query: Query) -> object:
    return search.choose(
        view,
        query.get("site", ""),
        needing=query.get("needs", "") == "1",
        row=query.get("row"),
        text=query.get("find", ""),
    )


OPERATIONS: Final = (
    Operation(
        path="/api",
        key="api.overview",
        answers=overview.read,
        read=lambda view, _, __: overview.read(view, PATHS),
    ),
    _alone("/api/hubs", "api.hubs", promises.read),
    Operation(path=_HUB, key="api.hub", answers=evidence.read, read=_evidence),
    Operation(
        path=f"{_HUB}/trends/{{target}}",
        key="api.trend",
        answers=course.read,
        read=_course,
        query=NAMES,
    ),
    Operation(
        path=f"{_HUB}/report",
        key="api.report",
        answers=HubReport,
        read=_report,
        query=("week", "month", "year"),
    ),
    _of_site("/api/links", "api.links", links.read),
    _of_site("/api/chips", "api.chips", chips.read),
    _alone("/api/sites", "api.sites", sites.read),
    Operation(path=f"{_SITE}/pue", key="api.pue", answers=pue.read, read=_pue, query=NAMES),
    _at_site("power", "api.power", power.read, query=NAMES),
    _at_site("temperature", "api.site_temperature", temperature.of_site, query=NAMES),
    _at_site("overhead", "api.overhead", overhead.read),
    _at_site("breakers", "api.breakers", breakers.read),
    _at_site("rows", "api.rows", rows.read),
    Operation(
        path=f"{_SITE}/supply",
        key="api.supply",
        answers=supply.read,
        read=_supply,
        query=("at", "lose", "add", "row"),
    ),
    Operation(
        path=f"{_SITE}/racks/{{rack}}",
        key="api.rack",
        answers=rack_page.read,
        read=lambda view, named, _: rack_page.read(view, named["site"], named["rack"]),
        query=NAMES,
    ),
    Operation(
        path=f"{_SITE}/racks/{{rack}}/temperature",
        key="api.rack_temperature",
        answers=temperature.of_rack,
        read=_rack_temperature,
        query=NAMES,
    ),
    Operation(
        path="/api/racks",
        key="api.racks",
        answers=search.choose,
        read=_racks,
        query=("site", "row", "find", "needs"),
    ),
    Operation(
        path="/api/racks/{rack}",
        key="api.rack_sites",
        answers=rack_page.sites_of,
        read=lambda view, named, _: rack_page.sites_of(view, named["rack"]),
    ),
    Operation(
        path="/api/collectors",
        key="api.collectors",
        answers=collectors.read,
        read=lambda view, _, query: collectors.read(
            view, silent_only=query.get("silent", "") == "1"
        ),
        query=("silent",),
    ),
    _alone("/api/host", "api.host", host_page.read),
    _alone("/api/devices", "api.devices", devices.read),
    _alone("/api/meters", "api.meters", meters.read),
    _alone("/api/losses", "api.losses", losses.read),
    _alone("/api/alerts", "api.alerts", alerts.read),
    Operation(
        path="/api/events",
        key="api.events",
        answers=events.read,
        read=_events,
        query=("days", *NAMES, "site", "kind", "find"),
    ),
    Operation(
        path="/api/search",
        key="api.search",
        answers=lookup.find,
        read=lambda view, _, query: lookup.find(view, query.get("find", "")),
        query=("find",),
    ),
)
"""Every path of the API, but for the description of them all."""

PATHS: Final[Sequence[str]] = (*(one.path for one in OPERATIONS), DESCRIPTION)
"""What `/api` lists."""
