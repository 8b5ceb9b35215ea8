"""Events that devices tell of themselves: SNMP traps and informs, and syslog."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric

EVENT: Final = ("hub", "site", "row", "rack", "kind", "device", "event", "source")

EVENT_COUNT: Final = Metric(
    namespace="dc",
    subsystem="",
    name="events_total",
    type="counter",
    help="Events that a device told by trap, inform or syslog, kept over restarts of the agent.",
    labels=EVENT,
)
EVENT_LAST: Final = Metric(
    namespace="dc",
    subsystem="event",
    name="last_timestamp_seconds",
    type="gauge",
    help="When a device told an event last.",
    labels=EVENT,
)
EVENT_ACTIVE: Final = Metric(
    namespace="dc",
    subsystem="event",
    name="active",
    type="gauge",
    help=(
        "1 from an event that begins a state until one that ends it, then 0; absent until the"
        " device has told either."
    ),
    labels=EVENT,
)
