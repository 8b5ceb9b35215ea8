"""One rack, whole: what stands where, its feeds with their phases and outlets, its sensors, its nodes and chips.

Everything is what the snapshot holds now and what the inventory states; what neither says is None, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from agent.racks.collector import is_exhaust, spare_watts
from agent.web import racks as model
from agent.web.format import iso, natural
from collectors.base import Metric, Series
from collectors.catalogue import facility, limits, node
from collectors.catalogue import inventory as reconciled
from collectors.catalogue import rack as catalogue

if TYPE_CHECKING:
    from agent.inventory.model import Rack as Listed
    from agent.web.view import BoardView

Data = dict[str, Any]
Rows = list[tuple["Series", float]]

_HEAD: Final = ("hub", "site", "row", "rack")
ALERTS: Final = {
    "over": "RackOverPower",
    "hot": "RackHot",
    "failover": "RackFailoverTight",
    "silent": "PduSilent",
}
"""What somebody is called for, by what a rack needs; the runbook has a section of each name."""
_GRAVER: Final = {
    "hot": ("RackTooHot", limits.INLET_ALLOWABLE),
    "failover": ("RackFailoverLost", 1.0),
}

_PDU_FIELDS: Final = (
    (facility.PDU_POWER, "power_watts"),
    (facility.PDU_APPARENT_POWER, "apparent_power_voltamperes"),
    (facility.PDU_CURRENT, "current_amperes"),
    (facility.PDU_VOLTAGE, "voltage_volts"),
    (facility.PDU_POWER_FACTOR, "power_factor_ratio"),
    (facility.PDU_FREQUENCY, "frequency_hertz"),
    (facility.PDU_ENERGY, "energy_joules"),
    (facility.PDU_LOAD, "rating_load_ratio"),
    (facility.PDU_TEMPERATURE, "temperature_celsius"),
)
_PHASE_FIELDS: Final = (
    (facility.PDU_PHASE_CURRENT, "current_amperes"),
    (facility.PDU_PHASE_VOLTAGE, "voltage_volts"),
    (facility.PDU_PHASE_POWER, "power_watts"),
    (facility.PDU_PHASE_LOAD, "load_ratio"),
)
_BANK_FIELDS: Final = (
    (facility.PDU_BANK_CURRENT, "current_amperes"),
    (facility.PDU_BANK_POWER, "power_watts"),
    (facility.PDU_BANK_LOAD, "load_ratio"),
)
_OUTLET_FIELDS: Final = (
    (facility.PDU_OUTLET_POWER, "power_watts"),
    (facility.PDU_OUTLET_CURRENT, "current_amperes"),
    (facility.PDU_OUTLET_VOLTAGE, "voltage_volts"),
    (facility.PDU_OUTLET_POWER_FACTOR, "power_factor_ratio"),
    (facility.PDU_OUTLET_ENERGY, "energy_joules"),
)
_CHIP_FIELDS: Final = (
    (node.ACCELERATOR_UP, "up"),
    (node.ACCELERATOR_HEALTHY, "healthy"),
    (node.ACCELERATOR_POWER, "power_watts"),
    (node.ACCELERATOR_UTILIZATION, "utilization_ratio"),
    (node.ACCELERATOR_TEMPERATURE, "temperature_celsius"),
    (node.ACCELERATOR_MEMORY_USED, "memory_used_bytes"),
    (node.ACCELERATOR_MEMORY_TOTAL, "memory_total_bytes"),
)


class _Families:
    """The readings of one rack, by metric: one pass over all that carry a rack."""

    def __init__(self, view: BoardView, site: str, rack: str) -> None:
        self._rows: dict[str, Rows] = {}
        place = (view.hub, site, rack)
        for metric, rows in view.snapshot.families():
            if metric.labels[:4] == _HEAD:
                found = [
                    row
                    for row in rows.items()
                    if (v := row[0].values)[3] == rack and (v[0], v[1], v[3]) == place
                ]
                if found:
                    self._rows[metric.full_name] = found

    def __bool__(self) -> bool:
        return bool(self._rows)

    def of(self, metric: Metric) -> Rows:
        """Return the readings of one metric."""
        return self._rows.get(metric.full_name, [])

    def one(self, metric: Metric, **labels: str) -> float | None:
        """Return the value with these labels, where there is one."""
        return next(
            (
                v
                for s, v in self.of(metric)
                if all(s.label(key) == value for key, value in labels.items())
            ),
            None,
        )

    def table(
        self, fields: Sequence[tuple[Metric, str]], *keys: str
    ) -> dict[tuple[str, ...], Data]:
        """Return several metrics by the labels they have in common, each under its name; None where one is missing."""
        found: dict[tuple[str, ...], Data] = {}
        for metric, name in fields:
            for series, value in self.of(metric):
                key = tuple(series.label(label) for label in keys)
                found.setdefault(key, {other: None for _, other in fields})[name] = value
        return dict(sorted(found.items(), key=lambda row: tuple(map(natural, row[0]))))


def sites_of(view: BoardView, rack: str) -> list[str]:
    """Return the sites that have a rack of a name: the inventory's one, else all whose readings name it."""
    if view.inventory is not None and rack in view.inventory.racks:
        return [view.inventory.racks[rack].site]
    metrics = (catalogue.RACK_INFO, catalogue.RACK_POWER, facility.PDU_UP)
    return sorted(
        {
            s.values[1]
            for m in metrics
            for s in view.snapshot.family(m)
            if s.values[3] == rack and s.values[0] == view.hub
        }
    )


