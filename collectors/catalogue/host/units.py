"""Metrics of systemd's units, with node_exporter's names."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import counter, metric

STATE: Final = metric(
    "systemd",
    "unit_state",
    "Systemd unit: 1 in its present state, else 0.",
    "name",
    "state",
    "type",
)
RESTARTS: Final = counter(
    "systemd", "service_restart_total", "How often systemd restarted a service by itself.", "name"
)
