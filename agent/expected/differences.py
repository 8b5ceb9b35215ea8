"""Where the inventory and the polled devices differ; pure functions without I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agent.expected.silence import DeviceKey
from agent.inventory.model import Inventory

IN_SERVICE: Final = "in_service"
REASONS: Final = (
    "rack_without_pdu",
    "pdu_not_polled",
    "pdu_in_another_rack",
    "unknown_pdu",
    "unknown_meter",
    "meter_not_polled",
    "never_answered",
)
NOT_POLLED: Final = {"pdu_not_polled": "pdu", "meter_not_polled": "meter"}
"""The reasons of devices that are expected and not polled, with the devices' kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. `rack` or `device` is empty where the difference concerns only the other."""

    site: str
    reason: str
    rack: str = ""
    device: str = ""


def differences(
    inventory: Inventory,
    polled: Collection[DeviceKey],
    racks: Mapping[DeviceKey, str],
    never_answered: Collection[DeviceKey],
) -> Iterator[Difference]:
    """Yield every difference. `racks` has, for each polled PDU, the rack that its series name."""
    yield from _of_racks(inventory, polled)
    yield from _of_pdus(inventory, polled, racks)
    yield from _of_meters(inventory, polled)
    for key in sorted(never_answered):
        yield Difference(
            site=key.site, reason="never_answered", rack=racks.get(key, ""), device=key.name
        )


def _of_racks(inventory: Inventory, polled: Collection[DeviceKey]) -> Iterator[Difference]:
    """Yield racks in service without a PDU, and their PDUs that are not polled.

    The latter only at sites where this agent polls any PDU: another agent may poll the others.
    """
    sites = {key.site for key in polled if key.kind == "pdu"}
    for rack in inventory.racks.values():
        if rack.state != IN_SERVICE:
            continue
        pdus = [feed.pdu for feed in rack.feeds.values() if feed.pdu]
        if not pdus:
            yield Difference(site=rack.site, reason="rack_without_pdu", rack=rack.rack)
        for pdu in pdus if rack.site in sites else ():
            if DeviceKey(rack.site, "pdu", pdu) not in polled:
                yield Difference(
                    site=rack.site, reason="pdu_not_polled", rack=rack.rack, device=pdu
                )


def _of_pdus(
    inventory: Inventory, polled: Collection[DeviceKey], racks: Mapping[DeviceKey, str]
) -> Iterator[Difference]:
    """Yield polled PDUs that no rack has, or another rack than their config says."""
    for key in polled:
        if key.kind != "pdu" or (key.site, key.name) in inventory.meters:
            continue
        place, stated = inventory.pdus.get(key.name), racks.get(key, "")
        if place is None:
            reason = "unknown_pdu"
        elif stated and stated != place.rack.rack:
            reason = "pdu_in_another_rack"
        else:
            continue
        yield Difference(site=key.site, reason=reason, rack=stated, device=key.name)


def _of_meters(inventory: Inventory, polled: Collection[DeviceKey]) -> Iterator[Difference]:
    """Yield meters that are only listed or only polled.

    Only sites where this agent polls some meter and the inventory lists some are compared.
    """
    for site in sorted({key.site for key in polled if key.kind == "meter"}):
        listed = [
            meter
            for meter in inventory.meters_by_site.get(site, ())
            if meter.meter not in inventory.pdus
        ]
        if not listed:
            continue
        names = {meter.meter for meter in listed}
        replaced = {meter.replaces for meter in listed}
        here = [key for key in polled if key.site == site]
        # A meter may be polled as a PDU is.
        polled_names = {key.name for key in here if key.kind in {"meter", "pdu"}}
        for name in sorted(names - replaced - polled_names):
            yield Difference(site=site, reason="meter_not_polled", device=name)
        for key in here:
            if key.kind == "meter" and key.name not in names:
                yield Difference(site=site, reason="unknown_meter", device=key.name)
