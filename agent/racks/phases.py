"""Phases: how evenly each three-phase PDU and breaker is loaded, and what each phase of a breaker carries of its rating.

Imbalance is the largest deviation of a phase's current from the mean of the three, over that mean: the definition that NEMA MG 1
(14.36) gives for voltages, used for currents. At low load a single server turns it, so below a tenth of the rating there is none.

A breaker's current on a phase is the plain sum of its PDUs' currents there. Their power factors differ, so the true current is
at most that: it errs towards the trip. A single-phase PDU counts where the inventory says which phase it hangs on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from agent.racks.breakers import LOWER, UPPER
from collectors.base import Reading, Schedule
from collectors.catalogue import rack as catalogue
from collectors.catalogue.facility import PDU_PHASE_CURRENT, PDU_PHASE_IMBALANCE
from collectors.catalogue.limits import LEAST_AMPERES, LEAST_SHARE

if TYPE_CHECKING:
    from agent.inventory.model import Breaker, Inventory, Rack
    from agent.racks.collector import Readings

PHASES: Final = ("L1", "L2", "L3")
_VOLTS: Final = 230.0
_A_SLICE: Final = 5000

Amperes = tuple[float, float, float]


def imbalance(currents: Amperes, least: float) -> float | None:
    """Return the largest deviation from the mean, over the mean; None where the mean is below `least` amperes.

    10, 10 and 16 A: the mean is 12, the largest deviation 4, the imbalance a third.
    """
    mean = sum(currents) / 3
    if mean < least or mean <= 0:
        return None
    return max(abs(current - mean) for current in currents) / mean


class _Pdu:
    """What is known of one PDU's phases in a round."""

    __slots__ = ("currents", "values")

    def __init__(self, values: tuple[str, ...]) -> None:
        self.values = values  # of its labels, but for the phase
        self.currents: dict[str, float] = {}

    @property
    def three(self) -> Amperes | None:
        """The currents of its three phases, where it has them."""
        found = self.currents
        return (
            (found["L1"], found["L2"], found["L3"])
            if all(phase in found for phase in PHASES)
            else None
        )


class _Hung:
    """One feed of a breaker: its PDU, and where the PDU's first phase is; None where nobody says."""

    __slots__ = ("expected", "first", "pdu")

    def __init__(self, pdu: tuple[str, str] | None, first: int | None, *, expected: bool) -> None:
        self.pdu, self.first = pdu, first
        self.expected = expected
        """Whether its silence is a gap: a rack that is not in service draws nothing yet."""

    def on(self, pdus: dict[tuple[str, str], _Pdu], breaker: Breaker) -> Amperes | None:
        """Return what it adds to each phase of the breaker; None where that cannot be told."""
        pdu = pdus.get(self.pdu) if self.pdu is not None else None
        if pdu is None:
            return None
        single = set(pdu.currents) - {"N"} == {"L1"}
        if breaker.phases == 1:
            return (pdu.currents["L1"], 0.0, 0.0) if single else None
        if single:
            return (
                _turned((pdu.currents["L1"], 0.0, 0.0), self.first)
                if self.first is not None
                else None
            )
        three = pdu.three
        return _turned(three, self.first or 0) if three is not None else None


def _turned(currents: Amperes, first: int) -> Amperes:
    return (currents[-first % 3], currents[(1 - first) % 3], currents[(2 - first) % 3])


