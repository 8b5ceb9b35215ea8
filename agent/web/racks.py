"""The racks as the board sees them: one pass over the snapshot, then one row a rack and the few that need someone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from agent.web.computed import computed_once
from agent.web.format import natural
from collectors.base import Series
from collectors.catalogue import facility, rack
from collectors.catalogue.limits import FAILOVER_LIMIT, INLET_ALLOWABLE, INLET_RECOMMENDED

if TYPE_CHECKING:
    from agent.snapshot import Snapshot


COLUMNS: Final = (
    "site",
    "row",
    "rack",
    "state",
    "height_units",
    "used_units",
    "power_watts",
    "rated_power_watts",
    "space_utilization_ratio",
    "power_utilization_ratio",
    "failover_load_ratio",
    "inlet_temperature_celsius",
    "stranded_power_watts",
    "silent_pdus",
    "needs",
)


@dataclass(slots=True, kw_only=True)
class Rack:
    """One rack: what is known of it now; None where nothing is."""

    site: str
    row: str
    rack: str
    state: str = "in_service"
    height: float | None = None
    used: float | None = None
    power: float | None = None
    rated: float | None = None
    space: float | None = None
    load: float | None = None
    failover: float | None = None
    inlet: float | None = None
    stranded: float | None = None
    silent: list[str] = field(default_factory=list)
    answering: int = 0

    def clear(self) -> None:
        """Forget all but where the rack stands."""
        self.height = self.used = self.power = self.rated = self.space = self.load = None
        self.failover = self.inlet = self.stranded = None
        self.silent, self.answering = [], 0

    def draws(self, _feed: str, watts: float) -> None:
        """Add what one feed draws."""
        self.power = watts + (self.power or 0.0)

    def uses(self, kind: str, ratio: float) -> None:
        """Note a utilisation of a kind: power or space."""
        if kind == "power":
            self.load = ratio
        elif kind == "space":
            self.space = ratio

    def answers(self, pdu: str, up: float) -> None:
        """Note whether one of the rack's PDUs answers."""
        if up:
            self.answering += 1
        else:
            self.silent.append(pdu)

    @property
    def is_silent(self) -> bool:
        """Whether a PDU of the rack that should be telling its power does not answer."""
        return bool(self.silent)

    def needs(self) -> list[str]:
        """Return why someone should look: over, failover, hot, silent; the gravest first."""
        found = []
        if self.load is not None and self.load > 1:
            found.append("over")
        if self.inlet is not None and self.inlet > INLET_RECOMMENDED:
            found.append("hot")
        if self.failover is not None and self.failover > FAILOVER_LIMIT:
            found.append("failover")
        if self.is_silent:
            found.append("silent")
        return found

    def gravity(self) -> float:
        """Return how urgent the rack is, 0 for not at all: the larger the sooner it breaks."""
        worst = 0.0
        if self.load is not None and self.load > 1:
            worst = max(worst, 30 + self.load)
        if self.inlet is not None and self.inlet > INLET_RECOMMENDED:
            worst = max(worst, (40 if self.inlet > INLET_ALLOWABLE else 10) + self.inlet / 100)
        if self.failover is not None and self.failover > FAILOVER_LIMIT:
            worst = max(worst, (28 if self.failover > 1 else 8) + self.failover)
        if self.is_silent:
            worst = max(worst, 20.0 if not self.answering else 15.0)
        return worst

    def cells(self) -> list[Any]:
        """Return the rack as a row under COLUMNS."""
        return [
            self.site,
            self.row,
            self.rack,
            self.state,
            self.height,
            self.used,
            _round(self.power, 1),
            self.rated,
            _round(self.space, 4),
            _round(self.load, 4),
            _round(self.failover, 4),
            _round(self.inlet, 2),
            _round(self.stranded, 1),
            self.silent,
            self.needs(),
        ]


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


_FIELDS: Final = (
    (rack.RACK_HEIGHT, "height"),
    (rack.RACK_USED, "used"),
    (rack.RACK_POWER_CAPACITY, "rated"),
    (rack.RACK_FAILOVER_LOAD, "failover"),
    (rack.RACK_INLET_TEMPERATURE, "inlet"),
    (rack.RACK_STRANDED, "stranded"),
)

_NOTES: Final = (
    (rack.RACK_POWER, Rack.draws),
    (rack.RACK_UTILIZATION, Rack.uses),
    (facility.PDU_UP, Rack.answers),
)


