"""Which meters make up each point of a site: what must be heard before an hour counts.

The inventory says it where it can. Where it lists nothing at a point, the labels of the readings
say it. A meter that is listed and silent is missing. A meter that is heard at a point where the
inventory lists others is not counted, and a note says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.inventory.check_meters import upstream
from agent.inventory.model import (
    IT_POINTS,
    NOT_IT,
    Inventory,
    Meter,
    Point,
    Rack,
    Site,
)
from agent.ledger.energy import FULL_MASK
from agent.ledger.store.meters import MeterRow
from agent.pue.model import Method
from agent.pue.places import ASSUMED_CLASS, NO_FUEL, Place, make_place, places_of
from collectors.catalogue.limits import INCOMING


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The points of one site, each with the places that must all be heard.

    `it_candidates` are the points that meter all of the site's IT, the deepest first. `incomplete`
    are points that are metered, but not for the whole site.
    """

    site: str
    places: Mapping[str, tuple[Place, ...]]
    it_candidates: tuple[str, ...]
    method: Method
    notes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    has_battery: bool = False
    """Whether the site states a battery that may give for hours; UPSs' are not meant."""

    @property
    def supplies(self) -> tuple[str, ...]:
        """The points by which all that IT draws comes in at the time; none if a battery may give.

        Nor are there any where only renewables are metered.
        """
        found = tuple(point for point in INCOMING if self.places.get(point))
        return () if self.has_battery or found == ("renewable",) else found

    @property
    def sold(self) -> tuple[str, ...]:
        """The point at which energy leaves the site again, if any does."""
        return ("export",) if self.places.get("export") else ()

    @property
    def electrical(self) -> tuple[str, ...]:
        """The points that IT's energy passes one after the other, from the outermost."""
        return ("ups_input", *reversed(self.it_candidates))

    @property
    def facility_points(self) -> tuple[str, ...]:
        """The points whose sum is the facility's energy; `export` is subtracted."""
        if self.method == "incoming":
            return tuple(p for p in (*INCOMING, "bought", "export") if self.places.get(p))
        if self.method == "parts":
            outermost = [p for p in self.electrical if self.places.get(p)][:1]
            return tuple(p for p in (*outermost, *NOT_IT) if self.places.get(p))
        return ()

    @property
    def knows_renewables(self) -> bool:
        """Whether anything says how much of the facility's energy is renewable."""
        return bool(self.places.get("renewable")) or any(
            place.renewable for place in self.places.get("utility", ())
        )

    def needed_cells(self, point: str, hour: int) -> int:
        """Return the cells of an hour in which a point must be heard, as bits.

        These are the cells in which any of its meters is in service. What a site cannot be without,
        its main supply or what its parts begin with, is needed in every hour.
        """
        if point in self.always_needed:
            return FULL_MASK
        mask = 0
        for place in self.places.get(point, ()):
            mask |= place.cells_in(hour)
            if mask == FULL_MASK:
                break
        return mask

    @property
    def always_needed(self) -> tuple[str, ...]:
        """The points without which there is no facility energy, whenever they began."""
        if self.method == "parts":
            return (*self.facility_points[:1], "cooling")
        supplies = [point for point in INCOMING if self.places.get(point)]
        return tuple(supplies[:1])

    def places_at(self, point: str) -> tuple[Place, ...]:
        """Return the places of a point, also of the two points that are made of others.

        `green` are the renewable supplies, weighted by how much of them is renewable. `carbon` is
        everything that comes in, where the carbon of any of it is known.
        """
        if point == "carbon":
            supplies = [
                place for each in (*INCOMING, "bought") for place in self.places.get(each, ())
            ]
            return tuple(supplies) if any(place.emissions for place in supplies) else ()
        if point != "green":
            return self.places.get(point, ())
        own = (replace(place, renewable=1.0) for place in self.places.get("renewable", ()))
        bought = (place for place in self.places.get("utility", ()) if place.renewable)
        return tuple(
            replace(place, factor=place.factor * place.renewable) for place in (*own, *bought)
        )


def method_of(places: Mapping[str, Sequence[Place]]) -> Method:
    """Return how the facility's energy is metered: where it comes in, or as its parts."""
    if any(places.get(point) for point in INCOMING):
        return "incoming"
    return "parts" if places.get("cooling") else ""


def boundary_of(site: Site, inventory: Inventory, known: Iterable[MeterRow]) -> Boundary:
    """Work out the points of a site from the inventory and the meters the ledger has heard of."""
    return _Builder(site, inventory, known).boundary()


