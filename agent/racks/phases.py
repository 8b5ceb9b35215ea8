"""Phases: how evenly each three-phase PDU and breaker is loaded, and the load of each phase.

Imbalance is the largest deviation of a phase's current from the mean of the three, divided by that
mean. NEMA MG 1 (14.36) defines it so for voltages. At low load a single server decides it, so below
a tenth of the rating there is none.

A breaker's current on a phase is the sum of its PDUs' currents there. Their power factors differ,
so the true current is at most this sum. A single-phase PDU counts where the inventory states its
phase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple

from agent.families import placed
from agent.inventory.model import Breaker, Inventory, Rack
from agent.racks.breakers import LOWER, UPPER, PduKey
from agent.racks.slices import in_slices
from agent.snapshot import LiveValues
from collectors.base import Reading, Schedule
from collectors.catalogue import rack as catalogue
from collectors.catalogue.facility import PDU_PHASE_CURRENT, PDU_PHASE_IMBALANCE
from collectors.catalogue.limits import LEAST_AMPERES, LEAST_SHARE

PHASES: Final = ("L1", "L2", "L3")
_NEUTRAL: Final = "N"
_VOLTS: Final = 230.0
_A_SLICE: Final = 5000
_SITE, _PDU = (PDU_PHASE_CURRENT.at(label) for label in ("site", "pdu"))
_PLACE = [PDU_PHASE_CURRENT.at(label) for label in PDU_PHASE_IMBALANCE.labels]


class Currents(NamedTuple):
    """The currents of three phases, amperes."""

    l1: float = 0.0
    l2: float = 0.0
    l3: float = 0.0

    def plus(self, other: Currents) -> Currents:
        """Return the sum, phase by phase."""
        return Currents(self.l1 + other.l1, self.l2 + other.l2, self.l3 + other.l3)

    def turned(self, first: int) -> Currents:
        """Return the currents with L1 on another phase: 0 for L1, 1 for L2, 2 for L3."""
        return Currents(self[-first % 3], self[(1 - first) % 3], self[(2 - first) % 3])


_NONE: Final = Currents()


def imbalance(currents: Currents, least: float) -> float | None:
    """Return the largest deviation from the mean over the mean; None for a mean under `least` A.

    For 10, 10 and 16 A the mean is 12, the largest deviation 4, the imbalance one third.
    """
    mean = sum(currents) / len(currents)
    if mean < least or mean <= 0:
        return None
    return max(abs(current - mean) for current in currents) / mean


@dataclass(slots=True)
class _Pdu:
    """The currents of one PDU in a round, amperes by phase."""

    place: Sequence[str]
    """The values of its labels without the phase."""
    currents: dict[str, float] = field(default_factory=dict)

    @property
    def three(self) -> Currents | None:
        """The currents of its three phases; None where it has not all three."""
        if any(phase not in self.currents for phase in PHASES):
            return None
        return Currents(*(self.currents[phase] for phase in PHASES))

    @property
    def single(self) -> Currents | None:
        """The current of a single-phase PDU as that of L1; None where it has more phases."""
        if set(self.currents) - {_NEUTRAL} != {"L1"}:
            return None
        return Currents(self.currents["L1"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _BreakerFeed:
    """One feed behind a breaker, its PDU, and the phase that the PDU's L1 is on, if stated."""

    pdu: PduKey | None
    first: int | None
    expected: bool
    """Whether its silence is a gap: a rack that is not in service draws nothing yet."""

    def currents(self, pdus: Mapping[PduKey, _Pdu], breaker: Breaker) -> Currents | None:
        """Return what it adds to each phase of the breaker; None where that is unknown."""
        pdu = pdus.get(self.pdu) if self.pdu is not None else None
        if pdu is None:
            return None
        if breaker.phases == 1:
            return pdu.single
        if pdu.single is not None:
            return pdu.single.turned(self.first) if self.first is not None else None
        return pdu.three.turned(self.first or 0) if pdu.three is not None else None


@dataclass(slots=True)
class _Sum:
    """What is behind a breaker in a round: currents, and how many feeds are known and unknown."""

    currents: Currents = _NONE
    known: int = 0
    unknown: int = 0

    def add(self, currents: Currents | None) -> None:
        """Add a feed; None for one whose currents are unknown."""
        if currents is None:
            self.unknown += 1
        else:
            self.known += 1
            self.currents = self.currents.plus(currents)

    def add_breaker(self, inner: _Sum, phases: int) -> None:
        """Add what is behind a breaker that this one feeds."""
        self.known += inner.known
        self.unknown += inner.unknown
        if phases == 1 and inner.known:
            self.unknown += inner.known  # nobody states the phase that a single-phase breaker is on
        else:
            self.currents = self.currents.plus(inner.currents)


