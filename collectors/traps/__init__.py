"""SNMP traps and informs (v2c, v3) as events with the device that sent them.

Nothing listens unless the config asks for it, and then on loopback unless it says otherwise. Only
devices that the config names are heard. A trap proves little: its sender's address can be forged
with v2c, so an event never changes a measured value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from collectors.base import Collector, ConfigError, Context, Metric
from collectors.events.book import METRICS
from collectors.traps.config import Config


class Traps:
    """The kind of collector that the config section `traps` names."""

    name: str = "traps"
    Config: type = Config
    metrics: Sequence[Metric] = METRICS
    packages: Mapping[str, str] = {"pysnmp": "traps"}

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make the one collector that listens; raises ConfigError for secrets."""
        from collectors.traps.collector import TrapCollector
        from collectors.traps.receiver import credentials

        assert isinstance(config, Config)
        if not config.senders:
            raise ConfigError("names no device, so nothing would be heard", key="senders")
        return [TrapCollector(config, credentials(config), context)]


KIND: Final = Traps()
