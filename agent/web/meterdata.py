"""Every meter with its point, class and coverage, and what the agent did not take or could not hand on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from agent.inventory.model import POINTS
from agent.web.format import iso
from collectors.base import Metric
from collectors.catalogue import agent as own
from collectors.catalogue import facility
from collectors.catalogue import inventory as reconciled

if TYPE_CHECKING:
    from agent.web.view import BoardView

Data = dict[str, Any]

_TELLING: Final = (
    (facility.METER_UP, "up"),
    (facility.METER_POWER, "power_watts"),
    (facility.METER_ENERGY, "energy_joules"),
    (facility.METER_EXPORTED, "exported_joules"),
)
_FIELDS: Final = ("up", "power_watts", "energy_joules", "exported_joules")


def meters(view: BoardView) -> Data:
    """Return `/api/meters`: every meter, by site and point; `coverage` has the share of the last days that the ledger has of it.

    Those the inventory lists and nothing has ever told of are there as well, with nothing known of them. PDUs are meters of the point
    `pdu_output`; they are counted, and told one by one with their racks.
    """
    found: dict[tuple[str, str], Data] = {}
    for metric, name in _TELLING:
        for series, value in view.snapshot.family(metric).items():
            hub, site, meter, point = series.values
            if hub == view.hub:
                found.setdefault((site, meter), _blank(site, meter, point))[name] = value
    inventory = view.inventory
    for (site, meter), listed in (inventory.meters if inventory is not None else {}).items():
        if inventory is not None and meter in inventory.pdus:
            continue
        row = found.setdefault((site, meter), _blank(site, meter, ""))
        row |= {
            "point": listed.point or row["point"],
            "listed": True,
            "accuracy_class": listed.accuracy_class,
            "rating_watts": listed.rating_watts,
            "replaces": listed.replaces or None,
        }
    silent = {
        (s.label("site"), s.label("device")): at
        for s, at in view.snapshot.family(reconciled.SILENT_SINCE).items()
        if s.label("kind") == "meter"
    }
    covered = view.past.coverage() if view.past is not None else {}
    replaced = {(row["site"], row["replaces"]) for row in found.values() if row["replaces"]}
    for key, row in found.items():
        row["state"] = _state(row, gone=key in replaced)
        row["silent_since_seconds"] = silent.get(key)
        row["coverage"] = covered.get(key)
    order = {point: index for index, point in enumerate(POINTS)}
    listing = sorted(
        found.values(),
        key=lambda row: (row["site"], order.get(row["point"], len(order)), row["meter"]),
    )
    return {"at": iso(view.now()), "hub": view.hub, "meters": listing, "pdus": _pdus(view)}


def _blank(site: str, meter: str, point: str) -> Data:
    return {
        "site": site,
        "meter": meter,
        "point": point,
        "listed": False,
        "accuracy_class": None,
        "rating_watts": None,
        "replaces": None,
        **dict.fromkeys(_FIELDS),
    }


def _state(row: Data, *, gone: bool) -> str:
    """Return replaced, answering, silent, or not_asked where nothing has told of the meter."""
    if row["up"] is None and row["power_watts"] is None and row["energy_joules"] is None:
        return "replaced" if gone else "not_asked"
    return "silent" if row["up"] == 0 else "answering"


def _pdus(view: BoardView) -> Data:
    up = [
        value
        for series, value in view.snapshot.family(facility.PDU_UP).items()
        if series.values[0] == view.hub
    ]
    return {"pdus": len(up), "answering": sum(value == 1 for value in up)}


def losses(view: BoardView) -> Data:
    """Return `/api/losses`: what was not taken, by reason, since this agent began; how its sinks and their spools do."""
    return {
        "at": iso(view.now()),
        "ledger": {
            "readings": _one(view, own.LEDGER_READINGS),
            "rejected": _by(view, own.LEDGER_REJECTED, "reason"),
            "register_events": _by(view, own.LEDGER_EVENTS, "event"),
        },
        "collectors": _collectors(view),
        "sinks": _sinks(view),
    }


def _one(view: BoardView, metric: Metric) -> float | None:
    return next(iter(view.snapshot.family(metric).values()), None)


def _by(view: BoardView, metric: Metric, label: str) -> dict[str, float]:
    """Return a metric of the agent's own by one label."""
    return {
        series.label(label): value
        for series, value in sorted(view.snapshot.family(metric).items(), key=_prefix)
    }


def _prefix(row: tuple[Any, float]) -> str:
    return str(row[0].prefix)


def _collectors(view: BoardView) -> list[Data]:
    """Return, by collector, rounds that failed and readings that were dropped, by reason."""
    found: dict[str, Data] = {}
    for metric, key in ((own.COLLECTOR_ERRORS, "errors"), (own.SAMPLES_DROPPED, "dropped")):
        for series, value in sorted(view.snapshot.family(metric).items(), key=_prefix):
            row = found.setdefault(
                series.label("collector"), {"errors": {}, "dropped": {}, "skipped_rounds": 0.0}
            )
            if value:
                row[key][series.label("reason")] = value
    for series, value in view.snapshot.family(own.COLLECTOR_SKIPPED).items():
        found.setdefault(
            series.label("collector"), {"errors": {}, "dropped": {}, "skipped_rounds": 0.0}
        )["skipped_rounds"] = value
    return [{"collector": name, **row} for name, row in sorted(found.items()) if any(row.values())]


def _sinks(view: BoardView) -> list[Data]:
    fields: Iterable[tuple[Metric, str]] = (
        (own.SINK_UP, "up"),
        (own.SINK_COLLECTED, "collected_samples"),
        (own.SINK_SENT, "sent_samples"),
        (own.SPOOL_SAMPLES, "waiting_samples"),
        (own.SPOOL_BYTES, "spool_bytes"),
        (own.SPOOL_MAX_BYTES, "spool_max_bytes"),
        (own.SPOOL_OLDEST, "oldest_seconds"),
        (own.SPOOL_HEALTHY, "spool_healthy"),
    )
    found: dict[str, Data] = {}
    for metric, name in fields:
        for series, value in view.snapshot.family(metric).items():
            found.setdefault(
                series.label("sink"), {**{key: None for _, key in fields}, "dropped": {}}
            )[name] = value
    for series, value in view.snapshot.family(own.SINK_DROPPED).items():
        if value and series.label("sink") in found:
            found[series.label("sink")]["dropped"][series.label("reason")] = value
    return [{"sink": name, **row} for name, row in sorted(found.items())]