class PhaseCollector:
    """The phases of every PDU and breaker, from the PDUs' last currents."""

    name: ClassVar[str] = "phases"
    device = ""

    def __init__(
        self, inventory: Inventory, snapshot: LiveValues, hub: str, *, interval: float = 60.0
    ) -> None:
        self._snapshot, self._hub = snapshot, hub
        self._outwards = sorted(
            inventory.breakers.values(),
            key=lambda breaker: -len(inventory.supply_path(breaker.breaker)),
        )
        """Every breaker before the one that feeds it."""
        self._feeds: dict[str, list[_BreakerFeed]] = {name: [] for name in inventory.breakers}
        self._least: dict[PduKey, float] = {}
        """By PDU, the mean current from which on its imbalance is reported, amperes."""
        for rack in inventory.all_racks.values():
            self._add(rack)
        self._not_reported = inventory.breakers_of_others
        limit = 1000 + len(self._least) + len(inventory.pdus) + 10 * len(self._outwards)
        self.schedule = Schedule(interval=interval, timeout=max(10.0, interval), max_samples=limit)

    def _add(self, rack: Rack) -> None:
        for feed in rack.feeds.values():
            pdu = (rack.site, feed.pdu) if feed.pdu else None
            if pdu is not None and feed.capacity_watts is not None:
                self._least[pdu] = LEAST_SHARE * feed.capacity_watts / (len(PHASES) * _VOLTS)
            if feed.breaker in self._feeds:
                self._feeds[feed.breaker].append(
                    _BreakerFeed(
                        pdu=pdu,
                        first=PHASES.index(feed.phase) if feed.phase else None,
                        expected=rack.state == "in_service",
                    )
                )

    async def collect(self) -> Sequence[Reading]:
        """Compute all; yields to the event loop between slices of PDUs."""
        pdus: dict[PduKey, _Pdu] = {}
        family = list(placed(self._snapshot.family(PDU_PHASE_CURRENT)))
        async for head, (phase, *_), value in in_slices(family, _A_SLICE):
            key = (head.values[_SITE], head.values[_PDU])
            pdu = pdus.get(key)
            if pdu is None:
                pdu = pdus[key] = _Pdu([head.values[at] for at in _PLACE])
            pdu.currents[phase] = value
        readings: list[Reading] = []
        async for key, pdu in in_slices(list(pdus.items()), _A_SLICE):
            least = self._least.get(key, LEAST_AMPERES)
            found = imbalance(pdu.three, least) if pdu.three is not None else None
            if found is not None:
                readings.append((PDU_PHASE_IMBALANCE.series(*pdu.place), found))
        readings += self._of_breakers(pdus)
        return readings

    def _of_breakers(self, pdus: Mapping[PduKey, _Pdu]) -> Iterator[Reading]:
        sums = {name: _Sum() for name in self._feeds}
        for breaker in self._outwards:
            found = sums[breaker.breaker]
            for feed in self._feeds[breaker.breaker]:
                if feed.expected or feed.pdu in pdus:
                    found.add(feed.currents(pdus, breaker))
            if breaker.upstream:
                sums[breaker.upstream].add_breaker(found, breaker.phases)
            if found.known and breaker.breaker not in self._not_reported:
                yield from self._readings(breaker, found)

    def _readings(self, breaker: Breaker, found: _Sum) -> Iterator[Reading]:
        place = (self._hub, breaker.site, breaker.breaker)
        rated = breaker.capacity / (breaker.phases * breaker.volts)
        complete = not found.unknown
        for phase, current in list(zip(PHASES, found.currents, strict=True))[: breaker.phases]:
            if complete:
                yield catalogue.BREAKER_PHASE_CURRENT.series(*place, phase), current
            for bound in (LOWER, UPPER) if complete else (LOWER,):
                yield catalogue.BREAKER_PHASE_LOAD.series(*place, phase, bound), current / rated
        if complete and breaker.phases > 1:
            share = imbalance(found.currents, LEAST_SHARE * rated)
            if share is not None:
                yield catalogue.BREAKER_IMBALANCE.series(*place), share
