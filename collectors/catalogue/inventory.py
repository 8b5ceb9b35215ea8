"""Metrics of the inventory against what is seen.

They tell who is expected, who answers, who is silent since when, and where the two differ.
"""

from __future__ import annotations

from typing import Final

from collectors.base import Metric

SITE: Final = ("hub", "site")


def _inventory(name: str, help: str, *labels: str) -> Metric:
    return Metric(
        namespace="dc",
        subsystem="inventory",
        name=name,
        type="gauge",
        help=help,
        labels=(*SITE, *labels),
    )


EXPECTED: Final = _inventory(
    "expected_devices",
    "Devices that are to be heard, by kind: those the config asks, and the inventory's PDUs,"
    " meters and nodes in service.",
    "kind",
)
ANSWERING: Final = _inventory(
    "answering_devices",
    "Expected devices that answered when they were last asked, by kind.",
    "kind",
)
SILENT_SINCE: Final = _inventory(
    "silent_since_timestamp_seconds",
    "Since when a device that did answer does not, across restarts; absent while it answers.",
    "kind",
    "device",
)
MISMATCHES: Final = _inventory(
    "mismatches",
    "Where inventory and config or devices differ, by reason: rack_without_pdu, pdu_not_polled,"
    " pdu_in_another_rack, unknown_pdu,"
    " unknown_meter, meter_not_polled, never_answered.",
    "reason",
)
MISMATCH_INFO: Final = _inventory(
    "mismatch_info",
    "One rack or device of a mismatch, some hundreds of each reason and site at most.",
    "reason",
    "rack",
    "device",
)
