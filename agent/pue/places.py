"""The places where meters hang, each with the meters that hung there one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from agent.inventory.check_meters import upstream
from agent.inventory.model import Emission, Inventory, Meter, Rack
from agent.inventory.model.service import moment
from agent.ledger.energy import CELL_MS, CELLS, FULL_MASK, HOUR_MS

ASSUMED_CLASS: Final = 2.0
"""Percent: the accuracy class taken for a meter that states none."""

COMMON_SHARE: Final = 1.0 / 3.0
"""How much of their class meters have in common that state one.

Such meters are adjusted and verified one by one, so they share no more than the error of the bench
that verifies them. That is at most a third of the limit it checks (OIML R 46, JCGM 100 F.1.2.3).
"""

NO_FUEL: Final = (Emission(kilograms_per_kilowatt_hour=0.0, source="own renewables burn no fuel"),)
"""The emissions of own renewables where nobody states any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place where a meter hangs; `names` are its meters, the present one first.

    `share` is how much of what they count is the data centre's; it is below 0 for what is
    subtracted. `factor` is the share times the standard's weight for the kind of energy.
    `accuracy` is the class in percent, of which the share `common` is common to all meters of a
    boundary; that is all of it where no class is stated, as nothing is known. `emissions` are those
    of each kilowatt-hour they count.
    `renewable` is the share of it that is renewable. `kind` names the register that is read.

    It counts from `since` until `until`, in milliseconds; None is for always. `is_listed` says
    that the inventory names it; else it is only known because it was heard. `is_assumed` says that
    `since` is its first reading, and that nobody knows whether it was there before.
    """

    names: tuple[str, ...]
    accuracy: float = ASSUMED_CLASS
    common: float = 1.0
    factor: float = 1.0
    share: float = 1.0
    renewable: float = 0.0
    emissions: tuple[Emission, ...] = ()
    kind: Literal["", "export", "water"] = ""
    since: int | None = None
    until: int | None = None
    is_listed: bool = True
    is_assumed: bool = False

    def counted_in(self, start: int, end: int) -> bool:
        """Tell whether the place counts in any part of a time."""
        return (self.since is None or self.since < end) and (
            self.until is None or self.until > start
        )

    def seconds_in(self, start: float, end: float) -> float:
        """Return how long the place counts between two times, all of them in seconds."""
        first = start if self.since is None else max(start, self.since / 1000)
        last = end if self.until is None else min(end, self.until / 1000)
        return max(0.0, last - first)

    def cells_in(self, hour: int) -> int:
        """Return the cells of an hour in which the place counts, as bits.

        The cell in which it begins or ends is one of them.
        """
        mask = FULL_MASK
        if self.since is not None and self.since > hour:
            gone = min(CELLS, (self.since - hour) // CELL_MS)
            mask &= FULL_MASK << gone
        if self.until is not None and self.until < hour + HOUR_MS:
            kept = max(0, -((hour - self.until) // CELL_MS))
            mask &= (1 << kept) - 1
        return mask & FULL_MASK

    @property
    def name(self) -> str:
        """The name of the meter that hangs there now."""
        return self.names[0]

    @property
    def states_class(self) -> bool:
        """Whether its class is stated and not assumed."""
        return self.common < 1.0

    @property
    def is_own_renewable(self) -> bool:
        """Whether it is own renewables whose carbon nobody states."""
        return self.emissions == NO_FUEL

    def emission(self, year: int) -> Emission | None:
        """Return how much carbon a kilowatt-hour stood for in a year; None where nobody says."""
        return next(
            (one for one in self.emissions if one.first_year <= year <= one.last_year), None
        )

    def digest_text(self) -> str:
        """Return everything that changes a sum, as a text; it is stored as a digest."""
        return repr(
            (self.names, self.accuracy, self.factor, self.share, self.renewable, self.emissions)
        )


def _stated_class(meter: Meter | None, inventory: Inventory, rack: Rack | None) -> float | None:
    """Return the class that a meter states, or that the site states for the PDUs of its racks."""
    if meter is not None and meter.accuracy_class is not None:
        return meter.accuracy_class
    site = None if rack is None else inventory.sites.get(rack.site)
    return None if site is None else site.pdu_accuracy_class


def make_place(
    names: tuple[str, ...], meter: Meter | None, inventory: Inventory, rack: Rack | None = None
) -> Place:
    """Make the place of a meter, as the inventory states it; `None` for one it does not list.

    `rack` is the rack of a PDU.
    """
    service = _stated_service(names, meter, inventory, rack)
    stated = _stated_class(meter, inventory, rack)
    accuracy = ASSUMED_CLASS if stated is None else stated
    common = 1.0 if stated is None else COMMON_SHARE
    if meter is None:
        return Place(
            names=names,
            accuracy=accuracy,
            common=common,
            since=service.since,
            until=service.until,
        )
    share = -meter.share if meter.subtract else meter.share
    # What is subtracted from a supply is as renewable, and as carbon-laden, as the supply.
    supply = meter
    if meter.subtract:
        above = upstream(meter, inventory.meters)
        supply = next((one for one in above if one.point == meter.point), meter)
    renewable = supply.renewable_ratio if meter.renewable_ratio is None else meter.renewable_ratio
    return Place(
        names=names,
        accuracy=accuracy,
        common=common,
        factor=share if meter.factor is None else share * meter.factor,
        share=share,
        renewable=renewable or 0.0,
        emissions=meter.emissions or supply.emissions,
        kind="water" if meter.point == "water" else "",
        since=service.since,
        until=service.until,
    )


class _Service(NamedTuple):
    """From when until when something is in service, in milliseconds, as far as it is stated."""

    since: int | None
    until: int | None


def _stated_service(
    names: tuple[str, ...], meter: Meter | None, inventory: Inventory, rack: Rack | None
) -> _Service:
    """Return from when until when a place is said to count.

    A place begins with the first meter that hung there and ends with the last one.
    """
    key = meter or rack
    if key is None or key.site not in inventory.sites:
        return _Service(None, None)
    zone = inventory.sites[key.site].zone
    first = inventory.meters.get((key.site, names[-1]))
    since = (first.since if first else "") or (rack.since if rack else "")
    until = (meter.until if meter else "") or (rack.until if rack else "")
    return _Service(moment(since, zone), moment(until, zone))


def places_of(meters: Sequence[Meter], inventory: Inventory) -> list[Place]:
    """Make the places of some meters; a meter and the one it replaced share a place."""
    by_name = {meter.meter: meter for meter in meters}
    replaced = {meter.replaces for meter in meters if meter.replaces}
    places = []
    for meter in meters:
        if meter.meter in replaced:
            continue
        names, at = [meter.meter], meter
        while at.replaces:
            names.append(at.replaces)
            if at.replaces not in by_name:
                break
            at = by_name[at.replaces]
        places.append(make_place(tuple(names), meter, inventory))
    return places
