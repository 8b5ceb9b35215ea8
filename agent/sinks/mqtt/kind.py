"""The kind of sink of `outputs: mqtt:`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from agent.sinks.base import Surroundings
from agent.sinks.mqtt.config import Mqtt
from agent.sinks.mqtt.messages import MessageFormat
from agent.sinks.sender import Pace, SpooledSink
from agent.sinks.spool import MEMORY, WINDOW, spool_of


def mqtt_sink(
    config: Mqtt,
    surroundings: Surroundings,
    *,
    pace: Pace | None = None,
    memory_bytes: int = MEMORY,
    window: float = WINDOW,
) -> SpooledSink:
    """Make the sink: messages to a broker, from `spool-NAME.db` in the agent's folder."""
    from agent.sinks.mqtt.wire import BrokerWire

    name = config.name or KIND.name
    form = MessageFormat(surroundings.tags, config.topic, config.max_message)
    return SpooledSink(
        name=name,
        form=form,
        wire=BrokerWire(
            config, client_id=f"hubgauge-{surroundings.tags.get('instance', '')}-{name}"
        ),
        spool=spool_of(
            config.spool,
            surroundings.state_dir,
            name,
            form.pack,
            memory_bytes=memory_bytes,
            window=window,
        ),
        registry=surroundings.registry,
        pace=pace,
    )


class MqttKind:
    """The section `outputs: mqtt:`."""

    name = "mqtt"
    Config = Mqtt
    packages: Final = {"paho.mqtt.client": "mqtt"}

    def files(self, config: object) -> Mapping[str, Path | None]:
        """Return the certificates of the broker's authority and of this agent."""
        section = cast("Mqtt", config)
        return {"ca_file": section.ca_file, "cert_file": section.cert_file}

    def secrets(self, config: object) -> Mapping[str, Path | None]:
        """Return the files of the password and the key."""
        section = cast("Mqtt", config)
        return {"password_file": section.password_file, "key_file": section.key_file}

    def build(self, config: object, surroundings: Surroundings) -> SpooledSink:
        """Make the sink of a section; starts nothing."""
        return mqtt_sink(cast("Mqtt", config), surroundings)


KIND: Final = MqttKind()
"""The section `outputs: mqtt:` of the config file."""