def rack(view: BoardView, site: str, name: str) -> Data | None:
    """Return what is known of a rack now; None for one that neither the inventory nor any reading names."""
    listed = view.inventory.racks.get(name) if view.inventory is not None else None
    if listed is not None and listed.site != site:
        listed = None
    found = _Families(view, site, name)
    if listed is None and not found:
        return None
    one = _model(found, listed, site, name)
    feeds = _feeds(view, found, listed)
    nodes = _nodes(found, listed)
    return {
        "at": iso(view.now()),
        "hub": view.hub,
        "site": site,
        "row": one.row,
        "rack": name,
        "state": one.state,
        "listed": listed is not None,
        "height_units": one.height,
        "used_units": one.used,
        "reserved_units": found.one(catalogue.RACK_RESERVED),
        "power_watts": one.power,
        "power_complete": bool(feeds)
        and all(feed["power_watts"] is not None for feed in feeds if feed["pdu"]),
        "rated_power_watts": one.rated,
        "power_utilization_ratio": one.load,
        "space_utilization_ratio": one.space,
        "failover_capacity_watts": (spare_watts(listed) or None) if listed is not None else None,
        "failover_load_ratio": one.failover,
        "headroom_watts": found.one(catalogue.RACK_HEADROOM),
        "stranded_power_watts": one.stranded,
        "inlet_temperature_celsius": one.inlet,
        "needs": _needs(one),
        "elevation": _elevation(listed, nodes),
        "feeds": feeds,
        "outlets": _outlets(found),
        "sensors": _sensors(found),
        "nodes": nodes,
        "limits": {
            "failover_load_ratio": limits.FAILOVER_LIMIT,
            "inlet_recommended_celsius": limits.INLET_RECOMMENDED,
            "inlet_allowable_celsius": limits.INLET_ALLOWABLE,
        },
    }


def whole(view: BoardView, site: str, name: str) -> Data | None:
    """Return `/api/sites/{site}/racks/{rack}`: the rack with the power of its feeds over the last hours."""
    data = rack(view, site, name)
    if data is not None:
        feeds = {feed["pdu"]: feed["feed"] or feed["pdu"] for feed in data["feeds"] if feed["pdu"]}
        trend = view.past.power(site, list(feeds)) if view.past is not None and feeds else None
        if trend is not None:
            trend = {
                **trend,
                "series": {feeds[pdu]: watts for pdu, watts in trend["series"].items()},
            }
        data["trend"] = trend
    return data


