"""Prometheus remote write: what is on the wire, which protocol is spoken, and what is set aside."""

from __future__ import annotations

import logging
import math
import ssl
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.sinks.base import Ending, Reply
from agent.sinks.halving import send_apart
from agent.sinks.remote.bodies import BodiesV2
from agent.sinks.remote.frames import FrameFormat, frames_of
from agent.sinks.remote.messages import Request
from agent.sinks.remote.sink import RemoteSink
from collectors.base import Batch, Metric
from tests.agent.sinks import wireformat
from tests.agent.sinks.answers import SECRET, T0, sequence
from tests.agent.sinks.peers import (
    POWER,
    TAGS,
    Answer,
    Received,
    Scripted,
    Wire,
    batch,
    drained,
)
from tests.agent.sinks.receivers import Prometheus, remote
from tests.support import wait_for
from tests.support.certificates import self_signed

WRITTEN = "X-Prometheus-Remote-Write-Samples-Written"
V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
STALE = 0x7FF0000000000002  # Prometheus, model/value/value.go
ONE = 0x3FF0000000000000  # IEEE 754: sign 0, exponent 1023, fraction 0
MS = 1_790_000_000_000


def speaks_v2(request: Received) -> Answer:
    """Answer as a database that has written everything."""
    count = sum(len(one["samples"]) for one in wireformat.v2(request.body))
    return 204, {WRITTEN: str(count)}, b""


def ending(some: Batch, when: float) -> Ending:
    return Ending(collector=some.collector, device=some.device, layout=some.layout, time=when)


def ended(made: RemoteSink, some: Batch, when: float) -> None:
    made.ended(ending(some, when))


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


@pytest.mark.parametrize(
    "answer",
    [
        (415, {}, b"unsupported media type"),
        (400, {}, b"unknown message"),
        (204, {}, b""),
        (200, {WRITTEN: "0"}, b""),
    ],
    ids=["says so", "cannot read it", "takes it for an empty 1.0", "has written nothing"],
)
def test_a_database_without_2_0_gets_1_0(
    scripted: Scripted, tmp_path: Path, answer: Answer
) -> None:
    """Nothing counts as taken that no header confirms; the same samples follow as 1.0 at once."""
    scripted.answer = sequence(answer)
    with remote(scripted.url + "/w", tmp_path) as made:
        for second in range(2):
            made.accept(batch(1.0, when=T0 + second))
            drained(made)
        assert made.spool.state().sent == 2
        assert not made.spool.state().dropped
    kinds = [request.headers["Content-Type"] for request in scripted.requests]
    assert kinds == [V2, "application/x-protobuf", "application/x-protobuf"]
    moments = [wireformat.v1(one.body)[0]["samples"][0][1] for one in scripted.requests[1:]]
    assert moments == [MS, MS + 1000]


