"""What messages a batch becomes, and what is wrong in a section of MQTT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.config import load
from agent.sinks.mqtt.messages import MessageFormat, message_of
from collectors.base import Batch
from collectors.strict import Problems
from tests.agent.sinks.peers import POWER, batch


def test_long_batches_are_divided_and_names_fit_a_topic() -> None:
    """No message is longer than allowed, and no sample is in two; a level has no `/`, `+`, `#`."""
    form = MessageFormat({"hub": "h", "site": ""}, "plant/power", 1024)
    data, samples = form.render(batch(1.0, when=1.0, racks=50, device="a/b+#\nc"))
    messages = [message_of(line) for line in form.parts(data)]
    assert {one.topic for one in messages} == {"plant/power/h/_/test/a_b___c"}
    assert max(len(one.payload) for one in messages) <= 1024
    assert sum(one.samples for one in messages) == samples == 50
    racks = [
        reading["labels"]["rack"]
        for one in messages
        for reading in json.loads(one.payload)["readings"]
    ]
    assert racks == [f"A{number:03d}" for number in range(50)]
    assert [form.count(line) for line in form.parts(data)] == [one.samples for one in messages]


def test_what_is_no_number_is_left_out() -> None:
    """JSON has no NaN; a batch of nothing else is no message."""
    form = MessageFormat({}, "t", 1024)
    readings = [(POWER.series(rack), value) for rack, value in (("a", 1.0), ("b", float("nan")))]

    def of(some: list[Any]) -> Batch:
        return Batch(collector="test", device="", time=1.0, lifetime=30.0, readings=some)

    data, samples = form.render(of(readings))
    assert samples == 1
    assert [one["labels"] for one in json.loads(message_of(data).payload)["readings"]] == [
        {"rack": "a"}
    ]
    assert form.render(of(readings[1:])) == (b"", 0)


MISTAKES = {
    "{}": "url: missing",
    "{url: 'http://h'}": "url: expected such as mqtts://broker.example:8883",
    "{url: 'mqtt://u:p@h'}": "url: expected such as",
    "{url: 'mqtt://h/t'}": "url: expected such as",
    "{url: 'mqtt://h:0'}": "url: expected an address",
    "{url: 'mqtt://h', topic: 'a/#'}": "topic: expected such as plant/power",
    "{url: 'mqtt://h', topic: '$SYS'}": "topic: expected such as plant/power",
    "{url: 'mqtt://h', protocol: 4}": "expected one of 5, 3.1.1",
    "{url: 'mqtt://h', username: u}": "belong together",
    "{url: 'mqtts://h', cert_file: c}": "belong together",
    "{url: 'mqtt://h', ca_file: c}": "need mqtts://",
    "{url: 'mqtt://h', max_message: 2MiB}": "max_message: expected",
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.items())
def test_a_mistake_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    """Its section is read as strictly as all others."""
    path = tmp_path / "config.yaml"
    path.write_text(f"hub: guian\noutputs:\n  mqtt: {text}\n")
    with pytest.raises(Problems, match=r"config\.yaml:3: outputs\.mqtt") as found:
        load(path)
    (error,) = found.value.errors
    assert said in str(error)