def _model(found: _Families, listed: Listed | None, site: str, name: str) -> model.Rack:
    """Return the rack as the board's other pages know it, so that all of them say the same."""
    info = found.of(catalogue.RACK_INFO)
    row = next((s.values[2] for rows in (info, found.of(facility.PDU_UP)) for s, _ in rows), "")
    one = model.Rack(site=site, row=row or (listed.row if listed else ""), rack=name)
    if info:
        one.state = info[0][0].values[4]
    elif listed is not None:
        one.state = listed.state
    for metric, attribute in (
        (catalogue.RACK_HEIGHT, "height"),
        (catalogue.RACK_USED, "used"),
        (catalogue.RACK_POWER_CAPACITY, "rated"),
        (catalogue.RACK_FAILOVER_LOAD, "failover"),
        (catalogue.RACK_INLET_TEMPERATURE, "inlet"),
        (catalogue.RACK_STRANDED, "stranded"),
    ):
        setattr(one, attribute, found.one(metric))
    one.load, one.space = (
        found.one(catalogue.RACK_UTILIZATION, kind="power"),
        found.one(catalogue.RACK_UTILIZATION, kind="space"),
    )
    for series, watts in found.of(catalogue.RACK_POWER):
        one.draws(series.values[4], watts)
    for series, up in found.of(facility.PDU_UP):
        one.answers(series.values[4], up)
    return one


def _needs(one: model.Rack) -> list[Data]:
    """Return why someone should look, with the alert whose section of the runbook says what to do."""
    values = {"over": one.load, "hot": one.inlet, "failover": one.failover}
    found = []
    for need in one.needs() if one.state == "in_service" else ():
        value = values.get(need)
        alert = ALERTS[need]
        if need in _GRAVER and value is not None and value > _GRAVER[need][1]:
            alert = _GRAVER[need][0]
        found.append(
            {
                "need": need,
                "value": value,
                "pdus": one.silent if need == "silent" else [],
                "alert": alert,
            }
        )
    return found


def _elevation(listed: Listed | None, nodes: Sequence[Data]) -> Data | None:
    """Return what stands where, the top first; None where the inventory lists no devices."""
    if listed is None or listed.devices is None:
        return None
    drawn = {one["node"]: one["power_watts"] for one in nodes}
    places: list[Data] = [
        {
            "node": device.node,
            "position": device.position,
            "units": device.units,
            "agent": device.agent,
            "accelerators": device.accelerators,
            "model": " ".join(filter(None, (device.vendor, device.model))),
            "power_watts": drawn.get(device.node),
        }
        for device in listed.devices
    ]
    placed = sorted(
        (p for p in places if p["position"] and p["units"]), key=lambda p: -p["position"]
    )
    taken = {unit for p in placed for unit in range(p["position"], p["position"] + p["units"])}
    free = [unit for unit in range(1, listed.height_units + 1) if unit not in taken]
    return {
        "placed": placed,
        "elsewhere": [p for p in places if not (p["position"] and p["units"])],
        "free": list(_runs(free)),
        "largest_free_units": max((last - first + 1 for first, last in _runs(free)), default=0),
    }


