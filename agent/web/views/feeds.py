"""The feeds of a rack: each PDU with its inlet, phases, banks and outlets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.inventory.model import Rack
from agent.web.view import BoardView
from agent.web.views.rack_readings import RackReadings
from collectors.catalogue import facility, pdu_parts
from collectors.catalogue import inventory as reconciled
from collectors.catalogue import rack as catalogue
from collectors.catalogue.limits import IMBALANCE_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseView:
    """One phase of a PDU's inlet. None stands for what is not known."""

    phase: str
    current_amperes: float | None
    voltage_volts: float | None
    power_watts: float | None
    load_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankView:
    """One bank or breaker of a PDU. None stands for what is not known."""

    bank: str
    current_amperes: float | None
    power_watts: float | None
    load_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletView:
    """One metered outlet of a PDU. None stands for what is not known."""

    pdu: str
    outlet: str
    name: str
    power_watts: float | None
    current_amperes: float | None
    voltage_volts: float | None
    power_factor_ratio: float | None
    energy_joules: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """One feed of a rack and the PDU on it. None stands for what is not known."""

    feed: str
    pdu: str
    """Empty for a feed that is not metered."""
    up: bool | None
    """Whether the PDU answers; None for one that is not polled."""
    silent_since_seconds: float | None
    capacity_watts: float | None
    power_watts: float | None
    apparent_power_voltamperes: float | None
    current_amperes: float | None
    voltage_volts: float | None
    power_factor_ratio: float | None
    frequency_hertz: float | None
    energy_joules: float | None
    rating_load_ratio: float | None
    temperature_celsius: float | None
    load_ratio: float | None
    """Power over capacity."""
    phases: Sequence[PhaseView]
    imbalance_ratio: float | None
    """How far the current of the most uneven phase is from the mean, over that mean."""
    banks: Sequence[BankView]

    @property
    def name(self) -> str:
        """The feed's own name, else its PDU's."""
        return self.feed or self.pdu


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRowView:
    """One phase in the table of all phases of a rack."""

    feed: str
    phase: str
    current_amperes: float | None
    voltage_volts: float | None
    power_watts: float | None
    load_ratio: float | None
    imbalance_ratio: float | None
    """The imbalance of the PDU, beside its first phase only."""

    @property
    def uneven(self) -> bool:
        """Whether the phases are so uneven that the page marks them."""
        return self.imbalance_ratio is not None and self.imbalance_ratio > IMBALANCE_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRowView:
    """One bank in the table of all banks of a rack."""

    feed: str
    bank: str
    current_amperes: float | None
    power_watts: float | None
    load_ratio: float | None


def phase_rows(feeds: Sequence[FeedView]) -> list[PhaseRowView]:
    """Return every phase of a rack's feeds."""
    return [
        PhaseRowView(
            feed=feed.name,
            phase=one.phase,
            current_amperes=one.current_amperes,
            voltage_volts=one.voltage_volts,
            power_watts=one.power_watts,
            load_ratio=one.load_ratio,
            imbalance_ratio=feed.imbalance_ratio if index == 0 else None,
        )
        for feed in feeds
        for index, one in enumerate(feed.phases)
    ]


def bank_rows(feeds: Sequence[FeedView]) -> list[BankRowView]:
    """Return every bank of a rack's feeds."""
    return [
        BankRowView(
            feed=feed.name,
            bank=one.bank,
            current_amperes=one.current_amperes,
            power_watts=one.power_watts,
            load_ratio=one.load_ratio,
        )
        for feed in feeds
        for one in feed.banks
    ]