def test_where_2_0_is_demanded_samples_wait(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that does not speak it is named once, and gets nothing as 1.0."""
    scripted.answer = sequence(*[(204, {}, b"")] * 3)
    silent = scripted.answer

    def answer(request: Received) -> Answer:
        return silent(request) if len(scripted.requests) <= 3 else speaks_v2(request)

    scripted.answer = answer
    with remote(scripted.url + "/w", tmp_path, protocol="2.0") as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
        assert made.requests == {"415": 3, "204": 1}
    assert caplog.text.count("does not speak remote write 2.0") == 1


def test_what_was_not_written_is_asked_for_again(scripted: Scripted, tmp_path: Path) -> None:
    """A database that says it wrote fewer samples than it got refuses some; they are found."""

    def answer(request: Received) -> Answer:
        racks = [dict(one["labels"])["rack"] for one in wireformat.v2(request.body)]
        return 200, {WRITTEN: str(len(racks) - racks.count("A005"))}, b""

    scripted.answer = answer
    with remote(scripted.url + "/w", tmp_path) as made:
        made.accept(batch(1.0, when=T0))  # so that it is known to speak 2.0
        drained(made)
        made.accept(batch(1.0, when=T0 + 1, racks=8))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 1}
        (letter,) = made.spool.dead_letters()
    assert b'test_rack_power_watts{hub="guian",'.replace(b'"', b"'") in letter.content
    assert b"rack='A005'" in letter.content


def test_a_source_comes_once_in_a_request(scripted: Scripted, tmp_path: Path) -> None:
    """What waited leaves in requests of one sample a series, in the order of time."""
    with remote("http://127.0.0.1:1/w", tmp_path) as made:
        for second in range(4):
            for device in ("a", "b"):
                made.accept(batch(1.0, when=T0 + second, racks=2, device=device))
    with remote(scripted.url + "/w", tmp_path, protocol="1.0") as made:
        drained(made)
    requests = [wireformat.v1(request.body) for request in scripted.requests]
    assert [len(series) for series in requests] == [4] * 4
    moments = [{one["samples"][0][1] for one in series} for series in requests]
    assert moments == [{MS + 1000 * second} for second in range(4)]


def test_a_strict_prometheus_takes_a_request_again(tmp_path: Path) -> None:
    """It refuses what is out of order, yet a request whose answer was lost is not set aside."""
    base = Prometheus(tmp_path)
    with (
        base.up(),
        Wire(base.port).up() as wire,
        remote(f"{wire.url}/api/v1/write", tmp_path, timeout=1.0) as made,
    ):
        made.accept(batch(0.0, when=T0, racks=3))
        drained(made)
        wire.fault = "lose_answer"
        wire.cut()
        for second in range(1, 4):
            made.accept(batch(float(second), when=T0 + second, racks=3))
        wait_for(lambda: made.requests["unreachable"] + made.requests["timeout"] >= 3)
        wire.fault = "none"
        wire.cut()
        drained(made)
        assert not made.spool.state().dropped
        rows = base.raw("test_rack_power_watts")
        values = [[int(T0) + second, str(second)] for second in range(4)]
        assert [row["values"] for row in rows] == [values] * 3
        # Its markers end them: 5 minutes of looking back do not find the last value.
        ended(made, batch(0.0, when=T0, racks=3), T0 + 5)
        drained(made)
        assert len(base.ask("test_rack_power_watts", T0 + 4.9)) == 3
        assert base.ask("test_rack_power_watts", T0 + 5.1) == []


def test_what_is_too_old_is_set_aside_a_round_at_a_time(scripted: Scripted, tmp_path: Path) -> None:
    """Where the time is refused, all samples of that time are: they are not asked one by one."""
    limit = MS + 1000

    def answer(request: Received) -> Answer:
        old = any(one["samples"][0][1] < limit for one in wireformat.v1(request.body))
        return (400, {}, b"out of bounds") if old else (204, {}, b"")

    scripted.answer = answer
    with remote(scripted.url + "/w", tmp_path, protocol="1.0") as made:
        made.accept(batch(1.0, when=T0, racks=100))
        drained(made)
        made.accept(batch(1.0, when=T0 + 1, racks=100))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 100}
        assert len(made.spool.dead_letters()) == 100
        assert made.spool.state().sent == 100
    assert len(scripted.requests) == 2


def test_other_refusals_say_nothing_of_the_neighbours() -> None:
    """One sample out of order among some of the same time is found by halves."""
    form = FrameFormat({})
    parts = form.parts(form.pack([form.render(batch(1.0, when=T0, racks=16))[0]]))
    asked: list[int] = []

    def ask(some: Sequence[bytes]) -> Reply:
        asked.append(len(some))
        bad = any(b"A007" in part for part in some)
        return Reply(code="400", message="out of order sample") if bad else Reply(code="204")

    refused = send_apart(parts, ask(parts), ask, form.alike)
    assert refused is not None
    assert [form.letter(part) for part, _ in refused] == [
        b"test_rack_power_watts{rack='A007'} 1.0 1790000000000\n"
    ]
    assert len(asked) <= 2 * math.log2(16) + 2


@pytest.mark.parametrize(
    ("keys", "shown"),
    [({"token_file": "f"}, f"Bearer {SECRET}"), ({"username": "hub", "password_file": "f"}, "")],
)
def test_secrets_are_sent_and_not_told(
    scripted: Scripted,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    keys: dict[str, str],
    shown: str,
) -> None:
    """A token or a password that the database echoes is in no log and no dead letter."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    # printf 'hub:s3cr3t-t0ken-0123456789' | base64
    basic = "Basic aHViOnMzY3IzdC10MGtlbi0wMTIzNDU2Nzg5"
    scripted.answer = sequence(
        (403, {}, f"no {SECRET} {shown or basic}".encode()), (400, {}, f"bad {SECRET}".encode())
    )
    paths = {name: secret if value == "f" else value for name, value in keys.items()}
    with (
        caplog.at_level(logging.DEBUG),
        remote(scripted.url + "/w", tmp_path, protocol="1.0", **paths) as made,
    ):
        made.accept(batch(1.0, when=T0))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 1}
        assert SECRET not in repr(made.spool.dead_letters())
    assert scripted.requests[0].headers["Authorization"] == (shown or basic)
    assert SECRET not in caplog.text
    assert (shown or basic).split()[1] not in caplog.text


def test_headers_of_the_operator(scripted: Scripted, tmp_path: Path) -> None:
    """A tenant's header goes along with each request."""
    headers = {"X-Scope-OrgID": "hub"}
    with remote(scripted.url + "/w", tmp_path, headers=headers) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
    assert {one.headers["X-Scope-OrgID"] for one in scripted.requests} == {"hub"}


def test_the_server_must_show_its_certificate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Over TLS nothing is sent to a server that the stated authority does not know."""
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with (
        Scripted().up(context) as database,
        Wire(int(database.url.rpartition(":")[2])).up() as wire,
    ):
        url = wire.url.replace("http:", "https:") + "/w"
        with remote(url, tmp_path) as made:
            made.accept(batch(1.0, when=T0))
            wait_for(lambda: "certificate verify failed" in caplog.text)
        assert database.requests == []
        with remote(url, tmp_path, ca_file=certificate) as made:
            drained(made)
        assert database.requests


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
