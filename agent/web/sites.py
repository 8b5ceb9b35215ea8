"""What a site amounts to: its PUE by window and over time, and its power from utility to chip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from agent.web.computed import computed_once
from agent.web.format import iso
from collectors.base import Metric, Series
from collectors.catalogue import facility, node, rack, site
from collectors.catalogue.limits import INCOMING, MIN_COVERAGE, WINDOWS, YEAR_WINDOW

if TYPE_CHECKING:
    from agent.web.view import BoardView

Data = dict[str, Any]

POINTS: Final = (*INCOMING, "ups_output", "pdu_output", "it_input", "cooling", "lighting", "other")


def site_names(view: BoardView) -> dict[str, str]:
    """Return the sites of this agent's hub by key, with their names: its own first, then those that anything is known of."""
    return computed_once(view.snapshot, ("sites", view.hub, view.site), lambda: _site_names(view))


def _site_names(view: BoardView) -> dict[str, str]:
    known: dict[str, str] = {}
    for series in view.snapshot.family(site.SITE_INFO):
        if series.label("hub") == view.hub:
            known[series.label("site")] = series.label("name")
    for metric in (
        site.SITE_PUE,
        site.SITE_POWER,
        facility.METER_POWER,
        facility.METER_UP,
        rack.RACK_INFO,
    ):
        for series in view.snapshot.family(metric):
            if series.values[0] == view.hub:
                known.setdefault(series.values[1], "")
    own = {view.site: known.get(view.site, "")} if view.site else {}
    names = {**own, **{key: known[key] for key in sorted(known)}}
    names.pop("", None)
    return names


def site_states(view: BoardView) -> dict[str, str]:
    """Return the state of each site that the inventory lists."""
    return {
        s.label("site"): s.label("state")
        for s in view.snapshot.family(site.SITE_INFO)
        if s.label("hub") == view.hub
    }


def of(view: BoardView, metric: Metric, where: str) -> Iterable[tuple[Series, float]]:
    """Yield a site's series of a metric."""
    for series, value in view.snapshot.family(metric).items():
        if series.values[0] == view.hub and series.values[1] == where:
            yield series, value


def _by(view: BoardView, metric: Metric, where: str, label: str) -> dict[str, float]:
    """Return a site's values of a metric by one label."""
    return {series.label(label): value for series, value in of(view, metric, where)}


def windows(view: BoardView, where: str) -> list[Data]:
    """Return the site's PUE by window, as the KPI collector last computed it: never a mean, never of momentary watts."""
    values = {
        series.label("window"): (value, series.label("category"))
        for series, value in of(view, site.SITE_PUE, where)
    }
    coverage = _by(view, site.SITE_PUE_COVERAGE, where, "window")
    uncertainty = _by(view, site.SITE_PUE_UNCERTAINTY, where, "window")
    states = {
        s.label("window"): s.label("state")
        for s, value in of(view, site.SITE_PUE_STATE, where)
        if value == 1
    }
    renewable = _by(view, site.SITE_RENEWABLE, where, "window")
    energy: dict[tuple[str, str], float] = {
        (s.label("window"), s.label("boundary")): value
        for s, value in of(view, site.SITE_WINDOW_ENERGY, where)
    }
    present = {*values, *coverage, *states}
    order = [w for w in WINDOWS if w in present] + sorted(present.difference(WINDOWS))
    return [
        {
            "window": window,
            "pue": values.get(window, (None, ""))[0],
            "category": values.get(window, (None, ""))[1],
            "state": states.get(window, "valid" if window in values else "no_data"),
            "interim": window != YEAR_WINDOW or coverage.get(window, 0.0) < MIN_COVERAGE,
            "coverage_ratio": coverage.get(window),
            "uncertainty_ratio": uncertainty.get(window),
            "renewable_energy_ratio": renewable.get(window),
            "facility_joules": energy.get((window, "facility")),
            "it_joules": energy.get((window, "it")),
        }
        for window in order
    ]


