"""The power of a site: now at every stage from utility to chip, and over the last day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.computed import computed_once
from agent.web.curves import PowerTrendView
from agent.web.view import BoardView
from agent.web.views.families import by_label, of_site
from collectors.base import Metric
from collectors.catalogue import facility, inventory, node, ups
from collectors.catalogue import site as catalogue
from collectors.catalogue.limits import INCOMING

METERED: Final = (
    *INCOMING,
    "ups_output",
    "pdu_output",
    "it_input",
    "cooling",
    "lighting",
    "other",
)
"""Points at which meters are read."""
CHAIN: Final = ("ups_output", "pdu_output", "it_input")
"""Stages of which each feeds the next. Only between these is a difference a loss."""
_ORDER: Final = (
    "facility",
    *INCOMING,
    *CHAIN,
    "it",
    "nodes",
    "chips",
    "cooling",
    "lighting",
    "other",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerStageView:
    """The power at one point of the way from utility to chip."""

    point: str
    watts: float | None
    """The sum of the meters or devices that have a value; None where none has."""
    answering: int = 1
    """How many of them answer."""
    meters: int = 1
    """How many meters or devices there are."""
    complete: bool
    """Whether every one of them answers. If not, `watts` is only a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerView:
    """What `/api/sites/{site}/power` answers."""

    hub: str
    site: str
    now: Sequence[PowerStageView]
    trend: PowerTrendView | None


Devices = Mapping[tuple[str, str], PowerStageView]
"""Stages summed over devices that are not meters, by site and point."""


def _stage(
    point: str, watts: float | None, *, answering: int = 1, meters: int = 1
) -> PowerStageView:
    return PowerStageView(
        point=point,
        watts=watts,
        answering=answering,
        meters=meters,
        complete=answering >= meters,
    )


def read(view: BoardView, site: str, devices: Devices | None = None) -> PowerView:
    """Return every stage of a site now, and its power over the last day."""
    return PowerView(
        hub=view.hub,
        site=site,
        now=stages(view, site, devices),
        trend=view.trends.power(site, view.over) if view.trends is not None else None,
    )


def stages(view: BoardView, site: str, devices: Devices | None = None) -> list[PowerStageView]:
    """Return the power at each stage now, from utility to chip.

    `devices` is the result of `device_stages`; a caller that asks for many sites passes it, so that
    it is made only once.
    """
    unread = _unread(view, site)
    metered = (_metered(view, site, point, unread[point]) for point in METERED)
    found = {stage.point: stage for stage in metered if stage is not None}
    of_devices = device_stages(view) if devices is None else devices
    for point in ("ups_output", "pdu_output"):
        if (site, point) in of_devices:
            found.setdefault(point, of_devices[site, point])
    boundary = by_label(view, catalogue.SITE_POWER, site, "boundary")
    whole = _facility(boundary.get("facility"), [found[p] for p in INCOMING if p in found])
    if whole is not None:
        found["facility"] = whole
    if "it" in boundary and "it_input" not in found:
        found["it"] = _stage("it", boundary["it"])
    found.update((stage.point, stage) for stage in _computers(view, site))
    return sorted(found.values(), key=lambda stage: _ORDER.index(stage.point))


def _facility(watts: float | None, incoming: Sequence[PowerStageView]) -> PowerStageView | None:
    """Return the facility's total: the PUE collector's, else the sum of several supplies."""
    if watts is not None:
        return _stage("facility", watts)
    if len(incoming) <= 1:
        return None
    known = [stage.watts for stage in incoming if stage.watts is not None]
    return _stage(
        "facility",
        sum(known) if known else None,
        answering=sum(stage.answering for stage in incoming),
        meters=sum(stage.meters for stage in incoming),
    )


def _unread(view: BoardView, site: str) -> Counter[str]:
    """Return how many meters of each point the inventory lists that nobody polls here.

    They count as silent, so that the others are never taken for the whole.
    """
    if view.inventory is None:
        return Counter()
    listed = view.inventory.meters
    names = (
        (site, series.label("device"))
        for series, _ in of_site(view, inventory.MISMATCH_INFO, site)
        if series.label("reason") == "meter_not_polled"
    )
    return Counter(str(listed[name].point) for name in names if name in listed)


