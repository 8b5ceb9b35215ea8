"""Samples to Mosquitto, as `mosquitto_sub` receives them: through outages, refusals and TLS."""

from __future__ import annotations

import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from agent.sinks.base import Reply
from agent.sinks.halving import ABORTED
from agent.sinks.mqtt.config import Mqtt
from agent.sinks.mqtt.messages import MessageFormat
from agent.sinks.mqtt.wire import BrokerWire
from tests.agent.sinks.mqtt_broker import broker, heard, sink
from tests.agent.sinks.peers import (
    TAGS,
    balanced,
    batch,
    drained,
)
from tests.support import HANGS, binary, wait_for
from tests.support.certificates import self_signed

TOPIC = "hubgauge/guian/huawei-guian-1/test/d"


class Sent(NamedTuple):
    """What paho says of a message that it was given."""

    mid: int


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_device_is_a_topic_and_a_round_a_message(tmp_path: Path, protocol: str) -> None:
    """Name, labels and value are those of the page, with the labels that every series gets."""
    with (
        broker(tmp_path) as server,
        heard(server.port) as reader,
        sink(tmp_path, server.port, protocol=protocol) as made,
    ):
        made.accept(batch(1140.5, when=1_784_118_896.25, racks=2))
        drained(made)
        wait_for(lambda: reader.messages, what="a message")
        assert reader.messages == [
            (
                TOPIC,
                {
                    "time": 1784118896.25,
                    "readings": [
                        {
                            "name": "test_rack_power_watts",
                            "labels": {**TAGS, "rack": rack},
                            "value": 1140.5,
                        }
                        for rack in ("A000", "A001")
                    ],
                },
            )
        ]
        assert made.spool.state().sent == 2


def test_what_waited_while_the_broker_was_away_arrives(tmp_path: Path) -> None:
    """Also over a restart of the agent; a subscriber that the broker knows gets all of it."""
    with broker(tmp_path) as server, heard(server.port) as reader:
        with sink(tmp_path, server.port) as made:
            made.accept(batch(0.0, when=0.0))
            drained(made)
            server.stop()
            for second in range(1, 20):
                made.accept(batch(1.0, when=float(second)))
            wait_for(lambda: made.up is False, what="the broker to be missed")
            assert balanced(made)
        server.start()
        with sink(tmp_path, server.port) as made:
            made.accept(batch(2.0, when=20.0))
            drained(made)
        wait_for(
            lambda: (
                {message["time"] for _, message in reader.messages} == set(map(float, range(21)))
            ),
            what="all messages",
        )


def test_a_broker_that_ends_in_between_costs_nothing(tmp_path: Path) -> None:
    """Nothing that was not acknowledged is forgotten, however often it comes back."""
    with (
        broker(tmp_path) as server,
        heard(server.port) as reader,
        sink(tmp_path, server.port) as made,
    ):
        for second in range(120):
            made.accept(batch(1.0, when=float(second)))
            if second % 40 == 20:
                server.stop()
                server.start()
        drained(made)
        wait_for(
            lambda: len({message["time"] for _, message in reader.messages}) == 120,
            what="all messages",
        )
        assert made.spool.state().sent == 120