class _Builder:
    """One site's boundary while it is worked out."""

    def __init__(self, site: Site, inventory: Inventory, known: Iterable[MeterRow]) -> None:
        self._site, self._inventory = site, inventory
        self._heard = [row for row in known if row.site == site.site]
        self._listed: Sequence[Meter] = inventory.meters_by_site.get(site.site, ())
        self._racks = [
            rack
            for rack in inventory.racks_by_site.get(site.site, ())
            if rack.state == "in_service"
        ]
        self._notes: list[str] = []
        self._incomplete: list[str] = []
        if site.site in inventory.shared_sites:  # some racks' PDUs would pass for all of them
            self._listed = [m for m in self._listed if m.meter not in inventory.pdus]
            self._heard = [row for row in self._heard if row.kind != "pdu"]
            self._racks = []
            self._notes.append(
                "several gateways read this site's rack PDUs, so these do not make its IT energy"
            )

    def boundary(self) -> Boundary:
        places = self._places()
        site = self._site
        candidates = (
            tuple(point for point in IT_POINTS if places[point])
            if site.it_point is None
            else (site.it_point,)
        )
        method = method_of(places)
        if method == "parts":
            self._notes.append(
                "no meter where energy comes in: facility energy is the sum of its parts"
            )
        elif not method:
            self._notes.append("facility energy is not metered: neither what comes in nor cooling")
        if not candidates:
            self._notes.append("IT energy is not metered for the whole site")
        if not all(place.states_class for found in places.values() for place in found):
            self._notes.append(f"class {ASSUMED_CLASS:g} assumed for meters that state none")
        return Boundary(
            site=site.site,
            places={point: found for point, found in places.items() if found},
            it_candidates=tuple(point for point in candidates if places[point]),
            method=method,
            notes=tuple(self._notes),
            incomplete=tuple(self._incomplete),
            has_battery=site.battery,
        )

    def _places(self) -> dict[str, tuple[Place, ...]]:
        """Return the places of every point, also of those that have none."""
        inventory = self._inventory
        places: dict[str, tuple[Place, ...]] = {}
        plain = (*INCOMING, "ups_input", "ups_output", "it_input", *NOT_IT, "reused", "water")
        for point in plain:
            places[point] = self._places_at(point)
        for point, emissions in (("renewable", NO_FUEL), ("utility", self._site.emissions)):
            places[point] = tuple(
                place if place.emissions else replace(place, emissions=emissions)
                for place in places[point]
            )
        places["pdu_output"] = self._pdu_places()
        for point, place in list(self._not_it(places)):
            if places[point]:
                places[point] = (*places[point], place)
        bought = [
            m for m in self._listed if m.factor is not None and m.point in ("cooling", "other")
        ]
        places["bought"] = tuple(places_of(bought, inventory))
        places["export"] = self._exports([place for point in INCOMING for place in places[point]])
        return places

    def _places_at(self, point: str) -> tuple[Place, ...]:
        """Return the places of a point: the listed meters', or else those of the heard ones."""
        listed = places_of([m for m in self._listed if m.point == point], self._inventory)
        kind: Literal["", "water"] = "water" if point == "water" else ""
        heard = [
            row
            for row in self._heard
            if row.kind == (kind or "meter")
            and row.point == point
            and (row.site, row.name) not in self._inventory.meters
        ]
        if not listed:
            return tuple(Place(names=(row.name,), kind=kind, is_listed=False) for row in heard)
        replaced = {name for place in listed for name in place.names}
        others = sorted(row.name for row in heard if row.name not in replaced)
        if others:
            names = ", ".join(others[:10])
            self._notes.append(f"not in the inventory, so not counted at {point}: {names}")
        return tuple(listed)

    def _not_it(self, places: Mapping[str, tuple[Place, ...]]) -> Iterator[tuple[Point, Place]]:
        """Yield what is metered downstream of an IT meter and is no IT, such as cooling.

        It is subtracted from the point of that IT meter and from all points before it.
        """
        for place in (place for point in NOT_IT for place in places[point]):
            meter = self._inventory.meters.get((self._site.site, place.name))
            if meter is None or meter.subtract:
                continue
            depths = [
                IT_POINTS.index(above.point)
                for above in upstream(meter, self._inventory.meters)
                if above.point in IT_POINTS
            ]
            points: tuple[Point, ...] = (*IT_POINTS[min(depths) :], "ups_input") if depths else ()
            for point in points:
                yield point, replace(place, factor=-place.share, share=-place.share)

    def _exports(self, incoming: Sequence[Place]) -> tuple[Place, ...]:
        """Return the places where energy comes in and any meter has told of an export register."""
        telling = {row.name for row in self._heard if row.kind == "export"}
        return tuple(
            Place(
                names=place.names,
                accuracy=place.accuracy,
                common=place.common,
                factor=place.share,
                share=place.share,
                kind="export",
            )
            for place in incoming
            if not telling.isdisjoint(place.names)
        )

    def _pdu_places(self) -> tuple[Place, ...]:
        """Return what meters PDU output.

        These are the meters listed for it, or else the PDUs of every rack in service, or else the
        PDUs that are heard.
        """
        inventory = self._inventory
        totals = [
            meter
            for meter in self._listed
            if meter.point == "pdu_output" and meter.meter not in inventory.pdus
        ]
        if totals:
            return tuple(places_of(totals, inventory))
        if not self._racks:
            heard = [row.name for row in self._heard if row.point == "pdu_output"]
            return tuple(Place(names=(name,), is_listed=False) for name in heard)
        return self._rack_pdus(self._racks)

    def _rack_pdus(self, racks: Sequence[Rack]) -> tuple[Place, ...]:
        found = []
        for rack in racks:
            if not rack.feeds or not all(feed.pdu for feed in rack.feeds.values()):
                self._notes.append(
                    f"rack {rack.rack} lacks a PDU: PDU output does not meter the whole site"
                )
                self._incomplete.append("pdu_output")
                return ()
            for feed in rack.feeds.values():
                meter = self._inventory.meters.get((rack.site, feed.pdu))
                if meter is not None and meter.point != "pdu_output":
                    return ()  # counted deeper or elsewhere, on purpose
                found.append(make_place((feed.pdu,), meter, self._inventory, rack))
        return tuple(found)