def _metered(view: BoardView, site: str, point: str, unread: int) -> PowerStageView | None:
    """Return the sum of the meters at one point; None where the point has no meter.

    A dead meter, whose register and power stand at 0, counts as one that is silent. `unread` are
    meters that nobody polls.
    """

    def by_meter(metric: Metric) -> dict[str, float]:
        return {
            series.label("meter"): value
            for series, value in of_site(view, metric, site)
            if series.label("point") == point
        }

    watts, up = by_meter(facility.METER_POWER), by_meter(facility.METER_UP)
    for name, is_stuck in by_meter(catalogue.METER_STUCK).items():
        if is_stuck and watts.get(name) == 0:  # dead: no more is known of it than of a silent one
            del watts[name]
            up[name] = 0.0
    return _sum(point, watts, up, unread) if watts or up or unread else None


def _sum(
    point: str, watts: Mapping[str, float], up: Mapping[str, float], unread: int = 0
) -> PowerStageView:
    """Add up devices; `watts` and `up` are by name, and `unread` more are not polled.

    A device without a state counts as answering if it has a value.
    """
    return _stage(
        point,
        sum(watts.values()) if watts else None,
        answering=sum(1 for name in watts if up.get(name, 1.0)),
        meters=len({*watts, *up}) + unread,
    )


def device_stages(view: BoardView) -> Devices:
    """Add up devices that are not meters, by site and point: UPS outputs and PDU inlets."""
    return computed_once(view.snapshot, ("devices", view.hub), lambda: _device_stages(view))


def _device_stages(view: BoardView) -> Devices:
    found: dict[tuple[str, str], PowerStageView] = {}
    for point, label, power, up in (
        ("ups_output", "ups", ups.UPS_OUTPUT_POWER, ups.UPS_UP),
        ("pdu_output", "pdu", facility.PDU_POWER, facility.PDU_UP),
    ):
        watts, states = _by_device(view, power, label), _by_device(view, up, label)
        for site in {*watts, *states}:
            found[site, point] = _sum(point, watts.get(site, {}), states.get(site, {}))
    return found


def _by_device(view: BoardView, metric: Metric, label: str) -> dict[str, dict[str, float]]:
    """Return a metric by site and device. The phases of one device are added up."""
    hub_at, site_at, device_at = metric.at("hub"), metric.at("site"), metric.at(label)
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for series, value in view.snapshot.family(metric).items():  # a whole hub has some 55 000 PDUs
        values = series.values
        if values[hub_at] == view.hub:
            devices, name = found[values[site_at]], values[device_at]
            devices[name] = devices.get(name, 0.0) + value
    return found


def _computers(view: BoardView, site: str) -> Iterable[PowerStageView]:
    """Return the sums of the nodes and of the chips, where their power is known."""
    nodes: dict[str, float] = {}
    for series, value in of_site(view, node.NODE_POWER, site):
        # A node that is read in two ways is one node. The larger reading includes the other.
        name = series.label("node")
        nodes[name] = max(value, nodes.get(name, 0.0))
    expected = by_label(view, inventory.EXPECTED, site, "kind").get("node", 0.0)
    if nodes:
        yield _stage(
            "nodes",
            sum(nodes.values()),
            answering=len(nodes),
            meters=max(len(nodes), int(expected)),
        )
    chips = [value for _, value in of_site(view, node.ACCELERATOR_POWER, site)]
    if chips:
        known = sum(1 for _ in of_site(view, node.ACCELERATOR_INFO, site))
        meters = max(len(chips), known, _listed_chips(view, site))
        yield _stage("chips", sum(chips), answering=len(chips), meters=meters)


def _listed_chips(view: BoardView, site: str) -> int:
    """Return how many chips the inventory lists in the racks of a site that are in service."""
    racks = view.inventory.racks_by_site.get(site, ()) if view.inventory is not None else ()
    return sum(
        device.accelerators
        for rack in racks
        if rack.state == "in_service"
        for device in rack.devices or ()
    )