class PhaseCollector:
    """The phases of every PDU and breaker, from the currents that the PDUs said last."""

    name: ClassVar[str] = "phases"
    device = ""

    def __init__(
        self, inventory: Inventory, snapshot: Readings, hub: str, *, interval: float = 60.0
    ) -> None:
        self._snapshot, self._hub = snapshot, hub
        self._breakers = sorted(
            inventory.breakers.values(), key=lambda breaker: -len(inventory.above(breaker.breaker))
        )
        self._hung: dict[str, list[_Hung]] = {breaker.breaker: [] for breaker in self._breakers}
        self._least: dict[tuple[str, str], float] = {}
        for rack in inventory.all_racks.values():
            self._add(rack)
        self._not_told = inventory.not_told
        limit = 1000 + len(self._least) + len(inventory.feeds) + 10 * len(self._breakers)
        self.schedule = Schedule(interval=interval, timeout=max(10.0, interval), max_samples=limit)

    def _add(self, rack: Rack) -> None:
        for feed in rack.feeds.values():
            pdu = (rack.site, feed.pdu) if feed.pdu else None
            if pdu is not None and feed.capacity_watts is not None:
                self._least[pdu] = LEAST_SHARE * feed.capacity_watts / (3 * _VOLTS)
            if feed.breaker in self._hung:
                first = PHASES.index(feed.phase) if feed.phase else None
                self._hung[feed.breaker].append(
                    _Hung(pdu, first, expected=rack.state == "in_service")
                )

    async def collect(self) -> Sequence[Reading]:
        """Compute all; yields to the event loop between slices."""
        pdus: dict[tuple[str, str], _Pdu] = {}
        for number, (series, value) in enumerate(
            list(self._snapshot.family(PDU_PHASE_CURRENT).items())
        ):
            if number % _A_SLICE == _A_SLICE - 1:
                await asyncio.sleep(0)
            *place, phase = series.values
            key = (place[1], place[4])
            pdu = pdus.get(key)
            if pdu is None:
                pdu = pdus[key] = _Pdu(tuple(place))
            pdu.currents[phase] = value
        readings: list[Reading] = []
        for number, (key, pdu) in enumerate(pdus.items()):
            if number % _A_SLICE == _A_SLICE - 1:
                await asyncio.sleep(0)
            three = pdu.three
            found = (
                imbalance(three, self._least.get(key, LEAST_AMPERES)) if three is not None else None
            )
            if found is not None:
                readings.append((PDU_PHASE_IMBALANCE.series(*pdu.values), found))
        readings += self._of_breakers(pdus)
        return readings

    def _of_breakers(self, pdus: dict[tuple[str, str], _Pdu]) -> Iterator[Reading]:
        sums = {name: [0.0, 0.0, 0.0] for name in self._hung}
        unknown = dict.fromkeys(self._hung, 0)
        known = dict.fromkeys(self._hung, 0)
        for breaker in self._breakers:
            name = breaker.breaker
            for hung in self._hung[name]:
                if not hung.expected and hung.pdu not in pdus:
                    continue
                added = hung.on(pdus, breaker)
                if added is None:
                    unknown[name] += 1
                    continue
                known[name] += 1
                for phase in range(3):
                    sums[name][phase] += added[phase]
            if breaker.upstream:
                outer = breaker.upstream
                known[outer] += known[name]
                # On which phase of its breaker a single-phase one hangs, nobody says.
                lost = known[name] if breaker.phases == 1 else 0
                unknown[outer] += unknown[name] + lost
                for phase in range(3) if not lost else ():
                    sums[outer][phase] += sums[name][phase]
            if known[name] and name not in self._not_told:
                yield from self._readings(
                    breaker, (sums[name][0], sums[name][1], sums[name][2]), whole=not unknown[name]
                )

    def _readings(self, breaker: Breaker, currents: Amperes, *, whole: bool) -> Iterator[Reading]:
        place = (self._hub, breaker.site, breaker.breaker)
        rated = breaker.capacity / (breaker.phases * breaker.volts)
        for phase, current in zip(PHASES[: breaker.phases], currents, strict=False):
            if whole:
                yield catalogue.BREAKER_PHASE_CURRENT.series(*place, phase), current
            for bound in (LOWER, UPPER) if whole else (LOWER,):
                yield catalogue.BREAKER_PHASE_LOAD.series(*place, phase, bound), current / rated
        found = imbalance(currents, LEAST_SHARE * rated) if whole and breaker.phases > 1 else None
        if found is not None:
            yield catalogue.BREAKER_IMBALANCE.series(*place), found