class _Known:
    """The racks of one snapshot, sorted once: a round changes what is known of them, hardly ever which there are."""

    def __init__(self, hub: str, infos: list[Series]) -> None:
        self.hub, self.infos = hub, infos
        self._racks: dict[tuple[str, str], Rack] = {}
        for series in infos:
            _, site, row, name, state = series.values
            self._racks[site, name] = Rack(site=site, row=row, rack=name, state=state)
        self.by_site: dict[str, list[Rack]] = {}
        for one in sorted(self._racks.values(), key=_order()):
            self.by_site.setdefault(one.site, []).append(one)

    def fill(self, snapshot: Snapshot) -> dict[str, list[Rack]]:
        """Note what is known of each rack now; written as plain loops, since a whole hub has some 300 000 of these series."""
        for one in self._racks.values():
            one.clear()
        find = self._racks.get
        for metric, attribute in _FIELDS:
            for series, value in snapshot.family(metric).items():
                values = series.values
                found = find((values[1], values[3]))
                if found is not None:
                    setattr(found, attribute, value)
        for metric, note in _NOTES:
            for series, value in snapshot.family(metric).items():
                values = series.values
                found = find((values[1], values[3]))
                if found is not None:
                    note(found, values[4], value)
        return self.by_site


_known: Final[WeakKeyDictionary[Snapshot, _Known]] = WeakKeyDictionary()


def read(snapshot: Snapshot, hub: str) -> dict[str, list[Rack]]:
    """Return the hub's racks by site, sorted by row and name as people count them."""
    return computed_once(snapshot, ("racks", hub), lambda: _read(snapshot, hub))


def forget() -> None:
    """Know no racks any longer, as at a start."""
    _known.clear()


def _read(snapshot: Snapshot, hub: str) -> dict[str, list[Rack]]:
    infos = [series for series in snapshot.family(rack.RACK_INFO) if series.values[0] == hub]
    known = _known.get(snapshot)
    if known is None or known.hub != hub or known.infos != infos:
        known = _known[snapshot] = _Known(hub, infos)
    return known.fill(snapshot) if infos else {}


def _order() -> Callable[[Rack], tuple[Any, ...]]:
    """Return a key for sorting racks: rows as people count them, and within a row A2 before A10."""
    rows: dict[str, Any] = {}

    def key(one: Rack) -> tuple[Any, ...]:
        row = rows.get(one.row)
        if row is None:
            row = rows[one.row] = natural(one.row)
        return one.site, row, len(one.rack), one.rack

    return key


def urgent(racks: Iterable[Rack]) -> list[Rack]:
    """Return the racks in service that need someone, the gravest first."""
    grave = [
        (gravity, one) for one in racks if one.state == "in_service" and (gravity := one.gravity())
    ]
    return [one for _, one in sorted(grave, key=lambda pair: -pair[0])]


def needing(racks: Iterable[Rack]) -> int:
    """Return how many racks in service need someone."""
    return sum(1 for one in racks if one.state == "in_service" and one.needs())


def rows(racks: Sequence[Rack]) -> dict[str, list[Rack]]:
    """Return the racks by row, in the order they come."""
    found: dict[str, list[Rack]] = {}
    for one in racks:
        found.setdefault(one.row, []).append(one)
    return found


def summary(racks: Sequence[Rack]) -> dict[str, Any]:
    """Return what a site's racks amount to: counts, occupancy by three methods, power; None where not known.

    Occupancy (上架率) counts racks in service: those holding a device, units used, rated power drawn.
    """
    live = [one for one in racks if one.state == "in_service"]
    states = dict.fromkeys(("in_service", "under_construction", "planned"), 0)
    for one in racks:
        states[one.state] = states.get(one.state, 0) + 1
    needs = dict.fromkeys(("over", "hot", "failover", "silent"), 0)
    for one in live:
        for reason in one.needs():
            needs[reason] += 1
    powered = [one for one in live if one.power is not None]
    return {
        "racks": states,
        "measured_racks": len(powered),
        "power_watts": round(sum(one.power or 0.0 for one in powered), 1) if powered else None,
        "rated_power_watts": sum(one.rated or 0.0 for one in live) or None,
        "stranded_power_watts": _sum(one.stranded for one in live),
        "needs": needs,
    }


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