def test_a_refused_password_is_read_again(tmp_path: Path) -> None:
    """Samples wait, and go out once the file is mended; the log never has the password."""
    for name, text in (("right", "s3cret-right"), ("wrong", "s3cret-wrong")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    users = tmp_path / "users"
    subprocess.run(
        [binary("mosquitto_passwd"), "-b", "-c", str(users), "plant", "s3cret-right"], check=True
    )
    file = tmp_path / "password"
    file.symlink_to(tmp_path / "wrong")
    rules = f"allow_anonymous false\npassword_file {users}"
    with (
        broker(tmp_path, rules) as server,
        heard(server.port, "-u", "plant", "-P", "s3cret-right") as reader,
        sink(tmp_path, server.port, username="plant", password_file=file) as made,
    ):
        made.accept(batch(1.0, when=1.0))
        wait_for(lambda: made.requests["403"] + made.requests["401"], what="a refusal")
        assert made.spool.state().waiting == 1
        file.unlink()
        file.symlink_to(tmp_path / "right")
        drained(made)
        wait_for(lambda: reader.messages, what="the message")


def test_a_topic_that_is_forbidden_is_not_taken_for_stored(tmp_path: Path) -> None:
    """MQTT 5 says so in the acknowledgement: the samples wait until the rule is mended."""
    rules = tmp_path / "acl"
    rules.write_text("topic readwrite other/#\ntopic read hubgauge/#\n")
    config = f"allow_anonymous true\nacl_file {rules}"
    with broker(tmp_path, config) as server, sink(tmp_path, server.port) as made:
        made.accept(batch(1.0, when=1.0))
        wait_for(lambda: made.requests["403"], what="a refusal")
        state = made.spool.state()
        assert (state.sent, state.waiting) == (0, 1)
        rules.write_text("topic readwrite hubgauge/#\n")
        server.stop()
        server.start()
        drained(made)
        assert made.spool.state().sent == 1


def test_a_broker_with_tls_is_verified(tmp_path: Path) -> None:
    """A certificate of one's own authority is good; of another one nothing is sent to."""
    ours, key = self_signed(tmp_path, "ours")
    theirs, _ = self_signed(tmp_path, "theirs")
    config = f"allow_anonymous true\ncertfile {ours}\nkeyfile {key}"
    made_folder = tmp_path / "good"
    made_folder.mkdir()
    with broker(tmp_path, config) as server:
        with sink(made_folder, server.port, scheme="mqtts", ca_file=ours) as made:
            made.accept(batch(1.0, when=1.0))
            drained(made)
        with sink(tmp_path, server.port, scheme="mqtts", ca_file=theirs) as made:
            made.accept(batch(1.0, when=1.0))
            wait_for(lambda: made.requests["unreachable"], what="a refusal")
            assert made.spool.state().waiting == 1


def test_what_is_not_acknowledged_when_the_agent_ends_is_not_taken(tmp_path: Path) -> None:
    """The broker has stopped in between: the samples stay in the spool."""
    with broker(tmp_path) as server, ThreadPoolExecutor(1) as pool:
        wire = BrokerWire(Mqtt(url=f"mqtt://127.0.0.1:{server.port}", timeout=HANGS), client_id="x")
        body, _ = MessageFormat(TAGS, "hubgauge", 1024).render(batch(1.0, when=1.0))
        assert wire.post(body).taken
        server.pause()
        try:
            reply = pool.submit(wire.post, body)
            wait_for(lambda: wire._waiting, what="a message under way")
            wire.close()
            assert reply.result(HANGS) == Reply(code=ABORTED)
        finally:
            server.resume()


def test_a_connection_that_ends_while_it_is_left_is_left() -> None:
    """The thread of paho ends by itself after DISCONNECT, between two looks of paho at it."""
    looks = [None, threading.Thread(), threading.Thread()]

    class Ending(paho.Client):
        """At the third look it has no thread any more."""

        def __getattribute__(self, name: str) -> Any:
            return looks.pop() if name == "_thread" else super().__getattribute__(name)

    wire = BrokerWire(Mqtt(url="mqtt://127.0.0.1"), client_id="x")
    wire._client = Ending(CallbackAPIVersion.VERSION2)
    wire.close()
    assert looks == []


def test_a_sink_that_stops_while_it_connects_leaves_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stops it comes before paho has a socket or a thread; both end all the same."""
    connect = paho.Client.connect
    with broker(tmp_path) as server:
        wire = BrokerWire(
            Mqtt(url=f"mqtt://127.0.0.1:{server.port}", timeout=HANGS), client_id="hurried"
        )
        made: list[paho.Client] = []

        def late(client: paho.Client, *where: Any, **named: Any) -> Any:
            made.append(client)
            wire.close()
            return connect(client, *where, **named)

        monkeypatch.setattr(paho.Client, "connect", late)
        assert wire.post(b"") == Reply(code=ABORTED)
        (client,) = made
        assert client.socket() is None
        assert not [one for one in threading.enumerate() if "hurried" in one.name]


@pytest.mark.parametrize(("acknowledged", "code"), [(5, "204"), (3, "timeout")])
def test_a_slow_broker_has_time_while_it_acknowledges(
    monkeypatch: pytest.MonkeyPatch, acknowledged: int, code: str
) -> None:
    """Each time that is over brings one of five messages, or at last none."""
    wire = BrokerWire(Mqtt(url="mqtt://127.0.0.1"), client_id="x")
    numbers, times = count(1), count(1)
    wire._client = cast("Any", SimpleNamespace(publish=lambda *_, **__: Sent(next(numbers))))

    def late(_settled: object, _seconds: float) -> bool:
        if (number := next(times)) <= acknowledged:
            wire._on_publish(None, None, number, ReasonCode(PacketTypes.PUBACK), None)
        return False

    monkeypatch.setattr(wire._changed, "wait_for", late)
    body, _ = MessageFormat(TAGS, "hubgauge", 1024).render(batch(1.0, when=1.0))
    assert wire._publish(body * 5).code == code


def test_a_password_that_cannot_be_read_is_told_and_read_again(tmp_path: Path) -> None:
    """While its file is being replaced, the samples wait, and the sink is not up."""
    file = tmp_path / "password"
    with (
        broker(tmp_path) as server,
        sink(tmp_path, server.port, username="plant", password_file=file) as made,
    ):
        made.accept(batch(1.0, when=1.0))
        wait_for(lambda: made.requests["unreachable"], what="a file that is missed")
        wait_for(lambda: made.up is False, what="the sink to be down")
        file.write_text("s3cret")
        file.chmod(0o600)
        drained(made)


def test_a_broker_that_never_answers_is_left_in_time(tmp_path: Path) -> None:
    """It accepts the connection and says nothing: each try ends, and the samples wait."""
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        sink(tmp_path, deaf.getsockname()[1], timeout=0.3) as made,
    ):
        made.accept(batch(1.0, when=1.0))
        wait_for(lambda: made.requests["timeout"] >= 2, what="two tries")
        assert made.spool.state().waiting == 1