def required(view: BoardView, where: str) -> float | None:
    """Return what the rest of the year must average for the site to end it at its target."""
    return next((value for _, value in of(view, site.SITE_PUE_REQUIRED, where)), None)


def power_now(
    view: BoardView, where: str, devices: Mapping[tuple[str, str], Data] | None = None
) -> list[Data]:
    """Return the power at each point now, from utility to chip, with how many of its meters answer.

    A stage is `complete` only where every meter of it answers: else its watts are a part, and are called so. `devices` are
    what `device_sums` found, for who asks for many sites.
    """
    stages = [_meters(view, where, point) for point in POINTS]
    found = [stage for stage in stages if stage is not None]
    sums = device_sums(view) if devices is None else devices
    for point in ("ups_output", "pdu_output"):
        if (where, point) in sums and not any(stage["point"] == point for stage in found):
            found.append(sums[where, point])
    boundary = _by(view, site.SITE_POWER, where, "boundary")
    incoming = [stage for stage in found if stage["point"] in INCOMING]
    if "facility" in boundary:
        found.insert(0, _stage("facility", boundary["facility"]))
    elif len(incoming) > 1:
        found.insert(
            0,
            _stage(
                "facility",
                sum(stage["watts"] or 0.0 for stage in incoming),
                answering=sum(stage["answering"] for stage in incoming),
                meters=sum(stage["meters"] for stage in incoming),
            ),
        )
    if "it" in boundary and not any(stage["point"] == "it_input" for stage in found):
        found.append(_stage("it", boundary["it"]))
    found += _chips(view, where)
    return sorted(found, key=lambda stage: _ORDER.index(stage["point"]))


_ORDER: Final = (
    "facility",
    *INCOMING,
    "ups_output",
    "pdu_output",
    "it_input",
    "it",
    "nodes",
    "chips",
    "cooling",
    "lighting",
    "other",
)


def _stage(point: str, watts: float | None, *, answering: int = 1, meters: int = 1) -> Data:
    return {
        "point": point,
        "watts": watts,
        "answering": answering,
        "meters": meters,
        "complete": answering >= meters,
    }


def _meters(view: BoardView, where: str, point: str) -> Data | None:
    power = {
        s.values[2]: v for s, v in of(view, facility.METER_POWER, where) if s.values[3] == point
    }
    up = {s.values[2]: v for s, v in of(view, facility.METER_UP, where) if s.values[3] == point}
    meters = {*power, *up}
    if not meters:
        return None
    answering = sum(1 for meter in meters if meter in power and up.get(meter, 1.0))
    return _stage(
        point, sum(power.values()) if power else None, answering=answering, meters=len(meters)
    )


def device_sums(view: BoardView) -> dict[tuple[str, str], Data]:
    """Add up, by site and point, devices that are not in themselves meters: UPS outputs over their phases, PDU inlets."""
    return computed_once(view.snapshot, ("devices", view.hub), lambda: _device_sums(view))


def _device_sums(view: BoardView) -> dict[tuple[str, str], Data]:
    found: dict[tuple[str, str], Data] = {}
    for point, label, metric, up in (
        ("ups_output", "ups", facility.UPS_OUTPUT_POWER, facility.UPS_UP),
        ("pdu_output", "pdu", facility.PDU_POWER, facility.PDU_UP),
    ):
        watts = _by_device(view, metric, label)
        states = _by_device(view, up, label)
        for where in {*watts, *states}:
            drawn, state = watts.get(where, {}), states.get(where, {})
            answering = sum(1 for device in drawn if state.get(device, 1.0))
            found[where, point] = _stage(
                point,
                sum(drawn.values()) if drawn else None,
                answering=answering,
                meters=len({*drawn, *state}),
            )
    return found


def _by_device(view: BoardView, metric: Metric, label: str) -> dict[str, dict[str, float]]:
    """Return a metric by site and device, its phases added up."""
    at, hub = metric.labels.index(label), view.hub
    found: dict[str, dict[str, float]] = {}
    for series, value in view.snapshot.family(metric).items():
        values = series.values
        if values[0] == hub:
            devices = found.setdefault(values[1], {})
            devices[values[at]] = devices.get(values[at], 0.0) + value
    return found


