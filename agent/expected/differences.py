"""Where the inventory and the devices that are asked differ: pure, and one row a difference."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from agent.expected.presence import Key
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
"""Reasons that are devices which nobody asks, with their kind."""


class Difference(NamedTuple):
    """One difference; `rack` or `device` is empty where it is of the other."""

    site: str
    reason: str
    rack: str = ""
    device: str = ""


def differences(
    inventory: Inventory, asked: Collection[Key], racks: Mapping[Key, str], never: Collection[Key]
) -> Iterator[Difference]:
    """Yield every difference. `asked` are the devices that are polled, `racks` what their series name, `never` those never heard."""
    yield from _racks(inventory, asked)
    yield from _pdus(inventory, asked, racks)
    yield from _meters(inventory, asked)
    for site, kind, name in sorted(never):
        yield Difference(site, "never_answered", racks.get((site, kind, name), ""), name)


def _racks(inventory: Inventory, asked: Collection[Key]) -> Iterator[Difference]:
    """Yield the racks in service that nothing measures, and the PDUs of others that nobody asks where PDUs are asked at all."""
    sites = {site for site, kind, _ in asked if kind == "pdu"}
    for rack in inventory.racks.values():
        if rack.state != IN_SERVICE:
            continue
        pdus = [feed.pdu for feed in rack.feeds.values() if feed.pdu]
        if not pdus:
            yield Difference(rack.site, "rack_without_pdu", rack.rack)
        for pdu in pdus if rack.site in sites else ():
            if (rack.site, "pdu", pdu) not in asked:
                yield Difference(rack.site, "pdu_not_polled", rack.rack, pdu)


def _pdus(
    inventory: Inventory, asked: Collection[Key], racks: Mapping[Key, str]
) -> Iterator[Difference]:
    """Yield the PDUs that are asked and that no rack has, or another than their config says."""
    for key in asked:
        site, kind, name = key
        if kind != "pdu" or (site, name) in inventory.meters:
            continue
        fed, said = inventory.feeds.get(name), racks.get(key, "")
        if fed is None:
            yield Difference(site, "unknown_pdu", said, name)
        elif said and said != fed.rack.rack:
            yield Difference(site, "pdu_in_another_rack", said, name)


def _meters(inventory: Inventory, asked: Collection[Key]) -> Iterator[Difference]:
    """Yield the meters that only one side knows, at sites where both know some."""
    sites = {site for site, kind, _ in asked if kind == "meter"}
    for site in sorted(sites):
        listed = [
            meter
            for meter in inventory.meters_by_site.get(site, ())
            if meter.meter not in inventory.feeds
        ]
        if not listed:
            continue
        names = {meter.meter for meter in listed}
        replaced = {meter.replaces for meter in listed}
        polled = {name for where, kind, name in asked if where == site and kind in {"meter", "pdu"}}
        for name in sorted(names - replaced - polled):
            yield Difference(site, "meter_not_polled", device=name)
        for where, kind, name in asked:
            if where == site and kind == "meter" and name not in names:
                yield Difference(site, "unknown_meter", device=name)
