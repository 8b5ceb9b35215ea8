"""Which meters make up each point of a site: what must be heard before an hour counts.

The inventory says it where it can; where it lists nothing at a point, the labels of the readings do. A meter that is
listed and silent is missing. A meter that is heard at a point where the inventory lists others is not counted, and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from agent.inventory.check_meters import upstream
from agent.inventory.model import IT_POINTS, NOT_IT, Emission
from collectors.catalogue.limits import INCOMING

if TYPE_CHECKING:
    from agent.inventory.model import Inventory, Meter, Point, Rack, Site
    from agent.ledger.store import MeterRow

ASSUMED_CLASS: Final = 2.0
"""Percent: the accuracy class taken for a meter that states none."""

_FUELLESS: Final = (
    Emission(kilograms_per_kilowatt_hour=0.0, source="own renewables burn no fuel"),
)
Method = Literal["incoming", "parts", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One place of measurement: the meters that hung there one after the other, the newest first.

    `share` is how much of what they count is the data centre's, below 0 for what is taken off; `factor` is that times the
    standard's weight. `emissions` are of each kilowatt-hour they count.
    """

    names: tuple[str, ...]
    accuracy: float = ASSUMED_CLASS
    factor: float = 1.0
    share: float = 1.0
    renewable: float = 0.0
    emissions: tuple[Emission, ...] = ()
    kind: Literal["", "export", "water"] = ""

    @property
    def name(self) -> str:
        """The name of the meter that is there now."""
        return self.names[0]

    @property
    def is_fuelless(self) -> bool:
        """Whether it is own renewables of which nobody says what carbon they stand for."""
        return self.emissions == _FUELLESS

    def emission(self, year: int) -> Emission | None:
        """Return how much carbon a kilowatt-hour stood for in a year; None where nobody says."""
        return next(
            (one for one in self.emissions if one.first_year <= year <= one.last_year), None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The points of one site, each with the parts that must all be heard."""

    site: str
    parts: Mapping[str, tuple[Part, ...]]
    it_candidates: tuple[str, ...]
    """The points that meter all of the site's IT, the deepest first."""
    method: Method
    notes: tuple[str, ...] = ()

    @property
    def electrical(self) -> tuple[str, ...]:
        """The points that IT's energy goes through one after the other, from the outermost: the UPSs' input and the candidates."""
        return ("ups_input", *reversed(self.it_candidates))

    @property
    def facility_points(self) -> tuple[str, ...]:
        """The points whose sum is the facility's energy; `export` is taken off."""
        if self.method == "incoming":
            return tuple(p for p in (*INCOMING, "bought", "export") if self.parts.get(p))
        if self.method == "parts":
            outermost = [p for p in self.electrical if self.parts.get(p)][:1]
            return tuple(p for p in (*outermost, *NOT_IT) if self.parts.get(p))
        return ()


def boundary_of(site: Site, inventory: Inventory, known: Iterable[MeterRow]) -> Boundary:
    """Work out the points of a site from the inventory and the meters the ledger has heard of."""
    heard = [row for row in known if row.site == site.site]
    listed = inventory.meters_by_site.get(site.site, ())
    racks = [
        rack for rack in inventory.racks_by_site.get(site.site, ()) if rack.state == "in_service"
    ]
    notes: list[str] = []
    if site.site in inventory.shared_sites:  # some racks' PDUs would pass for all of them
        listed = tuple(meter for meter in listed if meter.meter not in inventory.pdus)
        heard, racks = [row for row in heard if row.kind != "pdu"], []
        notes.append(
            "several gateways read this site's rack PDUs, so these do not make its IT energy"
        )
    parts: dict[str, tuple[Part, ...]] = {}
    for point in (*INCOMING, "ups_input", "ups_output", "it_input", *NOT_IT, "reused", "water"):
        parts[point] = _parts_at(point, inventory, listed, heard, notes)
    parts["renewable"] = tuple(
        part if part.emissions else replace(part, emissions=_FUELLESS)
        for part in parts["renewable"]
    )
    parts["utility"] = tuple(
        part if part.emissions else replace(part, emissions=site.emissions)
        for part in parts["utility"]
    )
    parts["pdu_output"] = _pdu_parts(inventory, listed, racks, heard, notes)
    for point, part in list(_not_it(site.site, parts, inventory)):
        if parts[point]:
            parts[point] = (*parts[point], part)
    parts["bought"] = tuple(
        _chains(
            [m for m in listed if m.factor is not None and m.point in ("cooling", "other")],
            inventory,
        )
    )
    parts["export"] = _exports([part for point in INCOMING for part in parts[point]], heard)
    candidates = (
        tuple(p for p in IT_POINTS if parts[p]) if site.it_point is None else (site.it_point,)
    )
    method: Method = (
        "incoming" if any(parts[p] for p in INCOMING) else "parts" if parts["cooling"] else ""
    )
    if method == "parts":
        notes.append("no meter where energy comes in: facility energy is the sum of its parts")
    elif not method:
        notes.append("facility energy is not metered: neither what comes in nor cooling")
    if not candidates:
        notes.append("IT energy is not metered for the whole site")
    if any(_unclassed(part, site.site, inventory) for found in parts.values() for part in found):
        notes.append(f"class {ASSUMED_CLASS:g} assumed for meters that state none")
    return Boundary(
        site=site.site,
        parts={point: found for point, found in parts.items() if found},
        it_candidates=tuple(p for p in candidates if parts[p]),
        method=method,
        notes=tuple(notes),
    )


def _unclassed(part: Part, site: str, inventory: Inventory) -> bool:
    meter = inventory.meters.get((site, part.name))
    return meter is None or meter.accuracy_class is None


def _part(names: tuple[str, ...], meter: Meter | None, inventory: Inventory) -> Part:
    if meter is None:
        return Part(names=names)
    share = -meter.share if meter.subtract else meter.share
    # What is taken off a supply is of that supply: as renewable, and as carbon-laden.
    of = next(
        (m for m in upstream(meter, inventory.meters) if meter.subtract and m.point == meter.point),
        meter,
    )
    renewable = of.renewable_ratio if meter.renewable_ratio is None else meter.renewable_ratio
    return Part(
        names=names,
        accuracy=ASSUMED_CLASS if meter.accuracy_class is None else meter.accuracy_class,
        factor=share if meter.factor is None else share * meter.factor,
        share=share,
        renewable=renewable or 0.0,
        emissions=meter.emissions or of.emissions,
        kind="water" if meter.point == "water" else "",
    )


def _not_it(
    site: str, parts: Mapping[str, tuple[Part, ...]], inventory: Inventory
) -> Iterator[tuple[Point, Part]]:
    """Yield what hangs behind meters of IT and is none: cooling fed by a UPS is taken off there, and at all points before it."""
    for part in (part for point in NOT_IT for part in parts[point]):
        meter = inventory.meters.get((site, part.name))
        if meter is None or meter.subtract:
            continue
        depths = [
            IT_POINTS.index(m.point)
            for m in upstream(meter, inventory.meters)
            if m.point in IT_POINTS
        ]
        for point in (*IT_POINTS[min(depths) :], "ups_input") if depths else ():
            yield point, replace(part, factor=-part.share, share=-part.share)


def _chains(meters: Sequence[Meter], inventory: Inventory) -> list[Part]:
    """Join each meter with those it replaced."""
    by_name = {meter.meter: meter for meter in meters}
    replaced = {meter.replaces for meter in meters if meter.replaces}
    chains = []
    for meter in meters:
        if meter.meter in replaced:
            continue
        names, at = [meter.meter], meter
        while at.replaces:
            names.append(at.replaces)
            if at.replaces not in by_name:
                break
            at = by_name[at.replaces]
        chains.append(_part(tuple(names), meter, inventory))
    return chains


def _exports(incoming: Sequence[Part], heard: Sequence[MeterRow]) -> tuple[Part, ...]:
    """Return the places where energy comes in at which any of the meters, old or new, has told of an export register."""
    telling = {row.name for row in heard if row.kind == "export"}
    return tuple(
        Part(
            names=part.names,
            accuracy=part.accuracy,
            factor=part.share,
            share=part.share,
            kind="export",
        )
        for part in incoming
        if not telling.isdisjoint(part.names)
    )


def _parts_at(
    point: str,
    inventory: Inventory,
    listed: Sequence[Meter],
    heard: Sequence[MeterRow],
    notes: list[str],
) -> tuple[Part, ...]:
    chains = _chains([meter for meter in listed if meter.point == point], inventory)
    kind: Literal["", "water"] = "water" if point == "water" else ""
    said = [
        row
        for row in heard
        if row.kind == (kind or "meter")
        and row.point == point
        and (row.site, row.name) not in inventory.meters
    ]
    if not chains:
        return tuple(Part(names=(row.name,), kind=kind) for row in said)
    replaced = {name for part in chains for name in part.names}
    others = sorted(row.name for row in said if row.name not in replaced)
    if others:
        notes.append(f"not in the inventory, so not counted at {point}: {', '.join(others[:10])}")
    return tuple(chains)


def _pdu_parts(
    inventory: Inventory,
    listed: Sequence[Meter],
    racks: Sequence[Rack],
    heard: Sequence[MeterRow],
    notes: list[str],
) -> tuple[Part, ...]:
    """Return what meters PDU output: meters listed for it, else the PDUs of every rack in service, else what is heard."""
    totals = _chains(
        [m for m in listed if m.point == "pdu_output" and m.meter not in inventory.pdus], inventory
    )
    if totals:
        return tuple(totals)
    if not racks:
        return tuple(Part(names=(row.name,)) for row in heard if row.point == "pdu_output")
    found = []
    for rack in racks:
        if not rack.feeds or not all(feed.pdu for feed in rack.feeds.values()):
            notes.append(f"rack {rack.rack} lacks a PDU: PDU output does not meter the whole site")
            return ()
        for feed in rack.feeds.values():
            meter = inventory.meters.get((rack.site, feed.pdu))
            if meter is not None and meter.point != "pdu_output":
                return ()  # counted deeper or elsewhere, on purpose
            found.append(_part((feed.pdu,), meter, inventory))
    return tuple(found)
