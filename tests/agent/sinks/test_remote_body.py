"""Remote write: what stands in a body, byte by byte."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pytest

from agent.sinks.remote.bodies import BodiesV2
from agent.sinks.remote.frames import FrameFormat, frames_of
from agent.sinks.remote.messages import Request
from collectors.base import Batch, Metric
from tests.agent.sinks import wireformat
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import POWER, TAGS, Scripted, batch, drained
from tests.agent.sinks.receivers import remote
from tests.agent.sinks.remote_peer import MS, V2, ended, speaks_v2

STALE = 0x7FF0000000000002  # Prometheus, model/value/value.go
ONE = 0x3FF0000000000000  # IEEE 754: sign 0, exponent 1023, fraction 0


def test_a_request_of_1_0(scripted: Scripted, tmp_path: Path) -> None:
    """Labels are in order, a sample has its value and its milliseconds, a metric is told once."""
    with remote(scripted.url + "/api/v1/write", tmp_path, protocol="1.0") as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
        made.accept(batch(1.0, when=T0 + 15))
        drained(made)
    first, second = scripted.requests
    assert first.path == "/api/v1/write"
    wanted = {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        "User-Agent": "hubgauge",
    }
    assert wanted.items() <= first.headers.items()
    labels = sorted({"__name__": "test_rack_power_watts", "rack": "A000", **TAGS}.items())
    assert wireformat.v1(first.body) == [{"labels": labels, "samples": [(ONE, MS)]}]
    assert wireformat.v1(second.body) == [{"labels": labels, "samples": [(ONE, MS + 15_000)]}]
    assert wireformat.v1_metadata(first.body) == [(2, "test_rack_power_watts", "-", "watts")]
    assert wireformat.v1_metadata(second.body) == []


def test_a_request_of_2_0(scripted: Scripted, tmp_path: Path) -> None:
    """All texts are in one table that begins with an empty one; each series has its metadata."""
    scripted.answer = speaks_v2
    energy = Metric(
        namespace="test",
        name="energy_joules_total",
        type="counter",
        help="Energy.",
        labels=("rack",),
    )
    with remote(scripted.url + "/w", tmp_path) as made:
        readings = [(energy.series("A1"), 1.0), (POWER.series("A1"), 1.0)]
        made.accept(Batch(collector="c", device="", time=T0, lifetime=30.0, readings=readings))
        drained(made)
    (request,) = scripted.requests
    assert request.headers["Content-Type"] == V2
    assert request.headers["X-Prometheus-Remote-Write-Version"] == "2.0.0"
    counter, gauge = wireformat.v2(request.body)
    assert counter["labels"] == sorted(
        {"__name__": "test_energy_joules_total", "rack": "A1", **TAGS}.items()
    )
    assert (counter["type"], counter["help"], counter["unit"]) == (1, "Energy.", "joules")
    assert (gauge["type"], gauge["help"], gauge["unit"]) == (2, "-", "watts")
    assert counter["samples"] == gauge["samples"] == [(ONE, MS)]


@pytest.mark.parametrize("protocol", ["1.0", "2.0"])
def test_a_marker_has_the_bits_of_a_stale_marker(
    scripted: Scripted, tmp_path: Path, protocol: str
) -> None:
    """A series that ends gets the one NaN that Prometheus takes for its end."""
    read = wireformat.v1
    if protocol == "2.0":
        scripted.answer, read = speaks_v2, wireformat.v2
    with remote(scripted.url + "/w", tmp_path, protocol=protocol) as made:
        ended(made, batch(0.0, when=T0, racks=2), T0 + 1)
        drained(made)
    found = [one["samples"] for one in read(scripted.requests[0].body)]
    assert found == [[(STALE, MS + 1000)]] * 2


@pytest.mark.parametrize("value", [0.0, -0.0, 5e-324, 1.7976931348623157e308, -273.15])
def test_every_finite_value_arrives_as_it_is(
    scripted: Scripted, tmp_path: Path, value: float
) -> None:
    """Zero is a value as well, though protobuf leaves a zero out."""
    with remote(scripted.url + "/w", tmp_path, protocol="1.0") as made:
        made.accept(batch(value, when=T0))
        drained(made)
    ((bits, _),) = wireformat.v1(scripted.requests[0].body)[0]["samples"]
    assert bits == int.from_bytes(struct.pack(">d", value))


def test_what_is_not_finite_is_not_sent(scripted: Scripted, tmp_path: Path) -> None:
    """A NaN of a device is no marker, and missing is not zero."""
    readings = [(POWER.series("A1"), math.nan), (POWER.series("A2"), 1.0)]
    with remote(scripted.url + "/w", tmp_path, protocol="1.0") as made:
        made.accept(Batch(collector="c", device="", time=T0, lifetime=1.0, readings=readings))
        drained(made)
        assert made.spool.state().sent == 1
    (one,) = wireformat.v1(scripted.requests[0].body)
    assert ("rack", "A2") in one["labels"]


def test_bodies_of_2_0_are_what_the_library_reads() -> None:
    """A request of several devices with many texts is what protobuf itself writes of it."""
    metric = Metric(
        namespace="test", name="volts", type="gauge", help="Voltage.", labels=("pdu", "outlet")
    )
    form = FrameFormat(TAGS)
    frames = []
    for pdu in range(6):
        readings = [
            (metric.series(f"P{pdu}", f"{outlet}"), pdu * 1000.0 + outlet + 1)
            for outlet in range(60)
        ]
        made = Batch(collector="c", device=f"{pdu}", time=T0, lifetime=1.0, readings=readings)
        frames += frames_of(form.render(made)[0])
    body = wireformat.unpacked(BodiesV2().body(frames))
    request = Request.FromString(body)
    assert len(request.timeseries) == 360
    texts = request.symbols
    for at, one in enumerate(request.timeseries):
        words = [texts[ref] for ref in one.labels_refs]
        labels = dict(zip(words[::2], words[1::2], strict=True))
        pdu, outlet = divmod(at, 60)
        own = {"__name__": "test_volts", "pdu": f"P{pdu}", "outlet": f"{outlet}"}
        assert labels == {**own, **TAGS}
        assert [(one.value, one.timestamp) for one in one.samples] == [
            (pdu * 1000.0 + outlet + 1, MS)
        ]
        assert texts[one.metadata.help_ref] == "Voltage."
        assert texts[one.metadata.unit_ref] == "volts"
    assert request.SerializeToString() == body
