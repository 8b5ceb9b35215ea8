"""Alerts on differences between the inventory and the devices that answer.

Devices and racks may be missing, unexpected or silent for long, and the inventory may be old.
"""

from __future__ import annotations

from typing import Final

from collectors.catalogue import agent, facility, inventory
from collectors.catalogue.host import processor
from collectors.catalogue.rack_limits import Ages, matcher
from dashboards.alerts.base import SITE, Alert, Case, series
from dashboards.alerts.limit import by_label, duration, fixed, humanized
from dashboards.language import Text
from dashboards.promql import for_rule, of
from dashboards.signals.inventory import silent_for

_NETBOX: Final = 'source="netbox"'
_MORE: Final = 13_600.0
"""Seconds by which an age in a case is above its limit."""


def _since(age: float) -> str:
    """Return the time `age` seconds before the epoch, which is where promtool's clock begins."""
    return f"{-age:g}x40" if age != 0 else "0x40"


_DEVICE: Final = {**SITE, "kind": "pdu", "device": "A07-A"}
_GATEWAY: Final = {**SITE, "instance": "gw"}


def _count(reasons: str) -> str:
    wanted = f'reason=~"{reasons}"'
    return for_rule(f"sum by (hub, site) ({of(inventory.MISMATCHES, wanted)}) > 0")


def _not_polled() -> str:
    """Return how many PDUs of the inventory no gateway polls; one polled by any is not counted."""
    reason = 'reason="pdu_not_polled"'
    missing = f"max by (hub, site, device) ({of(inventory.MISMATCH_INFO, reason)})"
    asked = (
        f'label_replace(max by (hub, site, pdu) ({of(facility.PDU_UP)}), "device", "$1", "pdu",'
        ' "(.*)")'
    )
    return for_rule(f"count by (hub, site) ({missing} unless on (hub, site, device) {asked}) > 0")


def _nodes_missing() -> str:
    nodes = 'kind="node"'
    expected = f"max by (hub, site) ({of(inventory.EXPECTED, nodes)})"
    seen = f"count by (hub, site) (count by (hub, site, instance) ({of(processor.BOOT_TIME)}))"
    return for_rule(f"{expected} - {seen} > 0")


def _mismatches(reason: str, values: str) -> dict[str, str]:
    return {series(inventory.MISMATCHES, SITE, reason=reason): values}


_NOT_POLLED: Final = {
    series(
        inventory.MISMATCH_INFO, SITE, reason="pdu_not_polled", rack="A07", device="A07-A"
    ): "1x90"
}
_NODES: Final = {
    series(inventory.EXPECTED, SITE, kind="node"): "2x90",
    series(processor.BOOT_TIME, SITE, instance="n1"): "9x90",
}

_FIXED: Final = (
    Alert(
        name="RackUnmetered",
        expr=_count("rack_without_pdu"),
        wait="1h",
        severity="warning",
        summary=Text(
            "{{ $value }} racks in service at {{ $labels.site }} have no PDU in the inventory:"
            " nobody measures them; name their feeds.",
        ),
        description=(
            "Without them, the PDUs do not measure the site's whole IT energy, and the racks' share"
            " of their rated power is not known."
        ),
        must_fire=Case(
            series=_mismatches("rack_without_pdu", "3x90"), at="70m", fires=SITE, value="3"
        ),
        must_not_fire=Case(series=_mismatches("rack_without_pdu", "0x90"), at="70m"),
    ),
    Alert(
        name="PduNotPolled",
        expr=_not_polled(),
        wait="1h",
        severity="warning",
        summary=Text(
            "{{ $value }} PDUs of {{ $labels.site }} are in the inventory and no agent asks them:"
            " add them to a gateway's config.",
        ),
        description="Their racks have no power; a rack with one of two feeds unread has no total.",
        must_fire=Case(series=_NOT_POLLED, at="70m", fires=SITE, value="1"),
        must_not_fire=Case(
            series=_NOT_POLLED
            | {series(facility.PDU_UP, SITE, row="A", rack="A07", pdu="A07-A", feed="A"): "1x90"},
            at="70m",
        ),
    ),
    Alert(
        name="PduUnknown",
        expr=_count("unknown_pdu|pdu_in_another_rack"),
        wait="1h",
        severity="info",
        summary=Text(
            "{{ $value }} PDUs at {{ $labels.site }} are read, but the inventory does not have"
            " them, or has them in another rack: correct the inventory.",
        ),
        description="What they measure counts for no rack of the inventory, or for the wrong one.",
        must_fire=Case(series=_mismatches("unknown_pdu", "2x90"), at="70m", fires=SITE, value="2"),
        must_not_fire=Case(series=_mismatches("unknown_pdu", "2x30 0x60"), at="70m"),
    ),
    Alert(
        name="DeviceNeverAnswered",
        expr=_count("never_answered"),
        wait="30m",
        severity="warning",
        summary=Text(
            "{{ $value }} devices at {{ $labels.site }} have never answered: check address,"
            " credentials and profile in the config.",
        ),
        description=(
            "A device that never answered is a mistake in the config more often than a fault; the"
            " board names them."
        ),
        must_fire=Case(
            series=_mismatches("never_answered", "1x60"), at="40m", fires=SITE, value="1"
        ),
        must_not_fire=Case(series=_mismatches("never_answered", "1x10 0x50"), at="40m"),
    ),
    Alert(
        name="NodesMissing",
        expr=_nodes_missing(),
        wait="1h",
        severity="info",
        summary=Text(
            "{{ $value }} nodes of {{ $labels.site }} that the inventory expects are not seen: is"
            " the agent installed and running on them?",
        ),
        description=(
            "Only sites where the agent of at least one node reports are judged. Other agents that"
            " report there, such as the gateway, are counted as well."
        ),
        must_fire=Case(series=_NODES, at="70m", fires=SITE, value="1"),
        must_not_fire=Case(
            series=_NODES | {series(processor.BOOT_TIME, SITE, instance="n2"): "9x90"}, at="70m"
        ),
    ),
)
"""The alerts without a limit that an operator can set."""


