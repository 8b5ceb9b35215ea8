"""The sites of the agent's hub: their names and states, and a line of figures for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.computed import computed_once
from agent.web.view import BoardView
from agent.web.views import power, pue, racks, standing
from agent.web.views.families import of_hub
from agent.web.views.power import Devices, PowerStageView
from agent.web.views.rack import RackCounts, RackView, counted
from agent.web.views.racks import RackSummaryView
from collectors.catalogue import facility, rack, site

_NAMING: Final = (
    site.SITE_PUE,
    site.SITE_POWER,
    facility.METER_POWER,
    facility.METER_UP,
    rack.RACK_INFO,
)
"""A site that the inventory does not list is known by the series of these metrics."""
_ASKED_OFTEN: Final = 0.005
"""A page asks for the names several times, so they are kept where reading them takes this long, in
seconds."""
_IT_POINTS: Final = ("it_input", "pdu_output", "it", "ups_output")
"""Stages that stand for IT in a site's line, the nearest to IT first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """One site as a line of `/api/sites`. None stands for what is not known."""

    site: str
    name: str
    state: str
    pue: float | None
    """The PUE of the longest window of which enough is metered, else of the most covered one."""
    window: str | None
    category: str
    """PUE category of that window; empty where there is no PUE."""
    coverage_ratio: float | None
    facility: PowerStageView | None
    it: PowerStageView | None
    racks: RackSummaryView | None
    counts: RackCounts
    """How many of its racks are in which condition."""
    needing: int
    """How many racks need attention."""

    @property
    def told(self) -> bool:
        """Whether anything is known of the site beyond its name."""
        known = (self.pue, self.facility, self.it, self.racks)
        return any(one is not None for one in known)


def names(view: BoardView) -> dict[str, str]:
    """Return the names of the hub's sites by key: the agent's own site first, the others sorted."""
    return computed_once(
        view.snapshot, ("sites", view.hub, view.site), lambda: _names(view), slow=_ASKED_OFTEN
    )


def _names(view: BoardView) -> dict[str, str]:
    known = {
        series.label("site"): series.label("name") for series, _ in of_hub(view, site.SITE_INFO)
    }
    for metric in _NAMING:
        hub_at, site_at = metric.at("hub"), metric.at("site")
        family = view.snapshot.family(metric)
        here = {one.values[site_at] for one in family if one.values[hub_at] == view.hub}
        known |= dict.fromkeys(here.difference(known), "")
    own = {view.site: known.get(view.site, "")} if view.site else {}
    found = {**own, **{key: known[key] for key in sorted(known)}}
    found.pop("", None)
    return found


def states(view: BoardView) -> dict[str, str]:
    """Return the state of each site that the inventory lists."""
    return {
        series.label("site"): series.label("state") for series, _ in of_hub(view, site.SITE_INFO)
    }


def read(
    view: BoardView, by_site: Mapping[str, Sequence[RackView]] | None = None
) -> list[SiteView]:
    """Return what `/api/sites` answers: a line for each site of the hub."""
    known = racks.read(view) if by_site is None else by_site
    devices, state = power.device_stages(view), states(view)
    return [
        _line(view, key, name, state.get(key, ""), known.get(key, ()), devices)
        for key, name in names(view).items()
    ]


def _line(
    view: BoardView,
    key: str,
    name: str,
    state: str,
    members: Sequence[RackView],
    devices: Devices,
) -> SiteView:
    shown = pue.foremost(pue.windows(view, key))
    stages = {stage.point: stage for stage in power.stages(view, key, devices)}
    counts = counted(members, standing.listed_racks(view, key))
    return SiteView(
        site=key,
        name=name,
        state=state,
        pue=shown.pue if shown is not None else None,
        window=shown.window if shown is not None else None,
        category=shown.category if shown is not None else "",
        coverage_ratio=shown.coverage_ratio if shown is not None else None,
        facility=stages.get("facility") or stages.get("utility"),
        it=next((stages[point] for point in _IT_POINTS if point in stages), None),
        racks=racks.summary(view, key, members) if members else None,
        counts=counts,
        needing=counts.needing,
    )