_PDU: Final = (
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
_PHASE: Final = (
    (facility.PDU_PHASE_CURRENT, "current_amperes"),
    (facility.PDU_PHASE_VOLTAGE, "voltage_volts"),
    (facility.PDU_PHASE_POWER, "power_watts"),
    (facility.PDU_PHASE_LOAD, "load_ratio"),
)
_BANK: Final = (
    (pdu_parts.PDU_BANK_CURRENT, "current_amperes"),
    (pdu_parts.PDU_BANK_POWER, "power_watts"),
    (pdu_parts.PDU_BANK_LOAD, "load_ratio"),
)
_OUTLET: Final = (
    (pdu_parts.PDU_OUTLET_POWER, "power_watts"),
    (pdu_parts.PDU_OUTLET_CURRENT, "current_amperes"),
    (pdu_parts.PDU_OUTLET_VOLTAGE, "voltage_volts"),
    (pdu_parts.PDU_OUTLET_POWER_FACTOR, "power_factor_ratio"),
    (pdu_parts.PDU_OUTLET_ENERGY, "energy_joules"),
)
_NO_PDU: Final[dict[str, float | None]] = dict.fromkeys(name for _, name in _PDU)


def read(view: BoardView, readings: RackReadings, listed: Rack | None) -> list[FeedView]:
    """Return the feeds: the inventory's first, then those known only from a PDU's readings."""
    places = _places(readings, listed)
    up = {series.label("pdu"): value for series, value in readings.of(facility.PDU_UP).items()}
    capacity = {
        series.label("feed"): value
        for series, value in readings.of(catalogue.RACK_FEED_CAPACITY).items()
    }
    inlets = readings.table(_PDU, "pdu")
    phases = readings.table(_PHASE, "pdu", "phase")
    banks = readings.table(_BANK, "pdu", "bank")
    silent = _silent_since(view)
    found = []
    for (feed, pdu), stated in places.items():
        inlet = inlets.get((pdu,), _NO_PDU)
        power, most = inlet["power_watts"], stated or capacity.get(feed)
        found.append(
            FeedView(
                feed=feed,
                pdu=pdu,
                up=up[pdu] == 1 if pdu in up else None,
                silent_since_seconds=silent.get(pdu),
                capacity_watts=most,
                **inlet,
                load_ratio=power / most if power is not None and most else None,
                phases=[
                    PhaseView(phase=key[1], **row) for key, row in phases.items() if key[0] == pdu
                ],
                imbalance_ratio=readings.one(facility.PDU_PHASE_IMBALANCE, pdu=pdu),
                banks=[BankView(bank=key[1], **row) for key, row in banks.items() if key[0] == pdu],
            )
        )
    return found


def _places(readings: RackReadings, listed: Rack | None) -> dict[tuple[str, str], float | None]:
    """Return the feeds and their PDUs with the capacity that the inventory states, watts.

    A feed that only a PDU's readings name has None.
    """
    known = (
        {(name, feed.pdu): feed.capacity_watts for name, feed in listed.feeds.items()}
        if listed is not None
        else {}
    )
    named = {pdu for _, pdu in known}
    heard = {
        series.label("pdu"): series.label("feed")
        for metric in (facility.PDU_UP, facility.PDU_POWER)
        for series in readings.of(metric)
        if series.label("pdu") not in named
    }
    return {**known, **{(feed, pdu): None for pdu, feed in sorted(heard.items())}}


def _silent_since(view: BoardView) -> dict[str, float]:
    """Return since when each silent PDU has not answered."""
    return {
        series.label("device"): since
        for series, since in view.snapshot.family(reconciled.SILENT_SINCE).items()
        if series.label("kind") == "pdu"
    }


def outlets(readings: RackReadings) -> list[OutletView]:
    """Return the metered outlets of a rack's PDUs."""
    names = {
        (series.label("pdu"), series.label("outlet")): series.label("name")
        for series in readings.of(pdu_parts.PDU_OUTLET_INFO)
    }
    return [
        OutletView(pdu=pdu, outlet=outlet, name=names.get((pdu, outlet), ""), **row)
        for (pdu, outlet), row in readings.table(_OUTLET, "pdu", "outlet").items()
    ]