def alerts(own: Ages) -> tuple[Alert, ...]:
    """Return the alerts on the inventory by these ages."""
    return (*_FIXED, _silent_long(own), _stale(own))


def _silent_longer(own: Ages) -> str:
    """Return the condition that a device is silent for longer than its kind may be."""
    others = ",".join(matcher("kind", kind, "!=") for kind in own.kinds)
    parts = [(others, own.silent_seconds)]
    parts += [(matcher("kind", kind), seconds) for kind, seconds in own.kinds.items()]
    return for_rule(" or ".join(f"{silent_for('', of)} > {age:g}" for of, age in parts))


def _silent_long(own: Ages) -> Alert:
    limit = own.kinds.get(_DEVICE["kind"], own.silent_seconds)
    return Alert(
        name="DeviceSilentLong",
        expr=_silent_longer(own),
        wait="10m",
        severity="info",
        summary=Text(
            "{{ $labels.kind }} {{ $labels.device }} of {{ $labels.site }} is silent for"
            " {{ $value | humanizeDuration }}: repair it, or take it out.",
        ),
        limit=by_label(
            duration(own.silent_seconds),
            "kind",
            {kind: duration(seconds) for kind, seconds in own.kinds.items()},
        ),
        description="A device that nobody misses for a day hides the next one that fails.",
        must_fire=Case(
            series={series(inventory.SILENT_SINCE, _DEVICE): _since(limit + _MORE)},
            at="20m",
            fires=_DEVICE,
            value=humanized(limit + _MORE + 1200),
        ),
        must_not_fire=Case(
            series={series(inventory.SILENT_SINCE, _DEVICE): _since(limit - 6400)}, at="20m"
        ),
    )


def _stale(own: Ages) -> Alert:
    return Alert(
        name="InventoryStale",
        expr=for_rule(
            f"time() - max by (hub, site, instance) ({of(agent.INVENTORY_TIME, _NETBOX)}) >"
            f" {own.stale_seconds:g}"
        ),
        wait="10m",
        severity="warning",
        summary=Text(
            "The inventory of {{ $labels.instance }} is {{ $value | humanizeDuration }} old:"
            " NetBox does not answer it, or its token is refused.",
        ),
        limit=fixed(duration(own.stale_seconds)),
        description=(
            "The last good answer stays in force; racks built or emptied since are not seen."
        ),
        must_fire=Case(
            series={
                series(agent.INVENTORY_TIME, _GATEWAY, source="netbox"): _since(
                    own.stale_seconds + _MORE
                )
            },
            at="20m",
            fires=_GATEWAY,
            value=humanized(own.stale_seconds + _MORE + 1200),
        ),
        must_not_fire=Case(
            series={
                series(agent.INVENTORY_TIME, _GATEWAY, source="file"): _since(
                    own.stale_seconds + _MORE
                )
            },
            at="20m",
        ),
    )