def _runs(units: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Yield the stretches of units that follow each other, as first and last."""
    first = last = None
    for unit in units:
        if last is not None and unit == last + 1:
            last = unit
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = unit
    if first is not None and last is not None:
        yield first, last


def _feeds(view: BoardView, found: _Families, listed: Listed | None) -> list[Data]:
    """Return the feeds: the inventory's, and behind them PDUs that only their readings name."""
    up = {(s.values[5], s.values[4]): v for s, v in found.of(facility.PDU_UP)}
    known = (
        {(name, feed.pdu): feed.capacity_watts for name, feed in listed.feeds.items()}
        if listed is not None
        else {}
    )
    named = {pdu for _, pdu in known}
    extra = {
        s.values[4]: s.values[5]
        for s, _ in (*found.of(facility.PDU_UP), *found.of(facility.PDU_POWER))
        if s.values[4] not in named
    }
    places = [*known, *((feed, pdu) for pdu, feed in sorted(extra.items()))]
    capacity = {s.values[4]: v for s, v in found.of(catalogue.RACK_FEED_CAPACITY)}
    inlets, phases, banks = (
        found.table(fields, *keys)
        for fields, keys in (
            (_PDU_FIELDS, ("pdu",)),
            (_PHASE_FIELDS, ("pdu", "phase")),
            (_BANK_FIELDS, ("pdu", "bank")),
        )
    )
    silent = _silent(view, {pdu for _, pdu in places})
    feeds = []
    for feed, pdu in places:
        inlet = inlets.get((pdu,), dict.fromkeys(name for _, name in _PDU_FIELDS))
        power = inlet["power_watts"]
        most = known.get((feed, pdu)) or capacity.get(feed)
        answers = next((value for (_, name), value in up.items() if name == pdu), None)
        own = [{"phase": key[1], **row} for key, row in phases.items() if key[0] == pdu]
        feeds.append(
            {
                "feed": feed,
                "pdu": pdu,
                "up": None if answers is None else answers == 1,
                "silent_since_seconds": silent.get(pdu),
                "capacity_watts": most,
                **inlet,
                "load_ratio": power / most if power is not None and most else None,
                "phases": own,
                "imbalance_ratio": found.one(facility.PDU_PHASE_IMBALANCE, pdu=pdu),
                "banks": [{"bank": key[1], **row} for key, row in banks.items() if key[0] == pdu],
            }
        )
    return feeds


def _silent(view: BoardView, names: set[str]) -> dict[str, float]:
    return {
        s.label("device"): at
        for s, at in view.snapshot.family(reconciled.SILENT_SINCE).items()
        if s.label("kind") == "pdu" and s.label("device") in names
    }


def _outlets(found: _Families) -> list[Data]:
    names = {
        (s.label("pdu"), s.label("outlet")): s.label("name")
        for s, _ in found.of(facility.PDU_OUTLET_INFO)
    }
    table = found.table(_OUTLET_FIELDS, "pdu", "outlet")
    return [
        {"pdu": pdu, "outlet": outlet, "name": names.get((pdu, outlet), ""), **row}
        for (pdu, outlet), row in table.items()
    ]


def _sensors(found: _Families) -> list[Data]:
    fields = (
        (facility.SENSOR_TEMPERATURE, "temperature_celsius"),
        (facility.SENSOR_HUMIDITY, "humidity_ratio"),
    )
    return [
        {"sensor": key[0], "exhaust": is_exhaust(key[0]), **row}
        for key, row in found.table(fields, "sensor").items()
    ]


def _nodes(found: _Families, listed: Listed | None) -> list[Data]:
    """Return the nodes with their power, by every way it is read, and their chips."""
    power: dict[str, dict[str, float]] = {}
    for series, value in found.of(node.NODE_POWER):
        power.setdefault(series.label("node"), {})[series.label("source")] = value
    inlet = found.table(((node.NODE_INLET, "inlet"), (node.NODE_EXHAUST, "exhaust")), "node")
    models = {
        (s.label("node"), s.label("accelerator")): f"{s.label('vendor')} {s.label('model')}".strip()
        for s, _ in found.of(node.ACCELERATOR_INFO)
    }
    chips: dict[str, list[Data]] = {}
    for (name, chip), row in found.table(_CHIP_FIELDS, "node", "accelerator").items():
        chips.setdefault(name, []).append(
            {"accelerator": chip, "model": models.get((name, chip), ""), **row}
        )
    stated = [device.node for device in (listed.devices or ())] if listed is not None else []
    names = dict.fromkeys(
        (*stated, *sorted({*power, *chips, *(key[0] for key in inlet)}, key=natural))
    )
    temperatures: Mapping[tuple[str, ...], Data] = inlet
    return [
        {
            "node": name,
            # Read two ways it is one node: the outer reading holds the other.
            "power_watts": max(power[name].values()) if name in power else None,
            "power_by_source": power.get(name, {}),
            "inlet_temperature_celsius": temperatures.get((name,), {}).get("inlet"),
            "exhaust_temperature_celsius": temperatures.get((name,), {}).get("exhaust"),
            "chips": chips.get(name, []),
        }
        for name in names
        if name in power or name in chips or (name,) in temperatures
    ]
