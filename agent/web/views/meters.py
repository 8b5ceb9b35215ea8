"""Every meter of the hub: its point, class, readings, state, and coverage in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.inventory.model import POINTS, Meter
from agent.web.format import iso
from agent.web.view import BoardView
from collectors.base import Metric
from collectors.catalogue import facility, inventory

MeterState = Literal["answering", "silent", "replaced", "not_asked"]
"""`not_asked`: it has no reading, so probably no collector is configured for it."""

Key = tuple[str, str]
"""Site and meter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterView:
    """One meter; None stands for what is not known. Energies are register readings."""

    site: str
    meter: str
    point: str
    listed: bool
    """Whether the inventory has it."""
    accuracy_class: float | None
    rating_watts: float | None
    replaces: str | None
    """The meter that it replaced."""
    up: float | None
    """1 if it answers, 0 if not."""
    power_watts: float | None
    energy_joules: float | None
    exported_joules: float | None
    state: MeterState
    silent_since_seconds: float | None
    coverage: Mapping[str, float] | None
    """Share of each window (`1d`, `7d`, `30d`) that the meter covered; None until it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PduCount:
    """The PDUs of the hub: they are meters too, but too many to list here."""

    pdus: int
    answering: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetersView:
    """`/api/meters`: every meter by site and point. PDUs are only counted; racks list them."""

    at: str | None
    hub: str
    meters: Sequence[MeterView]
    pdus: PduCount

    @property
    def of_several_sites(self) -> bool:
        """Whether the meters are at more than one site."""
        return len({one.site for one in self.meters}) > 1

    @property
    def silent_first(self) -> list[MeterView]:
        """The meters, those that are silent or not polled at the top."""
        return sorted(self.meters, key=lambda one: one.state not in ("silent", "not_asked"))


@dataclass(slots=True, kw_only=True)
class _Readings:
    """What the snapshot has of one meter."""

    point: str = ""
    up: float | None = None
    power_watts: float | None = None
    energy_joules: float | None = None
    exported_joules: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was read. Exported energy alone does not count as a reading."""
        return self.up is None and self.power_watts is None and self.energy_joules is None


def read(view: BoardView) -> MetersView:
    """Return the meters that have readings, and those that the inventory lists."""
    readings = _readings(view)
    listed = _listed(view)
    silent = {
        (series.label("site"), series.label("device")): since
        for series, since in view.snapshot.family(inventory.SILENT_SINCE).items()
        if series.label("kind") == "meter"
    }
    coverage = view.past.coverage() if view.past is not None else {}
    replaced = {(site, meter.replaces) for (site, _), meter in listed.items() if meter.replaces}
    meters = [
        _meter(
            key,
            readings.get(key, _Readings()),
            listed.get(key),
            gone=key in replaced,
            silent_since=silent.get(key),
            coverage=coverage.get(key),
        )
        for key in {**readings, **listed}
    ]
    order: dict[str, int] = {point: index for index, point in enumerate(POINTS)}
    meters.sort(key=lambda one: (one.site, order.get(one.point, len(order)), one.meter))
    return MetersView(at=iso(view.now()), hub=view.hub, meters=meters, pdus=_pdus(view))


def _readings(view: BoardView) -> dict[Key, _Readings]:
    found: dict[Key, _Readings] = {}

    def of(metric: Metric) -> list[tuple[_Readings, float]]:
        rows = []
        for series, value in view.snapshot.family(metric).items():
            if series.label("hub") == view.hub:
                key = series.label("site"), series.label("meter")
                rows.append((found.setdefault(key, _Readings(point=series.label("point"))), value))
        return rows

    for meter, value in of(facility.METER_UP):
        meter.up = value
    for meter, value in of(facility.METER_POWER):
        meter.power_watts = value
    for meter, value in of(facility.METER_ENERGY):
        meter.energy_joules = value
    for meter, value in of(facility.METER_EXPORTED):
        meter.exported_joules = value
    return found


def _listed(view: BoardView) -> dict[Key, Meter]:
    """Return the meters of the inventory that are no PDUs."""
    known = view.inventory
    if known is None:
        return {}
    return {key: meter for key, meter in known.meters.items() if key[1] not in known.pdus}


def _meter(
    key: Key,
    readings: _Readings,
    listed: Meter | None,
    *,
    gone: bool,
    silent_since: float | None,
    coverage: Mapping[str, float] | None,
) -> MeterView:
    site, meter = key
    return MeterView(
        site=site,
        meter=meter,
        point=(listed.point if listed is not None else "") or readings.point,
        listed=listed is not None,
        accuracy_class=listed.accuracy_class if listed is not None else None,
        rating_watts=listed.rating_watts if listed is not None else None,
        replaces=(listed.replaces or None) if listed is not None else None,
        up=readings.up,
        power_watts=readings.power_watts,
        energy_joules=readings.energy_joules,
        exported_joules=readings.exported_joules,
        state=_state(readings, gone=gone),
        silent_since_seconds=silent_since,
        coverage=coverage,
    )


def _state(readings: _Readings, *, gone: bool) -> MeterState:
    if readings.is_empty:
        return "replaced" if gone else "not_asked"
    return "silent" if readings.up == 0 else "answering"


def _pdus(view: BoardView) -> PduCount:
    up = [
        value
        for series, value in view.snapshot.family(facility.PDU_UP).items()
        if series.label("hub") == view.hub
    ]
    return PduCount(pdus=len(up), answering=sum(value == 1 for value in up))
