"""The kind of sink of `outputs: mqtt:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent.sinks.base import Format, Wire
from agent.sinks.mqtt.config import Mqtt
from agent.sinks.mqtt.messages import MessageFormat
from agent.sinks.spooled import SpooledKind


class MqttKind(SpooledKind[Mqtt]):
    """The section `outputs: mqtt:`."""

    name = "mqtt"
    Config = Mqtt
    packages: Final = {"paho.mqtt.client": "mqtt"}

    def form(self, config: Mqtt, tags: Mapping[str, str]) -> Format:
        """Return messages of JSON."""
        return MessageFormat(tags, config.topic, config.max_message)

    def wire(self, config: Mqtt, name: str, tags: Mapping[str, str]) -> Wire:
        """Return the connection to the broker."""
        from agent.sinks.mqtt.wire import BrokerWire

        return BrokerWire(config, client_id=f"hubgauge-{tags.get('instance', '')}-{name}")


KIND: Final = MqttKind()
