"""Syslog messages (RFC 5424 and RFC 3164, by UDP and TCP) as events with the device they name.

Nothing listens unless the config asks for it, and then on loopback unless it says otherwise. Only
devices that the config names are heard. A message proves little: its sender can be forged, so an
event never changes a measured value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from collectors.base import Collector, ConfigError, Context, Metric
from collectors.events.book import METRICS
from collectors.syslog.config import Config


class Syslog:
    """The kind of collector that the config section `syslog` names."""

    name: str = "syslog"
    Config: type = Config
    metrics: Sequence[Metric] = METRICS

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make the one collector that listens; raises ConfigError where nobody would be heard."""
        from collectors.syslog.collector import SyslogCollector

        assert isinstance(config, Config)
        if not config.senders:
            raise ConfigError("names no device, so nothing would be heard", key="senders")
        return [SyslogCollector(config, context)]


KIND: Final = Syslog()
