"""The kinds of sinks there are, by the key of their section under `outputs:`."""

from __future__ import annotations

import pkgutil
from typing import Final, cast

from agent.sinks.base import SinkKind

TABLE: Final = {
    "influxdb": "agent.sinks.influx:KIND",
    "remote_write": "agent.sinks.remote.kind:KIND",
    "mqtt": "agent.sinks.mqtt.kind:KIND",
}
"""Where each kind is; it is imported only where a config names it."""


def kind_of(name: str) -> SinkKind:
    """Import the kind of this name.

    Raises ImportError where a package it needs is not installed.
    """
    return cast("SinkKind", pkgutil.resolve_name(TABLE[name]))