def _chips(view: BoardView, where: str) -> list[Data]:
    nodes: dict[str, float] = {}
    for series, value in of(view, node.NODE_POWER, where):
        name = series.label("node")
        nodes[name] = max(
            value, nodes.get(name, 0.0)
        )  # one node read two ways is one node: the outer reading is larger
    chips = [value for _, value in of(view, node.ACCELERATOR_POWER, where)]
    found = []
    if nodes:
        found.append(_stage("nodes", sum(nodes.values()), answering=len(nodes), meters=len(nodes)))
    if chips:
        found.append(_stage("chips", sum(chips), answering=len(chips), meters=len(chips)))
    return found


def pue(view: BoardView, where: str, limits: list[Data]) -> Data:
    """Return `/api/sites/{site}/pue`: the windows, the stated limits that hold for the site, and the trend of the ledger."""
    return {
        "hub": view.hub,
        "site": where,
        "limits": limits,
        "windows": windows(view, where),
        "required_ratio": required(view, where),
        "trend": view.trends.of(where, "pue") if view.trends is not None else None,
    }


def power(
    view: BoardView, where: str, devices: Mapping[tuple[str, str], Data] | None = None
) -> Data:
    """Return `/api/sites/{site}/power`: every stage now, and the trend of the ledger."""
    trend = view.trends.of(where, "power") if view.trends is not None else None
    return {"hub": view.hub, "site": where, "now": power_now(view, where, devices), "trend": trend}


def host(view: BoardView) -> Data | None:
    """Return this machine's own processor, memory, disk and uptime from its host metrics; None where none are collected."""
    found: Mapping[str, Mapping[Series, float]] = {
        metric.full_name: rows
        for metric, rows in view.snapshot.families()
        if metric.full_name.startswith("node_")
    }
    if not found:
        return None

    def one(name: str) -> float | None:
        return next(
            (value for series, value in found.get(name, {}).items() if not series.values), None
        )

    cpus = {series.label("cpu") for series in found.get("node_cpu_seconds_total", {})}
    boot = one("node_boot_time_seconds")
    return {
        "node": view.node,
        "cpus": len(cpus) or None,
        "load1": one("node_load1"),
        "load5": one("node_load5"),
        "load15": one("node_load15"),
        "memory_total_bytes": one("node_memory_MemTotal_bytes"),
        "memory_available_bytes": one("node_memory_MemAvailable_bytes"),
        "booted": iso(boot),
        "uptime_seconds": None if boot is None else max(0.0, view.now() - boot),
        "filesystems": _filesystems(found),
        "temperature_celsius": max(found.get("node_hwmon_temp_celsius", {}).values(), default=None),
    }


def _filesystems(found: Mapping[str, Mapping[Series, float]]) -> list[Data]:
    sizes = {
        s.label("mountpoint"): (v, s.label("fstype"))
        for s, v in found.get("node_filesystem_size_bytes", {}).items()
    }
    free = {
        s.label("mountpoint"): v for s, v in found.get("node_filesystem_avail_bytes", {}).items()
    }
    return [
        {
            "mountpoint": mount,
            "fstype": kind,
            "size_bytes": size,
            "available_bytes": free.get(mount),
        }
        for mount, (size, kind) in sorted(sizes.items())
        if size > 0 and kind not in ("tmpfs", "ramfs", "overlay", "squashfs")
    ] or [
        {
            "mountpoint": mount,
            "fstype": kind,
            "size_bytes": size,
            "available_bytes": free.get(mount),
        }
        for mount, (size, kind) in sorted(sizes.items())
        if mount == "/"
    ]


def occupancy(view: BoardView, where: str) -> dict[str, float]:
    """Return the share of the site's rack capacity in use, by method: racks, units, power."""
    return _by(view, site.SITE_OCCUPANCY, where, "method")
