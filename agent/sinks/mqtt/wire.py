"""The way to a broker, by paho-mqtt. Each message is acknowledged before it is forgotten (QoS 1).

paho keeps no queue of its own from one request to the next: after a failure the connection is
given up with all that it has not seen acknowledged, since the spool sends that again.
"""

from __future__ import annotations

import logging
import math
import ssl
import threading
import time
from contextlib import suppress
from typing import Any, Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from agent.sinks.base import Reply
from agent.sinks.halving import ABORTED
from agent.sinks.mqtt.config import Mqtt, broker_of
from agent.sinks.mqtt.messages import message_of
from agent.tls_socket import ClosingSocket
from collectors.base import ConfigError
from collectors.certificates import show, trusting
from collectors.secrets import read_secret

logger: Final = logging.getLogger("hubgauge.sink.mqtt")
_QOS: Final = 1
_CODES: Final = {
    0x86: "401",  # bad user name or password
    0x87: "403",  # not authorized
    0x90: "400",  # topic name invalid
    0x95: "413",  # packet too large
    0x97: "429",  # quota exceeded
    0x99: "400",  # payload format invalid
}
"""What a reason code of MQTT 5.0 (2.4) means to the spool; all others: try again later."""
_LATER: Final = "503"


class BrokerWire:
    """Publishes ready messages. `post` is for one thread; `close` may come from any."""

    def __init__(self, config: Mqtt, *, client_id: str) -> None:
        self._config: Final = config
        self._host, self._port = broker_of(config.url)
        self.place: Final = f"{self._host}:{self._port}"
        self._client_id: Final = config.client_id or client_id
        self._changed: Final = threading.Condition()
        self._client: paho.Client | None = None
        self._connected: ReasonCode | None = None
        self._lost: ReasonCode | None = None
        self._waiting: set[int] = set()
        self._early: dict[int, ReasonCode] = {}
        self._refused: ReasonCode | None = None
        self._closed = False

    def post(self, body: bytes) -> Reply:
        """Publish the messages of a body; returns when all are acknowledged or the time is up."""
        try:
            reply = self._connect(time.monotonic() + self._config.timeout) or self._publish(body)
        except (OSError, ValueError, ConfigError) as error:  # a secret may be unreadable meanwhile
            reply = Reply(code="unreachable", message=str(error))
        if not reply.taken:
            self._give_up()
        return Reply(code=ABORTED) if self._closed and not reply.taken else reply

    def own_page(self, _seconds: float, /) -> str | None:
        """Return nothing: a broker shows no metrics of itself here."""
        return ""

    def renew(self) -> None:
        """Do nothing: the secrets are read for each connection."""

    def close(self) -> None:
        """End what is under way, and the connection."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._give_up()

    # Connecting

    def _connect(self, deadline: float) -> Reply | None:
        """Connect, unless there is a connection; return what went wrong."""
        with self._changed:
            if self._closed:
                return Reply(code=ABORTED)
            if self._client is not None and self._lost is None:
                return None
        self._give_up()
        client = self._made()
        with self._changed:
            self._client, self._connected, self._lost = client, None, None
        seconds = max(0.1, deadline - time.monotonic())
        client.connect_timeout = seconds
        # The socket's time-out in the TLS handshake is the keepalive.
        client.connect(self._host, self._port, keepalive=max(5, math.ceil(seconds)))
        client.loop_start()
        if self._client is not client:  # closed meanwhile, when it had no thread to stop
            self._leave(client)
            return Reply(code=ABORTED)
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._lost is not None or self._connected is not None,
                max(0.0, deadline - time.monotonic()),
            )
        return self._met()

    def _met(self) -> Reply | None:
        """Return what a broker said against the connection; None where it took it."""
        connected, lost = self._connected, self._lost
        if connected is not None and not connected.is_failure:
            return None
        return _refused(connected or lost) or Reply(code="timeout", message="no CONNACK")

    def _made(self) -> paho.Client:
        config = self._config
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=paho.MQTTv5 if config.protocol == "5" else paho.MQTTv311,
            reconnect_on_failure=False,
        )
        if config.password_file is not None:
            client.username_pw_set(
                config.username, read_secret(config.password_file, "outputs.mqtt.password_file")
            )
        if config.tls:
            client.tls_set_context(_tls_of(config))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def _give_up(self) -> None:
        """Leave the connection, with all messages that nobody has acknowledged."""
        with self._changed:
            client, self._client = self._client, None
            self._waiting, self._early, self._refused = set(), {}, None
        if client is not None:
            self._leave(client)

    @staticmethod
    def _leave(client: paho.Client) -> None:
        client.on_connect = client.on_disconnect = client.on_publish = None
        client.disconnect()
        # Its thread may end between two looks of paho at it: then there is none to wait for.
        with suppress(AttributeError):
            client.loop_stop()

    # Publishing

    def _publish(self, body: bytes) -> Reply:
        """Publish the messages of a body. A slow line has time while some are acknowledged."""
        client = self._client
        if client is None:  # closed meanwhile
            return Reply(code=ABORTED)
        for line in body.splitlines():
            topic, _, payload = message_of(line)
            sent = client.publish(topic, payload, qos=_QOS, retain=self._config.retain)
            with self._changed:
                if sent.mid in self._early:
                    self._note(self._early.pop(sent.mid))
                else:
                    self._waiting.add(sent.mid)
        with self._changed:
            before = math.inf
            while len(self._waiting) < before:
                before = len(self._waiting)
                self._changed.wait_for(self._is_settled, self._config.timeout)
            if self._closed:  # what was waited for is forgotten, and not acknowledged
                return Reply(code=ABORTED)
            if self._refused is not None:
                return _refused(self._refused) or Reply(code=_LATER)
            if not self._waiting:
                return Reply(code="204")
            return _refused(self._lost) or Reply(code="timeout", message="not acknowledged")

    def _is_settled(self) -> bool:
        """Tell whether there is nothing to wait for any more."""
        return self._closed or self._lost is not None or not self._waiting

    def _note(self, code: ReasonCode) -> None:
        """Note what a broker says of a message."""
        if code.is_failure:
            self._refused = code

    # What paho calls, on its own thread

    def _on_connect(self, client: Any, data: Any, flags: Any, code: ReasonCode, more: Any) -> None:
        del client, data, flags, more
        with self._changed:
            self._connected = code
            self._changed.notify_all()

    def _on_disconnect(
        self, client: Any, data: Any, flags: Any, code: ReasonCode, more: Any
    ) -> None:
        del client, data, flags, more
        with self._changed:
            self._lost = code
            self._changed.notify_all()

    def _on_publish(self, client: Any, data: Any, mid: int, code: ReasonCode, more: Any) -> None:
        del client, data, more
        with self._changed:
            if mid in self._waiting:
                self._waiting.discard(mid)
                self._note(code)
            else:  # acknowledged before `publish` has returned
                self._early[mid] = code
            self._changed.notify_all()


def _refused(code: ReasonCode | None) -> Reply | None:
    """Return the reply that a reason code stands for."""
    if code is None:
        return None
    return Reply(code=_CODES.get(code.value, _LATER), message=str(code))


def _tls_of(config: Mqtt) -> ssl.SSLContext:
    prefix = "outputs.mqtt"
    context = (
        trusting(config.ca_file, f"{prefix}.ca_file")
        if config.ca_file is not None
        else ssl.create_default_context()
    )
    if config.cert_file is not None:
        show(context, config.cert_file, config.key_file, prefix)
    context.sslsocket_class = ClosingSocket
    return context
